"""What a run of the checks says: one typed report, readable by people and by programs."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from expectations.thresholds import Severity
from ingestion.errors import CheckFailed


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation and what was seen.

    `where` names the sessions (and the replies) that broke it; `observed` gives the range of the
    measure over everything checked when it holds, and the worst values when it does not.
    """

    name: str
    asset: str
    passed: bool
    severity: Severity
    expected: str
    observed: str
    where: tuple[str, ...]
    because: str
    next_step: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One run of one suite; `passed` is False when any critical expectation is broken.

    `checked` (arrival only) are the keys of the replies looked at: once passed, the next run need
    not look at them again.
    """

    suite: str
    passed: bool
    results: tuple[CheckResult, ...]
    sessions: tuple[date, ...]
    checked_at: datetime
    seconds: float
    data_docs: Path
    checked: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Broken expectations that fail the suite."""
        return tuple(r for r in self.results if not r.passed and r.severity == "critical")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Broken expectations that are worth a look and fail nothing."""
        return tuple(r for r in self.results if not r.passed and r.severity == "warning")

    def raise_if_failed(self) -> None:
        """Turn a failed report into the error that the CLI shows.

        Raises:
            CheckFailed: names every broken critical expectation; ends with the first next step.
        """
        if self.passed:
            return
        broken = "; ".join(f"{r.name}: {r.observed}, expected {r.expected}" for r in self.failures)
        raise CheckFailed(
            f"The {self.suite} checks failed ({broken}). Details: {self.data_docs}. "
            f"{self.failures[0].next_step}"
        )

    def as_json(self) -> dict[str, Any]:
        """The report as plain values; dates are ISO, times are UTC."""
        return asdict(self) | {
            "sessions": [day.isoformat() for day in self.sessions],
            "checked_at": self.checked_at.isoformat(),
            "data_docs": str(self.data_docs),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "CheckReport":
        """Read back what `as_json` gave."""
        return cls(
            suite=values["suite"],
            passed=values["passed"],
            results=tuple(
                CheckResult(**(result | {"where": tuple(result["where"])}))
                for result in values["results"]
            ),
            sessions=tuple(date.fromisoformat(day) for day in values["sessions"]),
            checked_at=datetime.fromisoformat(values["checked_at"]).astimezone(UTC),
            seconds=values["seconds"],
            data_docs=Path(values["data_docs"]),
            checked=tuple(values["checked"]),
        )
