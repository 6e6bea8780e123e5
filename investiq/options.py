"""What the options of the command line come to: the settings of this command, and its days."""

from datetime import datetime
from pathlib import Path

import typer

from ingestion.origin import Origin, origin_of
from ingestion.settings import Settings, load_settings
from investiq.sources import SourceName
from investiq.steps import Span


class Options:
    """The options that stand before the command."""

    home: Path | None = None
    debug: bool = False
    command: typer.Context | None = None


def settings_of(source: SourceName = SourceName.LIVE, *, asks_warehouse: bool = True) -> Settings:
    """The settings; what is simulated never shares a home with what is real.

    A simulated home has its Redshift, where it is to be that, until the command ends.
    """
    settings = load_settings()
    simulated = source is SourceName.SANDBOX
    if Options.home:
        settings = settings.model_copy(update={"home": Options.home.resolve()})
    elif simulated and "home" not in settings.model_fields_set:
        name = "demo" if settings.target == "duckdb" else f"demo-{settings.target}"
        settings = settings.model_copy(update={"home": settings.home / name})
    if settings.target == "duckdb" or not asks_warehouse or Options.command is None:
        return settings
    from investiq.context import engine

    simulated = simulated or origin_of(settings.home) is Origin.SIMULATED
    return Options.command.with_resource(engine(settings, simulated=simulated))


def span_of(day: datetime | None, first: datetime | None, last: datetime | None) -> Span:
    """The days asked for: one, or from and to."""
    if day and (first or last):
        raise typer.BadParameter("give --date, or --from and --to, not both")
    if day:
        return Span(day.date(), day.date())
    return Span(first.date() if first else None, last.date() if last else None)
