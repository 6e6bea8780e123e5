"""Data freshness: the first board to look at. Is today's data in, right and on time?"""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.kit import (
    DAGS,
    FRESHNESS,
    INGESTION,
    NEVER,
    ORANGE,
    RED,
    RUN,
    WAREHOUSE,
    YELLOW,
    Column,
    Panels,
    Query,
    Row,
    Text,
    board,
    grid,
    history,
    lines,
    number,
)

_LATE = "dataset:investiq_session_lateness_seconds:current"
_LATE_STEPS = ((1, YELLOW), (3600, ORANGE), (43200, RED))
_BEHIND = ((1, ORANGE), (2, RED))


def freshness() -> Dashboard:
    """A row per dataset, a field per session."""
    return board(
        FRESHNESS,
        "Data freshness",
        "Is today's data in, right and on time? Due moments come from the trading calendar, so "
        "weekends and holidays are never late. Times are those of India.",
        [Row("Now", _now()), Row("Session by session", _sessions()), Row("Minutes", _minutes())],
        since="now-30d",
    )


def _now() -> Panels:
    return [
        number(
            Text("Datasets late", "Datasets whose next session is more than an hour overdue.",
                 board=(INGESTION, "Ingestion and news")),
            Query(f"sum({_LATE} > bool 3600)", "late"),
            "none",
            steps=NEVER,
        ),
        number(
            Text("Longest wait", "How long the latest dataset has been overdue; 0 while none is."),
            Query(f"max({_LATE})", "overdue"),
            "s",
            steps=_LATE_STEPS,
        ),
        number(
            Text("Last publication", "Since marts and report were published. A run that finds "
                 "nothing new publishes nothing, so a weekend without news is quiet.",
                 board=(DAGS, "DAG overview")),
            Query("time() - max(last_over_time(investiq_last_publication_timestamp_seconds[7d]))",
                  "ago"),
            "s",
            steps=((93600, ORANGE), (345600, RED)),
        ),
        number(
            Text("Newest run of warehouse", "Whether the newest run that ended went well.",
                 "no run has ended yet", (WAREHOUSE, "Warehouse")),
            Query('max(dag:airflow_dagrun_failed:newest{dag_id="warehouse"})', "run"),
            "none",
            steps=NEVER,
            values=RUN,
        ),
        number(
            Text("Broken expectations", "Critical expectations that the last runs of the suites of "
                 "Great Expectations found broken. While there are any, nothing is published.",
                 board=(WAREHOUSE, "Warehouse")),
            Query('sum(max by (suite) (last_over_time('
                  'investiq_failed_expectations{severity="critical"}[4d])))', "broken"),
            "none",
            steps=NEVER,
        ),
        number(
            Text("Alerts", "Alerts that fire now, information left out."),
            Query('count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)',
                  "firing"),
            "none",
            steps=NEVER,
        ),
        grid(
            Text("Every dataset", "Newest session in the marts, and when the next one is due."),
            {"dataset": "Dataset"},
            [
                Column("Newest session", "1000 * max by (dataset) (last_over_time("
                       "investiq_newest_session_timestamp_seconds[7d]))", "time:YYYY-MM-DD ddd"),
                Column("Sessions behind", "max by (dataset) (last_over_time("
                       "investiq_sessions_behind[7d]))", "none", _BEHIND),
                Column("Next due", "1000 * "
                       "dataset:investiq_next_session_due_timestamp_seconds:last",
                       "time:YYYY-MM-DD ddd HH:mm"),
                Column("Overdue", _LATE, "s", _LATE_STEPS),
            ],
            height=7,
        ),
    ]  # fmt: skip


def _sessions() -> Panels:
    return [
        history(
            Text("Sessions behind", "The worst that the builds of 24 hours found. A field ends at "
                 "5:30 in the morning, India, before anything new arrives."),
            Query("max by (dataset) (max_over_time(investiq_sessions_behind[1d]))", "{{dataset}}"),
            "none",
            "1d",
            steps=_BEHIND,
        ),
        history(
            Text("Overdue", "The longest wait within the 24 hours before 5:30 in the morning, "
                 "India; told also when nothing ran."),
            Query(f"max by (dataset) (max_over_time({_LATE}[1d]))", "{{dataset}}"),
            "s",
            "1d",
            steps=_LATE_STEPS,
        ),
    ]  # fmt: skip


def _minutes() -> Panels:
    return [
        lines(
            Text("Minutes late", "Minutes past the due moment. Lines: LateData after an hour, "
                 "MissingSession after twelve."),
            [Query(f"{_LATE} / 60", "{{dataset}}")],
            "m",
            steps=((60, ORANGE), (720, RED)),
        ),
        lines(
            Text("Age of what is published", "Falls to 0 with each publication."),
            [Query("time() - max(investiq_last_publication_timestamp_seconds)", "age")],
            "s",
            steps=((93600, ORANGE),),
        ),
    ]  # fmt: skip
