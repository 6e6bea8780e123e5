"""What a server needs before Airflow's components start: the whole set-up, and the first account.

Run by the service `init` of docker-compose.yaml: `python -m orchestration.server`, in the
environment of the components. Running it again changes nothing; an account that is there keeps its
password.
"""

import os
import sys

from ingestion.errors import ConfigurationError, InvestiqError
from ingestion.settings import load_settings
from investiq.console import err, step
from orchestration.environment import USER
from orchestration.setup import airflow, prepare

ASKED_FOR = "AIRFLOW_ADMIN_PASSWORD"
ACCOUNT = (
    *("users", "create", "--username", USER, "--role", "Admin", "--email", f"{USER}@localhost"),
    *("--firstname", "InvestIQ", "--lastname", "Operator", "--password"),
)


def main() -> int:
    """Prepare all; the exit code says whether the components may start."""
    environment = dict(os.environ)
    try:
        password = environment.pop(ASKED_FOR, "")
        if not password:
            raise ConfigurationError(
                f"Nobody could log in: set {ASKED_FOR} to the password of the account `{USER}`."
            )
        prepare(load_settings(), environment)
        with step("account"):
            airflow(environment, *ACCOUNT, password)
    except InvestiqError as problem:
        err.print(f"[red bold]error:[/] {problem}", soft_wrap=True)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
