"""Airflow internals: scheduler, executor, pools, parsing, triggers, and the measuring itself."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.kit import (
    AIRFLOW,
    GREEN,
    NEVER,
    NONE,
    ORANGE,
    RED,
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
    rise,
)

_BEATS = ((0, RED), (4, ORANGE), (8, GREEN))
_UP = {0: ("down", RED), 1: ("up", GREEN)}


def airflow() -> Dashboard:
    """What Airflow says of itself."""
    return board(
        AIRFLOW,
        "Airflow internals",
        "Scheduler, executor, pools, parsing and triggers as Airflow measures them, and whether "
        "the measuring works.",
        [Row("Now", _now()), Row("Scheduler and executor", _scheduler()), Row("Pools", _pools()),
         Row("Parsing", _parsing()), Row("Assets, triggers, measuring", _others())],
        since="now-6h",
    )  # fmt: skip


def _now() -> Panels:
    return [
        number(
            Text("Scheduler", "Heartbeats in a minute; twelve are usual."),
            Query("sum(rate(airflow_scheduler_heartbeat[1m])) * 60", "beats"), "none", steps=_BEATS,
        ),
        number(
            Text("DAG processor", "Heartbeats in a minute."),
            Query("sum(rate(airflow_dag_processor_heartbeat[1m])) * 60", "beats"), "none",
            steps=((0, RED), (4, GREEN)),
        ),
        number(
            Text("Triggerer", "Heartbeats in a minute; where no DAG defers, none need run.",
                 "no triggerer"),
            Query("sum(rate(airflow_triggerer_heartbeat[1m])) * 60", "beats"), "none",
            steps=((0, RED), (4, GREEN)),
        ),
        number(
            Text("DAG files with errors", "In the last round of parsing."),
            Query("max(airflow_dag_processing_import_errors)", "files"), "none", steps=NEVER,
        ),
        number(
            Text("Free slots", "Of the executor."),
            Query("sum(airflow_executor_open_slots)", "slots"), "none",
            steps=((0, RED), (1, GREEN)),
        ),
        number(
            Text("Exporter", "Whether Prometheus can read the statsd-exporter."),
            Query('max(up{job="statsd-exporter"})', "exporter"), "none", values=_UP,
            steps=((0, RED), (1, GREEN)),
        ),
    ]  # fmt: skip


def _scheduler() -> Panels:
    return [
        lines(
            Text("Loop", "Mean seconds of one loop of the scheduler, of its critical section, and "
                 "of asking the executor, in five minutes."),
            [Query(_pace("airflow_scheduler_scheduler_loop_duration"), "loop"),
             Query(_pace("airflow_scheduler_critical_section_duration"), "critical section"),
             Query(_pace("airflow_scheduler_executor_heartbeat_duration"), "executor")],
            "s", steps=((5, ORANGE),),
        ),
        lines(
            Text("Executor", "Slots and tasks of the executor."),
            [Query("sum(airflow_executor_running_tasks)", "running"),
             Query("sum(airflow_executor_queued_tasks)", "queued"),
             Query("sum(airflow_executor_open_slots)", "open slots")],
            "none",
        ),
        lines(
            Text("Ready and starving", "Tasks that the last loop could queue, and those for which "
                 "their pool had no slot."),
            [Query("max(airflow_scheduler_tasks_executable)", "executable"),
             Query("max(airflow_scheduler_tasks_starving)", "starving")],
            "none",
        ),
        lines(
            Text("Runs under way", "DAG runs in the state running."),
            [Query("max(airflow_scheduler_dagruns_running)", "runs")], "none",
        ),
        lines(
            Text("Lost and found", "In the last hour: tasks that had lost their scheduler, were "
                 "killed from outside or sent no heartbeat any more.", NONE),
            [Query(_gained("airflow_scheduler_orphaned_tasks_adopted"), "adopted"),
             Query(_gained("airflow_scheduler_orphaned_tasks_cleared"), "cleared"),
             Query(_gained("airflow_scheduler_tasks_killed_externally"), "killed from outside"),
             Query(_gained("airflow_task_instances_without_heartbeats_killed"), "no heartbeat")],
            "none", bars=True, steps=((1, RED),),
        ),
        lines(
            Text("Tasks made", "Task instances made in the last hour, by kind of operator."),
            [Query(rise("airflow_task_instance_created", "task_type", "1h"), "{{task_type}}")],
            "none", bars=True, stacked=True,
        ),
    ]  # fmt: skip


def _pace(timer: str) -> str:
    return f"sum(rate({timer}_sum[5m])) / sum(rate({timer}_count[5m]))"


def _gained(counter: str) -> str:
    return f"sum(({counter} - {counter} offset 1h >= 0) or {counter})"


def _pools() -> Panels:
    by = "max by (pool_name)"
    return [
        grid(
            Text("Pools", "Slots as they are now. `warehouse` has one slot on DuckDB."),
            {"pool_name": "Pool"},
            [
                Column("Open", f"{by} (airflow_pool_open_slots)", "none",
                       ((-1000, ORANGE), (1, GREEN))),
                Column("Running", f"{by} (airflow_pool_running_slots)", "none"),
                Column("Queued", f"{by} (airflow_pool_queued_slots)", "none"),
                Column("Scheduled", f"{by} (airflow_pool_scheduled_slots)", "none"),
                Column("Deferred", f"{by} (airflow_pool_deferred_slots)", "none"),
            ],
            width=12, height=8,
        ),
        lines(
            Text("Waiting for a slot", "Scheduled and queued slots by pool; PoolStarving when "
                 "there are some for an hour and none is open."),
            [Query(f"{by} (airflow_pool_scheduled_slots + airflow_pool_queued_slots)",
                   "{{pool_name}} waiting"),
             Query(f"{by} (airflow_pool_open_slots)", "{{pool_name}} open")],
            "none",
        ),
    ]  # fmt: skip


def _parsing() -> Panels:
    return [
        lines(
            Text("A round of parsing", "Seconds for all files."),
            [Query("max(airflow_dag_processing_total_parse_time)", "all files")], "s", width=8,
        ),
        lines(
            Text("By file", "Mean seconds since the exporter started."),
            [Query(mean("airflow_dag_processing_last_duration", "file_name"), "{{file_name}}")],
            "s", width=8, steps=((30, ORANGE),),
        ),
        lines(
            Text("DAGs and errors", "What the last round found."),
            [Query("max(airflow_dagbag_size)", "DAGs"),
             Query("max(airflow_dag_processing_import_errors)", "files with errors"),
             Query("max(airflow_dag_processing_file_path_queue_size)", "files waiting")],
            "none", width=8,
        ),
    ]  # fmt: skip


def _others() -> Panels:
    return [
        lines(
            Text("Assets", "In the last hour: assets that were updated, and runs that this "
                 "started.", "no asset has been updated yet"),
            [Query(_gained("airflow_asset_updates"), "updates"),
             Query(_gained("airflow_asset_triggered_dagruns"), "runs started")],
            "none", bars=True, width=8,
        ),
        lines(
            Text("Triggers", "That wait without holding a worker, and how many more can.",
                 "no triggerer"),
            [Query("sum(airflow_triggers_running)", "running"),
             Query("sum(airflow_triggerer_capacity_left)", "capacity left")],
            "none", width=8,
        ),
        lines(
            Text("Measuring", "Series that a scrape of the exporter brings, and how long it takes "
                 "in milliseconds."),
            [Query('max(scrape_samples_scraped{job="statsd-exporter"})', "series"),
             Query('1000 * max(scrape_duration_seconds{job="statsd-exporter"})', "ms")],
            "short", width=8,
        ),
    ]  # fmt: skip
