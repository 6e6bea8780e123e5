"""The errors of the project: each message ends with what to do next, each has an exit code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from ingestion.fetched import Fetched


class InvestiqError(Exception):
    """Base of all errors that a user is meant to read; `exit_code` is what the CLI returns."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(InvestiqError):
    """A setting, key or file of the project is missing or wrong."""

    exit_code = 2


class SourceError(InvestiqError):
    """An upstream could not give what was asked; `status` is what the outcome record says."""

    exit_code = 3
    status: ClassVar[str] = "failed"
    evidence: "Fetched | None" = None

    def with_evidence(self, fetched: "Fetched") -> Self:
        """The same error with the reply that shows it, to be landed as evidence."""
        self.evidence = fetched
        return self


class NotPublished(SourceError):
    """The upstream answers, but not yet with the session that was asked for."""

    exit_code = 4
    status = "not_published"


class QuotaExceeded(SourceError):
    """The upstream's rate or daily quota is used up, or our own guard of it is."""

    exit_code = 5
    status = "quota"


class Blocked(SourceError):
    """The upstream refuses us: key missing, not subscribed, bot page."""

    exit_code = 6
    status = "blocked"


class NoBrowser(SourceError):
    """Chromium or its driver is not on this machine."""

    status = "no_browser"


class TruncatedFetch(SourceError):
    """The body ended before its announced length, or is cut inside a value."""


class DeadlineExceeded(SourceError):
    """The whole request took longer than allowed, however alive the connection was."""


class SchemaDrift(SourceError):
    """The payload is well-formed but not the shape the source promises."""


class LoadFailed(InvestiqError):
    """The warehouse refused a load; nothing of the batch was kept."""

    exit_code = 7


class WarehouseBusy(InvestiqError):
    """Another process holds the warehouse and did not let go in time."""

    exit_code = 8


class BuildFailed(InvestiqError):
    """dbt built or tested something that failed; the marts keep what was audited before.

    `failed` says what dbt said of each node; empty when dbt itself could not work.
    """

    exit_code = 9
    failed: Mapping[str, str] = MappingProxyType({})


class BuildInterrupted(BuildFailed):
    """dbt was killed before it had ended; nothing is known against the models."""


class CheckFailed(InvestiqError):
    """A Great Expectations suite failed; nothing was published."""

    exit_code = 10
