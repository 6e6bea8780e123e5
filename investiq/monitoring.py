"""`investiq monitoring`: Prometheus with the project's rules, on the metrics of a real run.

What comes by StatsD on INVESTIQ_STATSD_PORT is taken, also that of `make airflow` beside it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings, load_settings, project_root
from investiq.console import out
from investiq.options import Options
from monitoring import metrics

_HOST = "127.0.0.1"
_MINUTES = 30
_READ_SECONDS = 60.0  # scrapes are some seconds apart
_QUESTIONS = {
    "sessions that are missing": f"max by (dataset) ({metrics.SESSIONS_BEHIND.prometheus})",
    "rows loaded, by table": f"sum by (table) ({metrics.ROWS_LOADED.prometheus})",
    "duration of the steps": (
        f"sum by (step) ({metrics.STEP_DURATION.prometheus}_sum)"
        f" / sum by (step) ({metrics.STEP_DURATION.prometheus}_count)"
    ),
    "slowest nodes of dbt": f"topk(10, {metrics.DBT_NODE_DURATION.prometheus})",
    "tasks of Airflow, where one runs beside this": "sum by (dag_id, state) (airflow_ti_finish)",
}


def monitoring(
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="a run on the simulated exchange, or just listen")
    ] = True,
) -> None:
    """Prometheus with our rules on the metrics of a real run, until Ctrl-C."""
    from sandbox.prometheus import PrometheusDidNotStart, program, prometheus

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is open is closed as by Ctrl-C
    settings = _settings()
    folder, config = settings.home, project_root() / "monitoring"
    try:
        program()
        with ExitStack() as opened:
            web = opened.enter_context(_exporter(settings.statsd_port, config, folder))
            targets = {"statsd-exporter:9102": web, "alertmanager:9093": None}
            file = config / "prometheus" / "prometheus.yml"
            server = opened.enter_context(prometheus(file, folder / "prometheus", targets))
            _tell(server.ui, settings.statsd_port)
            if run:
                _run(settings)
                _await(server.url)
                _tell(server.ui, settings.statsd_port)
            out.print("Ctrl-C ends all of it.")
            threading.Event().wait()
    except PrometheusDidNotStart as problem:
        raise ConfigurationError(str(problem)) from None


def _settings() -> Settings:
    """The settings, with a home of its own, and this machine as the receiver of metrics."""
    os.environ["INVESTIQ_STATSD_HOST"] = _HOST
    settings = load_settings()
    if Options.home:
        return settings.model_copy(update={"home": Options.home.resolve()})
    if "home" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"home": settings.home / "monitoring"})


@contextmanager
def _exporter(port: int, config: Path, folder: Path) -> Iterator[str]:
    """The exporter's stand-in as a process of its own, so that no work here makes it late."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sandbox.statsd", "--port", str(port)]
    command += ["--mapping", str(config / "statsd" / "mapping.yml")]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us; we tell it
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = process.stdout.readline().split()
        if not said:
            raise ConfigurationError(process.stderr.read().strip())
        yield said[0].removeprefix("http://")
    finally:
        process.terminate()
        process.communicate()


def _run(settings: Settings) -> None:
    """The demo the first time; then its newest session once more."""
    from investiq import chain
    from investiq.context import engine, object_store
    from investiq.demo import carry_out
    from investiq.sources import DEMO_NEWEST, SourceName, open_source
    from investiq.steps import Span

    with engine(settings, simulated=True) as settings:
        published = settings.home / "state" / "published"
        if not published.is_file():
            out.print("\nthe demo's sixteen months, in a home of their own: about two minutes")
            carry_out(settings)
            return
        out.print("\nthe newest session once more, with checks, build and publication")
        published.unlink()  # else nothing would be new, and little would be sent
        with (
            open_source(SourceName.SANDBOX, settings, None) as source,
            object_store(settings) as store,
        ):
            chain.run(settings, source, Span(DEMO_NEWEST, DEMO_NEWEST), store, again=True)


def _await(url: str) -> None:
    """Until Prometheus has read what the run sent last, so that no link shows an empty page."""
    import requests

    asked = {"query": metrics.PUBLISHED.prometheus}
    deadline = time.monotonic() + _READ_SECONDS
    while time.monotonic() < deadline:
        if requests.get(f"{url}/api/v1/query", asked, timeout=10).json()["data"]["result"]:
            return
        time.sleep(0.5)
    raise ConfigurationError(
        f"Prometheus has not read the run's metrics within {_READ_SECONDS:.0f} s. Look at what "
        f"{url}/api/v1/targets says, then run the command again."
    )


def _tell(ui: str, port: int) -> None:
    out.print(
        f"\n[bold]Prometheus[/]  {ui}/graph   alerts {ui}/alerts   rules {ui}/rules   "
        f"targets {ui}/targets\nmetrics are taken on UDP {port} of {_HOST}; "
        "`make airflow` beside this is seen as well",
        soft_wrap=True,
    )
    for title, expr in _QUESTIONS.items():
        # As a table: a run of minutes is a dot on a graph, which is one click away.
        asked = urlencode({"g0.expr": expr, "g0.tab": "1", "g0.range_input": f"{_MINUTES}m"})
        out.print(f"  {title}:\n    {ui}/graph?{asked}", soft_wrap=True, markup=False)
