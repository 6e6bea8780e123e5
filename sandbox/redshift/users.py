"""The users of the stand-in's database: the administrator, and three without any rights.

What the three may do comes from `investiq redshift init`, as on Redshift.
"""

import json
import secrets
from pathlib import Path

from sandbox.servers import write_secret

DATABASE = "investiq"
ADMIN = "rsadmin"
LOADER, TRANSFORMER, READER = "investiq_loader", "investiq_transformer", "investiq_reader"
ORDINARY = (LOADER, TRANSFORMER, READER)


def passwords(path: Path) -> dict[str, str]:
    """The password of each user: random, made once, readable by the owner only."""
    if not path.exists():
        write_secret(path, {user: _password() for user in (ADMIN, *ORDINARY)})
    return dict(json.loads(path.read_text()))


def _password() -> str:
    """It meets Redshift's rules: an upper and a lower case letter and a digit."""
    return "Aa1" + secrets.token_hex(16)
