"""Warehouse: what dbt built and how long it took, what Great Expectations found, disk."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.kit import (
    GREEN,
    NEVER,
    NONE,
    ORANGE,
    RED,
    WAREHOUSE,
    YELLOW,
    Column,
    Panels,
    Query,
    Row,
    Text,
    board,
    grid,
    lines,
    mean,
    number,
    ranking,
    rise,
)

_STEP = "investiq_step_duration_seconds"
_STEPS = '{step=~"build|check|publish"}'
_FREE = "min by (place) (investiq_disk_free_bytes / investiq_disk_size_bytes)"


def warehouse() -> Dashboard:
    """dbt and Great Expectations."""
    return board(
        WAREHOUSE,
        "Warehouse",
        "What the last dbt build did node by node, what Great Expectations found, what waits for a "
        "person, and how much room is left.",
        [Row("Now", _now()), Row("dbt", _dbt()), Row("Great Expectations and review", _checks()),
         Row("Room", _room())],
        since="now-7d",
    )  # fmt: skip


def _now() -> Panels:
    return [
        number(
            Text("Builds that failed, 1 d", "dbt builds of the last day."),
            Query("sum((investiq_dbt_builds_total{result=\"failed\"} - "
                  "investiq_dbt_builds_total{result=\"failed\"} offset 1d >= 0) or "
                  "investiq_dbt_builds_total{result=\"failed\"}) or "
                  "0 * sum(investiq_dbt_builds_total)", "builds"),
            "none", steps=NEVER,
        ),
        number(
            Text("dbt tests that failed", "Data tests of the last build, fail and error."),
            Query('sum(investiq_dbt_tests{status=~"fail|error"})', "tests"), "none", steps=NEVER,
        ),
        number(
            Text("dbt tests that warn", "Data tests of the last build."),
            Query('sum(investiq_dbt_tests{status="warn"})', "tests"), "none", steps=((1, YELLOW),),
        ),
        number(
            Text("Broken, critical", "Critical expectations broken in the last run of each suite."),
            Query('sum(investiq_failed_expectations{severity="critical"})', "expectations"),
            "none", steps=NEVER,
        ),
        number(
            Text("Broken, warning", "Expectations that are worth a look and forbid nothing."),
            Query('sum(investiq_failed_expectations{severity="warning"})', "expectations"),
            "none", steps=((1, YELLOW),),
        ),
        number(
            Text("Adjustments, priority 1", "Rows of rpt_adjustment_review that bend prices."),
            Query('sum(investiq_adjustment_review_rows{priority="1"})', "rows"),
            "none", steps=((1, ORANGE),),
        ),
    ]  # fmt: skip


def _dbt() -> Panels:
    return [
        ranking(
            Text("Slowest nodes", "Twenty nodes of the last build that took longest."),
            Query("topk(20, max by (node) (investiq_dbt_node_duration_seconds))", "{{node}}"),
            "s", steps=((30, YELLOW), (120, ORANGE)), height=14,
        ),
        ranking(
            Text("Largest nodes", "Twenty nodes that hold or wrote the most rows, where the engine "
                 "tells."),
            Query("topk(20, max by (node) (investiq_dbt_node_rows))", "{{node}}"),
            "short", height=14,
        ),
        grid(
            Text("Nodes that failed", "Failures of the node or its tests in the last day.", NONE),
            {"node": "Node"},
            [
                Column("Failures, 1 d", rise("investiq_dbt_node_failures_total", "node", "1d")
                       + " > 0", "none", NEVER),
                Column("Since the exporter started",
                       "sum by (node) (investiq_dbt_node_failures_total) > 0", "none"),
            ],
            width=12, height=8,
        ),
        lines(
            Text("Builds", "dbt builds in the last hour, by result."),
            [Query(rise("investiq_dbt_builds_total", "result", "1h"), "{{result}}")],
            "none", bars=True, stacked=True,
        ),
        lines(
            Text("Work of a build", "Seconds of all nodes of the last build together; they run "
                 "side by side, so the clock shows less."),
            [Query("sum(max by (node) (investiq_dbt_node_duration_seconds))", "all nodes")], "s",
        ),
        lines(
            Text("Steps", "Mean duration of build, checks and publication since the exporter "
                 "started."),
            [Query(mean(_STEP, "step, result", _STEPS), "{{step}} {{result}}")], "s",
        ),
        lines(
            Text("dbt tests", "Data tests of the last build by status."),
            [Query("max by (status) (investiq_dbt_tests)", "{{status}}")],
            "none", stacked=True, width=24,
        ),
    ]  # fmt: skip


def _checks() -> Panels:
    return [
        grid(
            Text("Suites", "Runs since the exporter started, and what the last one found."),
            {"suite": "Suite"},
            [
                Column("Passed", 'sum by (suite) (investiq_checks_total{result="ok"})', "none"),
                Column("Failed", 'sum by (suite) (investiq_checks_total{result="failed"})', "none",
                       NEVER),
                Column("Broken, critical", 'max by (suite) (investiq_failed_expectations'
                       '{severity="critical"})', "none", NEVER),
                Column("Broken, warning", 'max by (suite) (investiq_failed_expectations'
                       '{severity="warning"})', "none", ((1, YELLOW),)),
            ],
            width=12, height=8,
        ),
        lines(
            Text("Broken expectations", "By suite and severity, as the last run found them."),
            [Query("max by (suite, severity) (investiq_failed_expectations)",
                   "{{suite}} {{severity}}")],
            "none", steps=((1, RED),),
        ),
        lines(
            Text("Waiting for a person", "Rows of rpt_adjustment_review; 1 bends prices, 2 touches "
                 "total returns, 3 is a jump that is labelled and stays."),
            [Query("max by (kind, priority) (investiq_adjustment_review_rows)",
                   "{{priority}} {{kind}}")],
            "none", stacked=True, width=24,
        ),
    ]  # fmt: skip


def _room() -> Panels:
    return [
        number(
            Text("Free", "Share of the disk that is free."),
            Query(_FREE, "{{place}}"), "percentunit",
            steps=((0, RED), (0.05, ORANGE), (0.15, GREEN)), width=8, height=8,
        ),
        lines(
            Text("Free", "Bytes that are free; lines of the alerts are 15 % and 5 %."),
            [Query("min by (place) (investiq_disk_free_bytes)", "{{place}}"),
             Query("0.15 * min by (place) (investiq_disk_size_bytes)", "{{place}}: 15 %"),
             Query("0.05 * min by (place) (investiq_disk_size_bytes)", "{{place}}: 5 %")],
            "bytes", width=8,
        ),
        lines(
            Text("DuckDB file", "Size after each build.", "no DuckDB file: the engine is Redshift"),
            [Query("max(investiq_warehouse_bytes)", "warehouse")], "bytes", width=8,
        ),
    ]  # fmt: skip
