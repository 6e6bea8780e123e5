"""Ingestion and news: what was asked for, what came, what was refused, what was loaded."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.kit import (
    INGESTION,
    NEVER,
    NONE,
    ORANGE,
    RED,
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
    most,
    number,
    rise,
)

_FETCHES = "source_dataset_status:investiq_fetches:rise1d"
_STEP = "investiq_step_duration_seconds"
_STEPS = '{step=~"ingest|backfill|news|airbyte|promote|enrich|load|maintenance"}'
_RATIO = ((0.001, YELLOW), (0.01, RED))


def ingestion() -> Dashboard:
    """From the sources to the raw tables."""
    return board(
        INGESTION,
        "Ingestion and news",
        "What was asked of the sources and what came of it; how many records landed, were "
        "promoted, refused and loaded; news.",
        [Row("Now", _now()), Row("Fetched", _fetched()), Row("Promoted and loaded", _records()),
         Row("News", _news())],
        since="now-7d",
    )  # fmt: skip


def _now() -> Panels:
    return [
        number(
            Text("Fetched, 1 d", "Attempts of the last day that brought something, new or not."),
            Query(f'sum({_FETCHES}{{status=~"ok|unchanged"}})', "attempts"), "none",
        ),
        number(
            Text("Refused, 1 d", "Attempts of the last day that ended as quota or blocked.", NONE),
            Query(f'sum({_FETCHES}{{status=~"quota|blocked"}})', "attempts"), "none", steps=NEVER,
        ),
        number(
            Text("Failed, 1 d", "Attempts of the last day that failed.", NONE),
            Query(f'sum({_FETCHES}{{status="failed"}})', "attempts"), "none",
            steps=((1, ORANGE),),
        ),
        number(
            Text("In quarantine, 1 d", "Share of the records judged in the last day."),
            Query("sum(dataset:investiq_records_quarantined:rise1d) / "
                  "(sum(dataset:investiq_records_quarantined:rise1d) + "
                  "sum(dataset:investiq_records_promoted:rise1d))", "share"),
            "percentunit", steps=_RATIO,
        ),
        number(
            Text("Load lag", "Age, at the last load, of the oldest object that had no receipt."),
            Query("max(investiq_load_receipts_lag_seconds)", "lag"), "s",
            steps=((7200, ORANGE), (86400, RED)),
        ),
        number(
            Text("Dead letters", "Messages that the Lambda gave up.", "no queue is asked"),
            Query("max(investiq_dead_letters)", "messages"), "none", steps=NEVER,
        ),
    ]  # fmt: skip


def _fetched() -> Panels:
    return [
        lines(
            Text("Outcomes", "Attempts in the last hour, by what came of them."),
            [Query(rise("investiq_fetches_total", "status", "1h"), "{{status}}")],
            "none", bars=True, stacked=True,
        ),
        lines(
            Text("Sources", "Attempts in the last hour, by source."),
            [Query(rise("investiq_fetches_total", "source", "1h"), "{{source}}")],
            "none", bars=True, stacked=True,
        ),
        grid(
            Text("Every dataset, 1 d", "Attempts of the last day by what came of them."),
            {"source": "Source", "dataset": "Dataset"},
            [
                Column("Came", _attempts("ok|unchanged"), "none"),
                Column("Not yet", _attempts("not_published|holiday|stale"), "none"),
                Column("Quota", _attempts("quota"), "none", ((1, ORANGE),)),
                Column("Blocked", _attempts("blocked"), "none", NEVER),
                Column("Failed", _attempts("failed|unrecognised|no_browser"), "none", NEVER),
            ],
        ),
    ]  # fmt: skip


def _attempts(status: str) -> str:
    return f'sum by (source, dataset) ({_FETCHES}{{status=~"{status}"}})'


def _records() -> Panels:
    return [
        grid(
            Text("Records, 1 d", "Of what was promoted in the last day: found, promoted, refused."),
            {"dataset": "Dataset"},
            [
                Column("Landed", "dataset:investiq_records_landed:rise1d", "short"),
                Column("Promoted", "dataset:investiq_records_promoted:rise1d", "short"),
                Column("Refused", "dataset:investiq_records_quarantined:rise1d", "short",
                       ((1, YELLOW),)),
                Column("Refused, share", "dataset:investiq_quarantined:ratio1d", "percentunit",
                       _RATIO),
            ],
            width=12,
        ),
        grid(
            Text("Tables", "Since the exporter started, and the lag at the last load."),
            {"table": "Table"},
            [
                Column("Rows", "sum by (table) (investiq_rows_loaded_total)", "short"),
                Column("Objects", "sum by (table) (investiq_objects_loaded_total)", "short"),
                Column("Lag", "max by (table) (investiq_load_receipts_lag_seconds)", "s",
                       ((7200, ORANGE), (86400, RED))),
            ],
            width=12,
        ),
        lines(
            Text("Rows loaded", "In the last hour, by table."),
            [Query(rise("investiq_rows_loaded_total", "table", "1h"), "{{table}}")],
            "short", bars=True, stacked=True,
        ),
        lines(
            Text("Refused", "Share of a day's records that went to quarantine. The line is the "
                 "alert's."),
            [Query("dataset:investiq_quarantined:ratio1d", "{{dataset}}")],
            "percentunit", steps=((0.01, RED),),
        ),
        lines(
            Text("Steps", "Mean duration since the exporter started."),
            [Query(mean(_STEP, "step, result", _STEPS), "{{step}} {{result}}")], "s",
        ),
        lines(
            Text("Steps, the slow ones", "95 of 100 took less, of all since the exporter started."),
            [Query(most(_STEP, "step", _STEPS), "{{step}}")], "s",
        ),
    ]  # fmt: skip


def _news() -> Panels:
    return [
        lines(
            Text("Mapped to a share", "Share of news that are mapped to at least one security. The "
                 "labelled sets are headlines whose shares are known.", "no news yet"),
            [Query("max by (scope) (investiq_news_mapping_rate)", "{{scope}}")],
            "percentunit", width=8,
        ),
        lines(
            Text("Pages that did not come", "Rendered pages in the last hour, by site.",
                 "no page has been asked for yet"),
            [Query(rise("investiq_browser_failures_total", "site", "1h"), "{{site}}")],
            "none", bars=True, stacked=True, width=8,
        ),
        lines(
            Text("Quota of Alpha Vantage", "Requests of the last day that met the quota.", NONE),
            [Query(f'sum({_FETCHES}{{source="alpha_vantage",status="quota"}})', "quota"),
             Query(f'sum({_FETCHES}{{source="alpha_vantage"}})', "all requests")],
            "none", width=8,
        ),
    ]  # fmt: skip
