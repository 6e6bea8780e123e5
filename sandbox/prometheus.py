"""Prometheus on this machine (Debian's package `prometheus`), with a copy of a given configuration.

Targets of a server become those of here; all else, the rules above all, is as it is in production.
"""

import http.client
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.servers import free_ports

_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_PORT = 9090  # the usual one, where nobody has it: Debian's package starts a service there
_MISSING = (
    "the program `prometheus` is not installed. On Debian and Ubuntu run `apt-get install "
    "prometheus`; the package starts a service of its own on port 9090, which is not needed here "
    "and not disturbed."
)


class PrometheusDidNotStart(RuntimeError):
    """It is not installed or ended by itself; the message ends with the next step."""


@dataclass(frozen=True, slots=True)
class PrometheusServer:
    """A running Prometheus.

    Attributes:
        ui: where its pages lie: Debian's has those of before 2.28, below /classic.
    """

    url: str
    ui: str
    pid: int


def program() -> str:
    """The path of the program.

    Raises:
        PrometheusDidNotStart: it is not installed.
    """
    found = shutil.which("prometheus")
    if found is None:
        raise PrometheusDidNotStart(_MISSING)
    return found


@contextmanager
def prometheus(
    config: Path, folder: Path, targets: Mapping[str, str | None], every: str | None = None
) -> Iterator[PrometheusServer]:
    """Run it for the block, on loopback and a free port; data, configuration and log in `folder`.

    Args:
        config: the configuration of production.
        targets: for each target in it where that is here, as `host:port`; None: not here. One
            that is not named is an error, so that none is forgotten.
        every: scrape and evaluate so often, instead of as configured.

    Raises:
        PrometheusDidNotStart: with the end of its log.
    """
    binary = program()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_ports(("web",), {"web": _PORT})["web"]
    own = folder / "prometheus.yml"
    changed = localised(config, {"localhost:9090": f"127.0.0.1:{port}", **targets}, every)
    if every:
        changed["rule_files"] = _hurried(changed["rule_files"], folder / "rules")
    own.write_text(yaml.safe_dump(changed, sort_keys=False), "utf-8")
    log = folder / "prometheus.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={own}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=30d",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C is for us; we tell it
        )
    try:
        _wait(process, port, log)
        url = f"http://127.0.0.1:{port}"
        yield PrometheusServer(url, url + _pages(port), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def localised(
    config: Path, targets: Mapping[str, str | None], every: str | None = None
) -> dict[str, Any]:
    """The configuration with other targets; paths of rules are those beside `config`.

    Raises:
        PrometheusDidNotStart: it has a target that is not in `targets`.
    """
    changed: dict[str, Any] = yaml.safe_load(config.read_text("utf-8"))
    changed["rule_files"] = [str(config.parent / path) for path in changed.get("rule_files", [])]
    alerting = changed.get("alerting", {}).get("alertmanagers", [])
    for one in (*changed["scrape_configs"], *alerting):
        for group in one.get("static_configs", []):
            unknown = set(group["targets"]) - set(targets)
            if unknown:
                raise PrometheusDidNotStart(
                    f"{config} has the target {', '.join(unknown)}, and nothing here stands for "
                    "it: name it where Prometheus is started, or take it out."
                )
            group["targets"] = [here for there in group["targets"] if (here := targets[there])]
        if every:
            one.pop("scrape_interval", None)
            one.pop("scrape_timeout", None)
    if every:
        changed["global"] |= {"scrape_interval": every, "evaluation_interval": every}
        changed["global"] |= {"scrape_timeout": every}
    return changed


def _hurried(patterns: list[str], folder: Path) -> list[str]:
    """Copies of the rules that are evaluated as often as all else, whatever they ask for."""
    folder.mkdir(exist_ok=True)
    for pattern in patterns:
        for path in sorted(Path(pattern).parent.glob(Path(pattern).name)):
            rules = yaml.safe_load(path.read_text("utf-8"))
            for group in rules["groups"]:
                group.pop("interval", None)
            copy = folder / path.name
            copy.write_text(yaml.safe_dump(rules, sort_keys=False), "utf-8")
    return [str(folder / "*.yml")]


def _pages(port: int) -> str:
    """The path of its pages, by where it sends those who ask for none."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
    with closing(asking):
        asking.request("GET", "/")
        return (asking.getresponse().getheader("Location") or "/graph").removesuffix("/graph")


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
        with closing(asking), suppress(OSError, http.client.HTTPException):
            asking.request("GET", "/-/ready")
            if asking.getresponse().status == 200:
                return
        time.sleep(0.1)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise PrometheusDidNotStart(
        f"Prometheus did not start. The end of {log}:\n{tail}\nMend what it names, then try again."
    )
