"""DAG overview and DAG detail: what Airflow runs, all at once and task by task."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from monitoring.grafana.kit import (
    DAG,
    DAGS,
    NEVER,
    NONE,
    ORANGE,
    RED,
    RUN,
    SOURCE,
    TO_DAG,
    Column,
    Panels,
    Query,
    Row,
    Text,
    board,
    grid,
    history,
    lines,
    mean,
    most,
    number,
    rise,
)

_FAILED, _SUCCESS = "airflow_dagrun_duration_failed", "airflow_dagrun_duration_success"
_NEWEST = "dag:airflow_dagrun_failed:newest"
_UNDERWAY = "dag_state:airflow_ti:sum"
_ONE = '{dag_id="$dag_id"}'


def dags() -> Dashboard:
    """All DAGs at once."""
    return board(
        DAGS,
        "DAG overview",
        "All DAGs at once: what runs, what waits, what failed, how long it takes. A click on a DAG "
        "shows its tasks.",
        [Row("Now", _now()), Row("Every DAG", _every()), Row("Over time", _over_time())],
        refresh="30s",
    )


def dag() -> Dashboard:
    """One DAG, task by task."""
    chosen = dashboard.QueryVariable("dag_id").label("DAG").datasource(SOURCE)
    chosen = chosen.query("label_values(airflow_ti_start, dag_id)").sort(
        VariableSort.ALPHABETICAL_ASC
    )
    chosen = chosen.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    chosen = chosen.current(VariableOption(text="warehouse", value="warehouse", selected=True))
    return board(
        DAG,
        "DAG detail",
        "One DAG, task by task, every five seconds. The scheduler counts tasks every half minute; "
        "starts and ends are told at once.",
        [Row("Now", _of_one()), Row("Task by task", _tasks()), Row("Durations", _durations())],
        refresh="5s",
        since="now-1h",
        variables=[chosen],
    )


def _now() -> Panels:
    return [
        number(
            Text("Runs under way", "DAG runs in the state running, every half minute."),
            Query("max(airflow_scheduler_dagruns_running)", "runs"),
            "none",
        ),
        number(
            Text("Tasks running", "Task instances that run now."),
            Query(f'sum({_UNDERWAY}{{state="running"}})', "running"),
            "none",
        ),
        number(
            Text("Tasks waiting", "Task instances that are scheduled or queued."),
            Query(f'sum({_UNDERWAY}{{state=~"queued|scheduled"}})', "waiting"),
            "none",
        ),
        number(
            Text("DAGs whose newest run failed", "Counted per DAG, the newest run that ended.",
                 "no run has ended yet"),
            Query(f"sum({_NEWEST})", "failed"),
            "none",
            steps=NEVER,
        ),
        number(
            Text("Import errors", "DAG files that could not be imported in the last round."),
            Query("max(airflow_dag_processing_import_errors)", "files"),
            "none",
            steps=NEVER,
        ),
        number(
            Text("Scheduler", "Heartbeats in a minute; twelve are usual."),
            Query("sum(rate(airflow_scheduler_heartbeat[1m])) * 60", "beats"),
            "none",
            steps=(),
        ),
    ]  # fmt: skip


def _every() -> Panels:
    by = "dag_id"
    return [
        grid(
            Text("DAGs", "Runs of the last three days that ended, the newest state, mean durations "
                 "since the exporter started, and what is under way.", "no run has ended yet"),
            {"dag_id": "DAG"},
            [
                Column("Newest run", f"max by ({by}) ({_NEWEST})", "none", values=RUN),
                Column("Well, 3 d", "dag:airflow_dagrun_success:rise3d", "none"),
                Column("Failed, 3 d", "dag:airflow_dagrun_failed:rise3d", "none", NEVER),
                Column("Success rate", "dag:airflow_dagrun_success:rise3d / "
                       "(dag:airflow_dagrun_success:rise3d + (dag:airflow_dagrun_failed:rise3d or "
                       "0 * dag:airflow_dagrun_success:rise3d))", "percentunit"),
                Column("Mean duration", mean(_SUCCESS, by), "s"),
                Column("Last success", "time() - dag:airflow_dagrun_success:last_timestamp_seconds",
                       "s"),
                Column("Last failure", "time() - dag:airflow_dagrun_failed:last_timestamp_seconds",
                       "s"),
                Column("Running", f'sum by ({by}) ({_UNDERWAY}{{state="running"}})', "none"),
                Column("Waiting", f'sum by ({by}) ({_UNDERWAY}{{state=~"queued|scheduled"}})',
                       "none", ((20, ORANGE),)),
            ],
            link=TO_DAG,
            height=10,
        ),
        history(
            Text("State of the newest run", "Half an hour per field.", "no run has ended yet"),
            Query(f"max by ({by}) (max_over_time({_NEWEST}[30m]))", "{{dag_id}}"),
            "none",
            "30m",
            values=RUN,
        ),
    ]  # fmt: skip


def _over_time() -> Panels:
    by = "dag_id"
    return [
        lines(
            Text("Runs that ended well", "In the last hour, by DAG.", "no run has ended well yet"),
            [Query(rise(f"{_SUCCESS}_count", by, "1h"), "{{dag_id}}")],
            "none", bars=True, stacked=True,
        ),
        lines(
            Text("Runs that failed", "In the last hour, by DAG.", NONE),
            [Query(rise(f"{_FAILED}_count", by, "1h"), "{{dag_id}}")],
            "none", bars=True, stacked=True,
        ),
        lines(
            Text("Tasks running", "By DAG."),
            [Query(f'sum by ({by}) ({_UNDERWAY}{{state="running"}})', "{{dag_id}}")],
            "none", stacked=True,
        ),
        lines(
            Text("Tasks waiting", "Scheduled or queued, by DAG."),
            [Query(f'sum by ({by}) ({_UNDERWAY}{{state=~"queued|scheduled"}})', "{{dag_id}}")],
            "none", stacked=True,
        ),
        lines(
            Text("Duration of runs", "95 of 100 took less, of all since the exporter started.",
                 "no run has ended well yet"),
            [Query(most(_SUCCESS, by), "{{dag_id}}")], "s",
        ),
        lines(
            Text("Delay of scheduled runs", "Mean time between when a run was due and when it "
                 "began.", "no scheduled run yet"),
            [Query(mean("airflow_dagrun_schedule_delay", by), "{{dag_id}}")], "s",
        ),
    ]  # fmt: skip


def _of_one() -> Panels:
    return [
        number(
            Text("Newest run", "The newest run of this DAG that ended.", "no run has ended yet"),
            Query(f"max({_NEWEST}{_ONE})", "run"), "none", steps=NEVER, values=RUN,
        ),
        number(
            Text("Last success", "How long ago.", "no run has ended well yet"),
            Query(f"time() - max(dag:airflow_dagrun_success:last_timestamp_seconds{_ONE})", "ago"),
            "s",
        ),
        number(
            Text("Well, 3 d", "Runs of the last three days that ended well.",
                 "no run has ended well yet"),
            Query(f"max(dag:airflow_dagrun_success:rise3d{_ONE})", "runs"), "none",
        ),
        number(
            Text("Failed, 3 d", "Runs of the last three days that failed.", NONE),
            Query(f"max(dag:airflow_dagrun_failed:rise3d{_ONE})", "runs"), "none", steps=NEVER,
        ),
        number(
            Text("Running", "Task instances of this DAG that run now."),
            Query('sum(dag_state:airflow_ti:sum{dag_id="$dag_id",state="running"})', "tasks"),
            "none",
        ),
        number(
            Text("Waiting", "Task instances of this DAG that are scheduled, queued or deferred."),
            Query('sum(dag_state:airflow_ti:sum{dag_id="$dag_id",state!="running"})', "tasks"),
            "none",
        ),
    ]  # fmt: skip


def _tasks() -> Panels:
    by = "task_id"
    return [
        grid(
            Text("Tasks", "Since the exporter started: how often each began and how it ended, and "
                 "how long it took. Nodes of dbt are set by the scheduler and begin nowhere."),
            {"task_id": "Task"},
            [
                Column("Began", f"sum by ({by}) (airflow_ti_start{_ONE})", "none"),
                Column("Well", _ended("success"), "none"),
                Column("Failed", _ended("failed"), "none", NEVER),
                Column("To be tried again", _ended("up_for_retry"), "none", ((1, ORANGE),)),
                Column("Skipped", _ended("skipped"), "none"),
                Column("Mean duration", mean("airflow_task_duration", by, _ONE), "s"),
                Column("95 of 100", most("airflow_task_duration", by, _ONE), "s"),
            ],
        ),
        lines(
            Text("Running", "Task instances by task."),
            [Query(f"sum by ({by}) (airflow_ti_running{_ONE})", "{{task_id}}")],
            "none", stacked=True,
        ),
        lines(
            Text("Waiting", "Scheduled and queued task instances by task."),
            [Query(f"sum by ({by}) (airflow_ti_scheduled{_ONE})", "{{task_id}} scheduled"),
             Query(f"sum by ({by}) (airflow_ti_queued{_ONE})", "{{task_id}} queued"),
             Query(f"sum by ({by}) (airflow_ti_deferred{_ONE})", "{{task_id}} deferred")],
            "none", stacked=True,
        ),
        lines(
            Text("Ended", "Task instances that ended in the last minute, by state."),
            [Query(rise(f"airflow_ti_finish{_ONE}", "state", "1m"), "{{state}}")],
            "none", bars=True, stacked=True,
        ),
        lines(
            Text("Failures", "Tries that failed in the last hour, by task, also those that are "
                 "tried again.", NONE),
            [Query(rise('airflow_ti_finish{dag_id="$dag_id",state=~"failed|up_for_retry"}', by,
                        "1h"), "{{task_id}}")],
            "none", steps=((1, RED),), bars=True, stacked=True,
        ),
    ]  # fmt: skip


def _ended(state: str) -> str:
    return f'sum by (task_id) (airflow_ti_finish{{dag_id="$dag_id",state="{state}"}})'


def _durations() -> Panels:
    by = "task_id"
    return [
        lines(
            Text("Running", "Mean duration by task."),
            [Query(mean("airflow_task_duration", by, _ONE), "{{task_id}}")], "s", width=8,
        ),
        lines(
            Text("Running, the slow ones", "95 of 100 took less, of all since the exporter "
                 "started."),
            [Query(most("airflow_task_duration", by, _ONE), "{{task_id}}")], "s", width=8,
        ),
        lines(
            Text("Waiting for a slot", "Mean time in the state scheduled, by task. Airflow 3 does "
                 "not send the time in the state queued."),
            [Query(mean("airflow_task_scheduled_duration", by, _ONE), "{{task_id}}")],
            "s", width=8,
        ),
    ]  # fmt: skip
