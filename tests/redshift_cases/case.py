"""A statement and what AWS's documentation says becomes of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One documented statement.

    Attributes:
        name: says what it shows.
        page: of the Redshift developer guide, https://docs.aws.amazon.com/redshift/latest/dg/
            `page`.html.
        statement: gives rows, or is refused.
        rows: what it gives; None when it is refused.
        refused: a part of the reason; empty when AWS does not give its words.
        before: statements that prepare the session; they only make temporary tables.
    """

    name: str
    page: str
    statement: str
    rows: list[list[Any]] | None = None
    refused: str = ""
    before: tuple[str, ...] = ()
