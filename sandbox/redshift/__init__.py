"""The project's own Redshift stand-in: PostgreSQL behind a wire proxy and a Data API.

What it proves and what it cannot is in the README of this folder.
"""

from sandbox.redshift.embedded import RedshiftServer, embedded_redshift
from sandbox.redshift.errors import RedshiftDidNotStart

__all__ = ["RedshiftDidNotStart", "RedshiftServer", "embedded_redshift"]
