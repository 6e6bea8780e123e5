"""The `investiq` command. Exit codes: 0 well, 1 unexpected, 2 configuration, 3 source failed,
5 quota, 6 blocked, 7 load, 8 warehouse busy, 9 dbt, 10 checks, 11 publishing, 130 interrupted.
"""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from ingestion.errors import ConfigurationError, InvestiqError
from investiq.console import err, out
from investiq.monitoring import monitoring
from investiq.options import Options, settings_of, span_of
from investiq.sandbox import sandbox_app
from investiq.sources import SourceName

_INTERRUPTED = 130
app = typer.Typer(
    name="investiq",
    help="An end-of-day warehouse of the NSE: ingest → promote → load → build → check → report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(sandbox_app, name="sandbox")
app.command()(monitoring)


Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="one session")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")]
SourceOption = Annotated[SourceName, typer.Option(help="live, nse, sandbox or directory")]
Folder = Annotated[Path | None, typer.Argument(help="the folder, with --source directory")]
Again = Annotated[
    bool, typer.Option("--again", help="although it has been done, or the day is closed")
]


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="where everything generated lies [default: var]")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="show the trace of an error")] = False,
) -> None:
    """Options for every command."""
    Options.home, Options.debug, Options.command = home, debug, context


@app.command()
def init() -> None:
    """Prepare the warehouse for plain dbt commands: raw tables and seeds."""
    from ingestion.loading.reading import readable
    from investiq.console import step
    from investiq.context import prepare_warehouse
    from investiq.dbt import run_dbt

    settings = settings_of()
    prepare_warehouse(settings)
    with step("dbt seed") as advance:
        run_dbt(settings, ["seed"], advance)
    out.print(f"raw tables and seeds are in {readable(settings)}", soft_wrap=True)


@app.command()
def ingest(
    folder: Folder = None,
    source: SourceOption = SourceName.LIVE,
    day: Day = None,
    first: From = None,
    last: To = None,
    again: Again = False,
) -> None:
    """Fetch quotes, or the exchange's files, and land the bytes as received."""
    from investiq import chain, steps
    from investiq.context import object_store
    from investiq.sources import open_source

    settings = settings_of(source, asks_warehouse=False)
    with open_source(source, settings, folder) as origin, object_store(settings) as store:
        outcomes = steps.ingest(settings, origin, span_of(day, first, last), store, again=again)
    for outcome in outcomes:
        what = "" if outcome.dataset_name == "quotes" else f" {outcome.dataset_name}"
        out.print(
            f"{outcome.trade_date or ''}{what} {outcome.status}: {outcome.detail}", markup=False
        )
    chain.raise_refusals(outcomes)


@app.command()
def airbyte() -> None:
    """Land what Airbyte's S3 destination has written since the last time."""
    from ingestion.origin import Origin, claim
    from investiq import steps
    from investiq.context import object_store

    settings = settings_of(asks_warehouse=False)
    claim(settings.home, Origin.REAL)
    with object_store(settings) as store:
        outcomes = steps.collect_airbyte(settings, store)
    for outcome in outcomes:
        out.print(f"{outcome.status}: {outcome.detail}", markup=False, soft_wrap=True)
    out.print(f"{sum(outcome.status == 'ok' for outcome in outcomes)} objects landed")


@app.command()
def backfill(
    folder: Folder = None,
    source: SourceOption = SourceName.NSE,
    first: From = None,
    last: To = None,
    dataset: Annotated[
        list[str] | None, typer.Option(help="one dataset, may be repeated [default: all]")
    ] = None,
    again: Again = False,
    build: Annotated[bool, typer.Option("--build/--no-build", help="load and publish too")] = True,
) -> None:
    """Bring a range of the exchange's files; what has landed well is not asked for again."""
    from investiq.backfill import backfill as bring
    from investiq.context import object_store
    from investiq.sources import open_source

    if source is SourceName.LIVE:
        raise typer.BadParameter("live quotes have no past; use --source nse")
    settings, span = settings_of(source), span_of(None, first, last)
    with open_source(source, settings, folder) as origin, object_store(settings) as store:
        bring(settings, origin, span, store, datasets=dataset or (), again=again, build=build)


