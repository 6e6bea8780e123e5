"""What `load_pending` needs of a warehouse, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingestion.loading.datasets import Dataset


@dataclass(frozen=True, slots=True)
class PendingObject:
    """One object without a receipt.

    Attributes:
        key, etag: as the bucket lists it.
        identity: value of the dataset's identity column in its rows.
        sha256: of the object's bytes, from its metadata; None where nobody asked for that.
        records: how many rows it must give, from its metadata.
    """

    key: str
    etag: str
    identity: str
    sha256: str | None
    records: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load did: `objects` newly received, `rows` they hold.

    `waiting_since` is when the oldest object was written that had no receipt before the load.
    """

    table: str
    objects: int
    rows: int
    waiting_since: datetime | None = field(default=None, compare=False)

    def __add__(self, other: "LoadReport") -> "LoadReport":
        since = (self.waiting_since, other.waiting_since)
        return LoadReport(
            self.table,
            self.objects + other.objects,
            self.rows + other.rows,
            min((moment for moment in since if moment), default=None),
        )


class Warehouse(Protocol):
    """An engine that reads objects from S3 by itself."""

    def receipts(self, dataset: Dataset) -> dict[str, str]:
        """Object key → etag of all that was loaded."""
        ...

    def load(self, dataset: Dataset, batch: Sequence[PendingObject]) -> LoadReport:
        """Load the batch in one transaction, or nothing of it; what has a receipt is left out.

        Raises:
            LoadFailed: an object is missing, does not parse, or gives another number of rows.
        """
        ...
