"""What a failure means to Airflow: what can heal is tried again, what cannot fails at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowFailException

from ingestion.errors import (
    Blocked,
    BuildFailed,
    BuildInterrupted,
    CheckFailed,
    ConfigurationError,
    InvestiqError,
    QuotaExceeded,
    SchemaDrift,
)

# The same again would come of it: a setting, a refusal, a shape, data that a person has to look at.
# All else (a cut reply, a busy warehouse, a lost connection, no file yet, a killed build) heals.
_HOPELESS = (ConfigurationError, Blocked, QuotaExceeded, SchemaDrift, BuildFailed, CheckFailed)


class Hopeless(AirflowFailException):
    """Fails the task without another try; `cause` is the error of ours, `kind` its name."""

    def __init__(self, cause: InvestiqError) -> None:
        super().__init__(str(cause))
        self.kind = type(cause).__name__


@contextmanager
def judged() -> Iterator[None]:
    """Raise what cannot heal so that Airflow does not try again.

    Raises:
        Hopeless: the error of ours would only come again; its text is the message, whole.
    """
    try:
        yield
    except BuildInterrupted:
        raise
    except _HOPELESS as problem:
        raise Hopeless(problem) from problem
