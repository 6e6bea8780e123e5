"""`investiq run`: the whole chain for a session or a range, cheap when there is nothing new."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.markup import escape

from expectations.runner import AFTER_BUILD, BEFORE_BUILD
from ingestion.errors import Blocked, BuildFailed, CheckFailed, QuotaExceeded, SourceError
from ingestion.loading.reading import readable
from ingestion.objectstore import ObjectStore
from ingestion.outcomes import Outcome
from ingestion.settings import Settings, project_root
from investiq import steps
from investiq.console import err, out, waiting
from investiq.context import Places, places
from investiq.sources import Source
from investiq.steps import Span
from investiq.watching import look

_REFUSALS: dict[str, type[SourceError]] = {
    "quota": QuotaExceeded,
    "blocked": Blocked,
    "failed": SourceError,
}
_BUILT_FROM = ("dbt_project.yml", "profiles.yml", "dbt_project", "expectations", "report")
_SOURCES = frozenset({".sql", ".yml", ".csv", ".py", ".md", ".j2", ".html", ".css", ".js"})


def run(
    settings: Settings,
    source: Source,
    span: Span,
    store: ObjectStore,
    *,
    again: bool = False,
) -> None:
    """ingest → promote → load → check arrival → dbt build → check ohlc → report.

    A refusal of the source does not stop the chain for what did arrive; it is raised at the end,
    also when it is the cause of a check that failed in between.

    Raises:
        SourceError: the source refused at least one session.
        CheckFailed, BuildFailed, LoadFailed: nothing was published.
    """
    outcomes = steps.ingest(settings, source, span, store, again=again)
    finish(settings, source, store, outcomes)
    raise_refusals(outcomes)


def finish(
    settings: Settings, source: Source, store: ObjectStore, outcomes: Sequence[Outcome]
) -> None:
    """What follows ingestion; a failure that a refusal of the source explains is only told.

    Raises:
        CheckFailed, BuildFailed, LoadFailed: nothing was published.
    """
    steps.collect_airbyte(settings, store)
    steps.promote(settings, store)
    steps.enrich(settings, store)
    steps.load(settings, store)
    try:
        publish_if_new(settings, source.today())
    except (CheckFailed, BuildFailed) as consequence:
        if not _refused(outcomes):
            raise
        err.print(f"[yellow]nothing was published:[/] {escape(str(consequence))}")


def publish_if_new(settings: Settings, as_of: date) -> None:
    """Check, build and publish, unless all that it depends on is as it was the last time."""
    state = unpublished(settings, as_of)
    if state is None:
        out.print("nothing new: marts and report stand as they are")
        look(settings)
        return
    steps.check(settings, BEFORE_BUILD, only_concerned=True)
    steps.build(settings, as_of)
    steps.check(settings, AFTER_BUILD, only_concerned=True)
    steps.publish(settings)
    remember(settings, state)


def unpublished(settings: Settings, as_of: date) -> str | None:
    """The state of all that the marts are made from, if it is not what was published last.

    Whoever builds it says so by `remember` in the end; until then nothing counts as published.
    """
    home = places(settings)
    state = _state(settings, as_of)
    if _remembered(home) == state and home.page.is_file() and home.marts.is_dir():
        return None
    _marker(home).unlink(missing_ok=True)
    return state


def remember(settings: Settings, state: str) -> None:
    """Note that the state was built, checked and published."""
    marker = _marker(places(settings))
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(state, encoding="utf-8")


def raise_refusals(outcomes: Sequence[Outcome]) -> None:
    """Turn refusals of the source into the error that the command ends with.

    Raises:
        SourceError: of the kind of the first refusal, in the words of its outcome.
    """
    refused = _refused(outcomes)
    if not refused:
        return
    first = refused[0]
    others = f" ({len(refused) - 1} more likewise)" if len(refused) > 1 else ""
    detail = first.detail.rstrip(".")
    next_step = "" if ". " in detail else " Look at the landed reply, then run the command again."
    raise _REFUSALS[first.status](
        f"The source refused {first.trade_date}{others}: {detail}.{next_step}"
    )


def _refused(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.status in _REFUSALS]


def _state(settings: Settings, as_of: date) -> str:
    """A digest of all that the marts are made from: the receipts, and the project's own files.

    An attempt whose name says that the source gave what it had given before makes nothing new.
    """
    warehouse = readable(settings, waiting)
    with warehouse.open() as con:
        receipts = con.rows(
            "select table_name, object_key, etag from raw_data.load_receipts "
            "where object_key not like '%.unchanged.%' order by table_name, object_key, etag"
        )
    files = [
        (path.relative_to(project_root()).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
        for name in _BUILT_FROM
        for path in _files(project_root() / name)
    ]
    told = json.dumps([receipts, files, as_of.isoformat(), str(warehouse)])
    return hashlib.sha256(told.encode()).hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(item for item in path.rglob("*") if item.suffix in _SOURCES and item.is_file())


def _marker(home: Places) -> Path:
    return home.home / "state" / "published"


def _remembered(home: Places) -> str | None:
    marker = _marker(home)
    return marker.read_text(encoding="utf-8") if marker.is_file() else None
