"""What keeps a home tidy: receipts, what lies in quarantine, old run files, documentation."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ingestion.loading.reading import readable
from ingestion.objectstore import ObjectStore
from ingestion.promotion import pending_keys
from ingestion.settings import Settings
from investiq.console import step, waiting
from investiq.context import places
from investiq.dbt import run_dbt

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
