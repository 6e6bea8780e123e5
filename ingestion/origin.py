"""Real or simulated: a home holds one of the two, for ever, and knows which."""

from enum import StrEnum
from pathlib import Path

from ingestion.errors import ConfigurationError


class Origin(StrEnum):
    """Where the data of a home comes from."""

    REAL = "real"
    SIMULATED = "simulated"


def origin_of(home: Path) -> Origin | None:
    """What a home holds; None while nothing has been ingested."""
    marker = _marker(home)
    return Origin(marker.read_text(encoding="utf-8").strip()) if marker.is_file() else None


def claim(home: Path, origin: Origin) -> None:
    """Say what a home holds, before the first ingestion; saying it again changes nothing.

    Raises:
        ConfigurationError: it holds the other kind, and the two must not mix.
    """
    held = origin_of(home)
    if held is None:
        marker = _marker(home)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(f"{origin}\n", encoding="utf-8")
    elif held is not origin:
        raise ConfigurationError(
            f"{home} holds {held} data, which must not mix with {origin} data in one warehouse. "
            "Give this run a home of its own: `investiq --home PATH run …`."
        )


def notice_of(home: Path) -> str:
    """What every page made from a home must say at its top; empty for real data."""
    if origin_of(home) is Origin.SIMULATED:
        return "Simulated market: companies, prices and events on this page are invented."
    return ""


def _marker(home: Path) -> Path:
    return home / "origin"
