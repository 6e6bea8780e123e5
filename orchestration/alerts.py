"""Alerts: one file per failure in <home>/alerts, and one line in the log of the task.

A file, because it needs no account, survives a restart and can be watched by anything; what sends
them on (mail, chat, Alertmanager) belongs to the monitoring, not to the pipeline.
"""

import json
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

MISSING_SESSION = "missing_session"
NOT_PROMOTED = "not_promoted"
_log = logging.getLogger(__name__)


def on_failure(context: "Context") -> None:
    """The callback of every task: the last try has failed."""
    problem = context.get("exception")
    kind = getattr(problem, "kind", None) or type(problem).__name__
    if kind == "AirflowSensorTimeout":
        write(context, *_waited_in_vain(context))
    else:
        write(context, kind, str(problem))


def _waited_in_vain(context: "Context") -> tuple[str, str]:
    """What a sensor at its deadline means: the exchange, or the Lambdas."""
    waited = f"waited {context['task'].timeout:.0f} s in vain"
    if context["ti"].task_id == "promoted":
        return NOT_PROMOTED, f"{waited} for the records of what has landed; is it in a dead letter?"
    day, datasets = context["task"].op_args
    return MISSING_SESSION, f"{waited} for all of {', '.join(datasets)} of {day}"


def write(context: "Context", kind: str, said: str) -> None:
    """Write the alert; the same failure of the same run has one file, however often it comes."""
    from ingestion.redaction import redact
    from ingestion.settings import load_settings

    settings = load_settings()
    instance = context["ti"]
    alert: dict[str, Any] = {
        "kind": kind,
        "dag": instance.dag_id,
        "task": instance.task_id,
        "run": instance.run_id,
        "try": instance.try_number,
        "said": redact(said, settings.secrets)[:2000],
        "next": f"airflow/README.md, `{instance.dag_id}`: what to do when it fails",
    }
    _log.error("alert %s", json.dumps(alert))
    folder = settings.home / "alerts"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_plain(instance.run_id)}.{_plain(instance.task_id)}.{instance.dag_id}.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(alert, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
