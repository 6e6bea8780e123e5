"""The one error of this room: what leaves the warehouse could not be written or read."""

from typing import ClassVar

from ingestion.errors import InvestiqError


class PublishFailed(InvestiqError):
    """Nothing was published: the previous Parquet set and page are still what readers see."""

    exit_code: ClassVar[int] = 11
