"""The users of the stand-in's database: the administrator, and three without any rights.

What the three may do comes from `investiq redshift init`, as on Redshift.
"""

import json
import os
import secrets
from pathlib import Path

DATABASE = "investiq"
ADMIN = "rsadmin"
LOADER, TRANSFORMER, READER = "investiq_loader", "investiq_transformer", "investiq_reader"
ORDINARY = (LOADER, TRANSFORMER, READER)


def passwords(path: Path) -> dict[str, str]:
    """The password of each user: random, made once, readable by the owner only."""
    if not path.exists():
        made = {user: _password() for user in (ADMIN, *ORDINARY)}
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        new.replace(path)
    return dict(json.loads(path.read_text()))


def _password() -> str:
    """It meets Redshift's rules: an upper and a lower case letter and a digit."""
    return "Aa1" + secrets.token_hex(16)
