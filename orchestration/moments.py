"""Which moment, session and day a run stands for: its data interval says so, never the clock.

In the sandbox the exchange that INVESTIQ_SANDBOX_URL names has a last evening; whatever runs later
than that stands for it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.settings import Settings


def moment_of(context: Mapping[str, Any], settings: "Settings") -> datetime:
    """When the run is about: the end of its data interval, or when it was asked for."""
    run = context["dag_run"]
    moment: datetime = run.data_interval_end or run.logical_date or run.run_after
    return _simulated(settings, moment)


def as_of(context: Mapping[str, Any], settings: "Settings") -> date:
    """The day up to which sessions are expected to be there: the day, in India, of the run."""
    from ingestion.calendar import IST

    moment: datetime = context["dag_run"].run_after
    return _simulated(settings, moment).astimezone(IST).date()


def session_of(context: Mapping[str, Any], settings: "Settings") -> date:
    """The trading day that is asked for: the parameter `session`, or the day of the moment."""
    from ingestion.calendar import IST

    named = context["params"].get("session")
    return (
        date.fromisoformat(named) if named else moment_of(context, settings).astimezone(IST).date()
    )


def _simulated(settings: "Settings", moment: datetime) -> datetime:
    if not settings.sandbox_url:
        return moment
    from investiq.sources import simulated_moment

    return simulated_moment(settings, moment)
