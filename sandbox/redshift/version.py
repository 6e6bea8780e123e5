"""Whether a data folder was made by the stand-in as it is now: its functions are in the data."""

import hashlib
from pathlib import Path

from sandbox.redshift.errors import RedshiftDidNotStart

SQL = Path(__file__).parent / "sql"


def sql_files() -> list[Path]:
    """What every new database is made of, in order."""
    return sorted(SQL.glob("*.sql"))


def version() -> str:
    """Changes with any of our types, functions and views."""
    text = b"".join(file.read_bytes() for file in sql_files())
    return hashlib.sha256(text).hexdigest()[:16]


def require_this_version(made: Path) -> None:
    """Refuse data whose functions are those of another version; `made` says which."""
    if made.exists() and made.read_text() != version():
        raise RedshiftDidNotStart(
            f"the data in {made.parent} were made by another version of the Redshift stand-in, "
            f"whose functions are part of them. Remove {made.parent} and load and build anew."
        )