@app.command()
def news(
    source: SourceOption = SourceName.LIVE,
    first: From = None,
    last: To = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="pages that need one, or feeds alone")
    ] = True,
) -> None:
    """Fetch global and Indian news and take it through the chain."""
    from investiq.context import object_store
    from investiq.news import run_news
    from investiq.sources import open_source

    if source not in (SourceName.LIVE, SourceName.SANDBOX):
        raise typer.BadParameter("news is fetched with --source live or sandbox")
    settings, span = settings_of(source), span_of(None, first, last)
    with open_source(source, settings, None) as origin, object_store(settings) as store:
        run_news(settings, origin, span, store, browser=browser)


@app.command()
def promote(again: Again = False) -> None:
    """Turn landed objects into records; what is refused goes to quarantine."""
    from investiq import steps
    from investiq.context import object_store

    settings = settings_of(asks_warehouse=False)
    with object_store(settings) as store:
        reports = steps.promote(settings, store, again=again)
    promoted, refused = sum(r.promoted for r in reports), sum(r.quarantined for r in reports)
    out.print(f"{len(reports)} objects: {promoted} records promoted, {refused} quarantined")


@app.command()
def enrich(again: Again = False) -> None:
    """Bring near-duplicates among the news together, and give each headline its tone."""
    from investiq import steps
    from investiq.context import object_store

    settings = settings_of(asks_warehouse=False)
    with object_store(settings) as store:
        done = steps.enrich(settings, store, again=again)
    out.print(
        f"{done.objects} objects: {done.news} news, {done.written} rows written, "
        f"{done.clusters} new clusters"
    )


@app.command()
def load(
    tables: Annotated[list[str] | None, typer.Argument(help="raw tables [default: all]")] = None,
) -> None:
    """Load promoted objects into the raw tables, each exactly once."""
    from investiq import steps
    from investiq.context import object_store

    settings = settings_of()
    with object_store(settings) as store:
        for report in steps.load(settings, store, tables or ()):
            out.print(f"{report.table}: {report.objects} objects, {report.rows} rows")


@app.command()
def build(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="today")] = None,
) -> None:
    """Run `dbt build`: seeds, models and tests."""
    from investiq import steps
    from investiq.context import prepare_warehouse

    settings = settings_of()
    prepare_warehouse(settings)
    report = steps.build(settings, as_of.date() if as_of else _today())
    out.print(f"{report.nodes} nodes built and tested")


@app.command()
def check(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            help="one of arrival, archives, news, ohlc, prices, news_marts [default: all it has]"
        ),
    ] = None,
) -> None:
    """Run the Great Expectations suites; exit code 10 when one fails."""
    from expectations.runner import SUITES
    from investiq import steps

    settings = settings_of()
    for report in steps.check(settings, suites or SUITES, only_concerned=not suites):
        out.print(f"{report.suite}: {len(report.results)} expectations hold; {report.data_docs}")


@app.command()
def report() -> None:
    """Write marts/*.parquet and the HTML report from the marts."""
    from investiq import steps

    settings = settings_of()
    published = steps.publish(settings)
    out.print(f"report: {published.page}\nmarts:  {published.marts_dir}")


@app.command()
def status() -> None:
    """What came, where every record went and why, and how fresh it is."""
    from investiq.status import show_status

    show_status(settings_of())


@app.command()
def doctor() -> None:
    """What is configured, what can be reached, and what to do next."""
    from investiq.doctor import show_diagnosis

    raise typer.Exit(0 if show_diagnosis(settings_of()) else 2)


