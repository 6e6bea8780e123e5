"""What keeps a home tidy and in sight: receipts, quarantine, old run files, documentation."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import ConfigurationError
from ingestion.loading.reading import readable
from ingestion.objectstore import ObjectStore
from ingestion.promotion import pending_keys
from ingestion.settings import Settings
from investiq.console import step, waiting
from investiq.context import places
from investiq.dbt import run_dbt
from investiq.watching import look, watched
from monitoring import observe

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeFilterType

# Made anew by every run, and of no use once it is old. Never data: what has landed stays for ever.
_TRANSIENT = ("alerts", "airflow/logs", "gx/uncommitted/validations")
_QUARANTINED = """
    select source_name || '/' || dataset_name as dataset, reason, count(*) as records
    from raw_data.quarantined_records
    group by source_name, dataset_name, reason order by records desc, dataset, reason
"""
_RECEIPTS = "select count(*) from raw_data.load_receipts"


def unpromoted(store: ObjectStore) -> list[str]:
    """The landed objects that nobody has promoted: a message in the dead-letter queue, a crash."""
    return pending_keys(store)


def receipts(settings: Settings) -> int:
    """How many objects the warehouse has loaded."""
    with readable(settings, waiting).open() as con:
        [(count,)] = con.rows(_RECEIPTS)
    return int(count)


def quarantine_summary(settings: Settings) -> list[tuple[str, str, int]]:
    """(dataset, reason, records) of all that was refused, the most first."""
    with readable(settings, waiting).open() as con:
        return [(str(name), str(why), int(count)) for name, why, count in con.rows(_QUARANTINED)]


def retention(settings: Settings, before: datetime) -> int:
    """Remove run files that were written before a moment; returns how many."""
    removed = 0
    for name in _TRANSIENT:
        for path in list(_files(settings.home / name)):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def observe_all(settings: Settings) -> int | None:
    """Send how things stand; with the messages of the dead-letter queue, which are returned.

    None: INVESTIQ_DEAD_LETTERS_URL names no queue.

    Raises:
        ConfigurationError: the queue does not answer, or refuses us.
    """
    with watched("maintenance", settings) as meter:
        look(settings)
        if settings.dead_letters_url is None:
            return None
        waiting_there = dead_letters(settings.dead_letters_url)
        observe.dead_letters(meter, waiting_there)
    return waiting_there


def observe_and_say(settings: Settings) -> str:
    """The same for a person.

    Raises:
        ConfigurationError: nobody is named who would take it.
    """
    if not settings.statsd_host:
        raise ConfigurationError(
            "Nobody takes metrics: set INVESTIQ_STATSD_HOST to where statsd-exporter listens."
        )
    waiting_there = observe_all(settings)
    letters = "no queue is named" if waiting_there is None else f"{waiting_there} messages"
    return (
        f"sent to {settings.statsd_host}, UDP port {settings.statsd_port}; dead letters: {letters}"
    )


def dead_letters(url: str) -> int:
    """How many messages a queue holds, those that somebody is just looking at included.

    Raises:
        ConfigurationError: it does not answer, or refuses us.
    """
    names: tuple[QueueAttributeFilterType, ...] = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    )
    try:
        told = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    except (BotoCoreError, ClientError) as refused:
        raise ConfigurationError(
            f"The queue that INVESTIQ_DEAD_LETTERS_URL names does not answer ({refused}). Correct "
            "the URL, or allow sqs:GetQueueAttributes on it, then run `investiq observe` again."
        ) from None
    return sum(int(number) for number in told["Attributes"].values())


def docs(settings: Settings) -> Path:
    """`dbt docs generate`, as one page that needs no server.

    Raises:
        BuildFailed: dbt could not; the message says why.
    """
    with step("dbt docs") as advance:
        run_dbt(settings, ["docs", "generate", "--static"], advance)
    page = settings.home / "docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(places(settings).dbt / "target" / "static_index.html", page)
    return page


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
