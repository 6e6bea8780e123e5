"""`python -m orchestration`: Airflow on a laptop, with the embedded S3 and the simulated exchange.

Run by `make airflow`. Everything lies below var/airflow; Ctrl-C ends all of it.
"""

import os
import signal
import sys
import threading
from contextlib import ExitStack

from ingestion.errors import InvestiqError
from ingestion.settings import load_settings
from investiq import context
from investiq.console import err, out
from orchestration.local import local_airflow


def main() -> int:
    """Start, say where, wait for Ctrl-C, end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with ExitStack() as opened:
            _serve(opened, ended)
    except InvestiqError as problem:
        err.print(f"[red bold]error:[/] {problem}", soft_wrap=True)
        return problem.exit_code
    return 0


def _serve(opened: ExitStack, ended: threading.Event) -> None:
    from sandbox.exchange import Exchange
    from sandbox.market import Market

    os.environ.setdefault("INVESTIQ_STATSD_HOST", "127.0.0.1")  # `make monitoring` may listen
    settings = load_settings()
    if "home" not in settings.model_fields_set:
        name = "airflow" if settings.target == "duckdb" else f"airflow-{settings.target}"
        settings = settings.model_copy(update={"home": settings.home / name})
    out.print("starting the simulated exchange, the embedded S3 and Airflow: about a minute")
    os.environ["INVESTIQ_HOME"] = str(settings.home)
    opened.enter_context(context.object_store(settings))
    settings = opened.enter_context(context.engine(settings, simulated=True))
    exchange = opened.enter_context(Exchange(Market.build()))
    os.environ["INVESTIQ_SANDBOX_URL"] = exchange.url
    airflow = opened.enter_context(local_airflow(settings))
    out.print(
        f"\n[bold]Airflow[/]  {airflow.url}   user {airflow.user}   password {airflow.password}\n"
        f"everything lies in {settings.home}\n"
        "Trigger `nse_quotes` and look at the asset graph; `warehouse` follows by itself.\n"
        "Ctrl-C ends all of it.",
        soft_wrap=True,
    )
    ended.wait()
    out.print("ending")


if __name__ == "__main__":
    sys.exit(main())