@app.command()
def run(
    folder: Folder = None,
    source: SourceOption = SourceName.LIVE,
    day: Day = None,
    first: From = None,
    last: To = None,
    again: Again = False,
) -> None:
    """The whole chain for a session, a range, or a folder of files."""
    from investiq import chain
    from investiq.context import object_store
    from investiq.sources import open_source
    from investiq.status import show_status

    settings = settings_of(source)
    with open_source(source, settings, folder) as origin, object_store(settings) as store:
        chain.run(settings, origin, span_of(day, first, last), store, again=again)
    show_status(settings)


@app.command()
def demo() -> None:
    """Several simulated trading days, end to end: no account, no key, no network."""
    from investiq.demo import run_demo

    run_demo(settings_of(SourceName.SANDBOX))


@app.command()
def observe() -> None:
    """Send how things stand to INVESTIQ_STATSD_HOST: freshness, sizes, dead letters."""
    from investiq.maintenance import observe_and_say

    out.print(observe_and_say(settings_of()))


redshift = typer.Typer(help="Redshift: prepare a database for this project.")
app.add_typer(redshift, name="redshift")


@redshift.command("init")
def redshift_init(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print the SQL for an administrator, run nothing")
    ] = False,
    secret_arn: Annotated[
        str | None, typer.Option(help="secret of Secrets Manager with an administrator's login")
    ] = None,
    db_user: Annotated[
        str | None, typer.Option(help="administrator of a provisioned cluster, by IAM")
    ] = None,
) -> None:
    """Make schemas, raw tables, receipts and roles with the least rights; what is there stays."""
    from investiq.redshift import initialise

    initialise(settings_of(), dry_run=dry_run, secret_arn=secret_arn, db_user=db_user)


@app.command()
def redrive(
    dead_letters: Annotated[str, typer.Argument(help="URL of the dead-letter queue")],
    queue: Annotated[str, typer.Argument(help="URL of the queue that feeds the Lambda")],
) -> None:
    """Send the messages of a dead-letter queue back to their queue."""
    from investiq.redrive import redrive_messages

    out.print(f"{redrive_messages(dead_letters, queue)} messages sent back")


@sandbox_app.command("redshift")
def sandbox_redshift() -> None:
    """Run the Redshift stand-in and print the variables by which others find it."""
    from investiq.sandbox import serve_redshift

    serve_redshift(settings_of(SourceName.SANDBOX, asks_warehouse=False))


def main() -> None:
    """Run the command; an error is one paragraph that ends with the next step."""
    try:
        code = app(standalone_mode=False) or 0
    except InvestiqError as problem:
        if Options.debug:
            raise
        err.print(f"[red bold]error:[/] {_plain(str(problem))}")
        code = problem.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except Exception as problem:
        if Options.debug:
            raise
        code = _unforeseen(problem)
    if code == _INTERRUPTED:  # typer turns an interrupt into this code
        err.print("interrupted; run the same command again, it goes on where it stopped")
    sys.exit(code)


def _unforeseen(problem: Exception) -> int:
    """Errors of the command line itself keep their own text; others name the next step."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(problem, TyperException) and (show := getattr(problem, "show", None)):
        show()  # what is wrong with the command line; typer brings a click of its own along
        return problem.exit_code
    said = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
    if isinstance(problem, BotoCoreError | ClientError):
        err.print(
            f"[red bold]error:[/] the object store stopped answering or refused ({_plain(said)}). "
            "Nothing is half done: look at `investiq doctor`, then run the same command again."
        )
        return ConfigurationError.exit_code
    err.print(
        f"[red bold]error:[/] something unforeseen happened ({_plain(said)}). Run the command "
        "again as `investiq --debug …` and report the trace."
    )
    return 1


def _plain(text: str) -> str:
    from rich.markup import escape

    from ingestion.redaction import redact

    return escape(redact(text, _known_secrets()))


def _known_secrets() -> tuple[str, ...]:
    from ingestion.settings import load_settings

    try:
        return load_settings().secrets
    except InvestiqError:
        return ()


def _today() -> date:
    from ingestion.calendar import IST

    return datetime.now(IST).date()


if __name__ == "__main__":
    main()
