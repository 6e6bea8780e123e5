"""The embedded Redshift stand-in, shared by all who use it.

`with embedded_redshift(data_dir, run_dir, s3) as redshift:` starts it, or joins the one that runs
on `data_dir`; the last one out stops it. What it holds stays in `data_dir`.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.redshift.errors import RedshiftDidNotStart
from sandbox.redshift.postgres import programs
from sandbox.redshift.users import ADMIN, DATABASE, TRANSFORMER, passwords
from sandbox.redshift.version import require_this_version
from sandbox.s3 import S3Server
from sandbox.servers import ServerState, free_ports, read_ports, shared, write_secret

_READY_SECONDS = 60.0
_ATTEMPTS = 3  # another process may take one of the free ports before the server does
_LOG_BYTES = 5_000_000
_HOST = "127.0.0.1"
PORTS = ("postgres", "proxy", "api")
WORKGROUP = "investiq-sandbox"
COPY_ROLE = "arn:aws:iam::000000000000:role/investiq-copy"


@dataclass(frozen=True, slots=True)
class RedshiftServer:
    """A running stand-in, and what its clients need.

    Attributes:
        users: the ordinary users with their passwords.
        ca_file: the certificate to trust for TLS with verify-full.
    """

    host: str
    port: int
    database: str
    admin_user: str
    admin_password: str = field(repr=False)
    data_api_url: str
    workgroup: str
    ca_file: Path
    users: dict[str, str] = field(repr=False)
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the loader, dbt, the checks and the report find it."""
        return {
            "INVESTIQ_TARGET": "redshift",
            "INVESTIQ_REDSHIFT_METHOD": "database",
            "INVESTIQ_REDSHIFT_HOST": self.host,
            "INVESTIQ_REDSHIFT_PORT": str(self.port),
            "INVESTIQ_REDSHIFT_DATABASE": self.database,
            "INVESTIQ_REDSHIFT_USER": TRANSFORMER,
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD": self.users[TRANSFORMER],
            "INVESTIQ_REDSHIFT_WORKGROUP": self.workgroup,
            "INVESTIQ_REDSHIFT_COPY_ROLE": COPY_ROLE,
            "AWS_ENDPOINT_URL_REDSHIFT_DATA": self.data_api_url,
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def script(self, fault: str, **options: Any) -> None:
        """Let something go wrong; see the README for the faults and their options."""
        self._control("POST", "faults", {"fault": fault, **options})

    def clear_faults(self) -> None:
        """Forget what was scripted and has not struck."""
        self._control("DELETE", "faults", {})

    def restart(self, seconds: float = 1.0) -> None:
        """Cut all clients off now, and take no new ones for so long."""
        self._control("POST", "restart", {"seconds": seconds})

    def _control(self, method: str, path: str, body: dict[str, Any]) -> None:
        address = self.data_api_url.removeprefix("http://")
        with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
            connection.request(method, f"/_sandbox/{path}", json.dumps(body))
            reply = connection.getresponse()
            if reply.status != 200:
                raise ValueError(reply.read().decode())


@contextmanager
def embedded_redshift(data_dir: Path, run_dir: Path, s3: S3Server) -> Iterator[RedshiftServer]:
    """Run, or join, the stand-in whose data lie in `data_dir`; its COPY reads from `s3`.

    The logs are `run_dir/redshift.log` and `run_dir/redshift-postgres.log`. Many processes and
    threads may be inside at once. Raises RedshiftDidNotStart with the next step.
    """
    programs()  # before anything is made
    data_dir, run_dir = data_dir.resolve(), run_dir.resolve()
    for folder in (data_dir, run_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state_file = data_dir / "server.json"

    def enter(unused: bool) -> RedshiftServer:
        write_secret(data_dir / "s3.json", s3.environment)  # where COPY reads from
        return _join_or_start(data_dir, run_dir, unused=unused)

    with shared(data_dir, enter, lambda: _stop(state_file), RedshiftDidNotStart) as server:
        yield server


def _stop(state_file: Path) -> None:
    state = ServerState.read(state_file)
    if state is not None:
        state.stop()
        state_file.unlink()


def _join_or_start(data_dir: Path, run_dir: Path, *, unused: bool) -> RedshiftServer:
    state_file = data_dir / "server.json"
    state = ServerState.read(state_file)
    if state is not None:
        if state.is_alive() and _answers(state, 5.0 if unused else _READY_SECONDS):
            return _server(data_dir, state)
        if state.is_alive() and not unused:
            raise RedshiftDidNotStart(
                f"the Redshift stand-in that others use on {data_dir} (process {state.pid}) does "
                "not answer. Wait until they are done, or end that process, then try again."
            )
        state.stop()
    require_this_version(data_dir / "postgres" / "made")
    return _start(data_dir, run_dir, state_file)


def _start(data_dir: Path, run_dir: Path, state_file: Path) -> RedshiftServer:
    log, ports_file = run_dir / "redshift.log", data_dir / "ports.json"
    for attempt in range(_ATTEMPTS):
        # The same ports as last time where they are free: clients of a server that crashed, and
        # shells in which its variables are set, find the new one.
        ports = free_ports(PORTS, read_ports(ports_file) if attempt == 0 else {})
        state = _spawn(data_dir, run_dir, log, ports)
        ready = False
        try:
            state.write(state_file)
            ready = _answers(state, _READY_SECONDS)
        finally:
            # Also when we are interrupted: nobody would be there to stop it.
            if not ready:
                state.stop()
                state_file.unlink(missing_ok=True)
        if ready:
            ports_file.write_text(json.dumps(ports))
            return _server(data_dir, state)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise RedshiftDidNotStart(
        f"the Redshift stand-in did not start in {_ATTEMPTS} attempts. The end of {log}:\n{tail}\n"
        "Look there for a full disk or a blocked port; if its data are not needed, remove "
        f"{data_dir} and try again."
    )


def _spawn(data_dir: Path, run_dir: Path, log: Path, ports: dict[str, int]) -> ServerState:
    command = [sys.executable, "-m", "sandbox.redshift.process", str(data_dir), str(run_dir)]
    modules = [str(Path(__file__).resolve().parents[2]), *filter(None, sys.path)]
    with log.open("ab") as out:
        if out.tell() > _LOG_BYTES:
            out.truncate(0)
        child = subprocess.Popen(
            [*command, *(str(ports[name]) for name in PORTS)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=run_dir,
            # Its S3 comes from s3.json; nothing else of the user's may reach it.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": os.pathsep.join(modules),
            },
            start_new_session=True,
        )
    return ServerState.of(child, ports)


def _answers(state: ServerState, patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and state.is_alive():
        connection = http.client.HTTPConnection(_HOST, state.ports["api"], timeout=5.0)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/_sandbox/state")
            if connection.getresponse().status == 200:
                return True
        time.sleep(0.05)
    return False


def _server(data_dir: Path, state: ServerState) -> RedshiftServer:
    known = passwords(data_dir / "credentials.json")
    return RedshiftServer(
        host=_HOST,
        port=state.ports["proxy"],
        database=DATABASE,
        admin_user=ADMIN,
        admin_password=known.pop(ADMIN),
        data_api_url=f"http://{_HOST}:{state.ports['api']}",
        workgroup=WORKGROUP,
        ca_file=data_dir / "ca.pem",
        users=known,
        pid=state.pid,
    )
