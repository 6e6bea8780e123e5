"""The embedded S3: a real server on loopback that keeps its files, shared by all who use it.

`with embedded_s3(data_dir, run_dir) as s3:` starts it, or joins the one that runs on `data_dir`;
the last one out stops it.
"""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox import seaweed
from sandbox.seaweed import S3DidNotStart, ServerState
from sandbox.servers import read_ports, shared, write_secret

__all__ = ["S3DidNotStart", "S3Server", "embedded_s3"]

REGION = "us-east-1"
_READY_SECONDS = 30.0
_ATTEMPTS = 3  # another process may take one of the free ports before the server does


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running embedded S3 and the keys that it accepts."""

    endpoint_url: str
    access_key: str
    secret_key: str = field(repr=False)
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which boto3, DuckDB and the AWS tools find this server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


@contextmanager
def embedded_s3(data_dir: Path, run_dir: Path) -> Iterator[S3Server]:
    """Run, or join, the S3 server whose objects lie in `data_dir`.

    Objects and keys stay in `data_dir`, the log is `run_dir/seaweedfs.log`. Many processes and
    threads may be inside at once. Raises S3DidNotStart with the end of the log.
    """
    data_dir, run_dir = data_dir.resolve(), run_dir.resolve()
    for folder in (data_dir, run_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state_file = data_dir / "server.json"

    def enter(unused: bool) -> S3Server:
        return _join_or_start(data_dir, run_dir, state_file, unused=unused)

    with shared(data_dir, enter, lambda: _stop(state_file), S3DidNotStart) as server:
        yield server


def _stop(state_file: Path) -> None:
    state = ServerState.read(state_file)
    if state is not None:
        seaweed.stop(state)
        state_file.unlink()


def _join_or_start(data_dir: Path, run_dir: Path, state_file: Path, *, unused: bool) -> S3Server:
    """The server of the state file if it lives and answers to our keys, else a new one.

    A server that is alive but silent is replaced only when it is `unused` by anybody else.
    """
    keys = _credentials(data_dir / "credentials.json")
    store = data_dir / "objects"
    store.mkdir(exist_ok=True)
    state = ServerState.read(state_file)
    if state is not None:
        patience = 5.0 if unused else _READY_SECONDS
        if state.is_alive() and _answers(state, store, keys, patience):
            return S3Server(state.endpoint_url, *keys, state.pid)
        if state.is_alive() and not unused:
            raise S3DidNotStart(
                f"the embedded S3 that others use on {data_dir} (process {state.pid}) has not "
                f"answered for {patience:.0f} s. Wait until they are done, or end that process."
            )
        seaweed.stop(state)
    for stray in seaweed.strays(store):
        seaweed.stop(stray)
    return _start(store, run_dir, state_file, keys)


def _start(store: Path, run_dir: Path, state_file: Path, keys: tuple[str, str]) -> S3Server:
    log, ports_file = run_dir / "seaweedfs.log", state_file.with_name("ports.json")
    for attempt in range(_ATTEMPTS):
        # The same ports as last time where they are free: SeaweedFS names folders after them,
        # and after a crash the clients of the old server find the new one.
        wanted = read_ports(ports_file) if attempt == 0 else {}
        state = seaweed.start(store, run_dir, log, keys, wanted)
        ready = False
        try:
            state.write(state_file)
            answers = _answers(state, store, keys, patience_seconds=_READY_SECONDS)
            ready = answers and seaweed.pool_buckets(state)
        finally:
            # Also when we are interrupted: nobody would be there to stop it.
            if not ready:
                seaweed.stop(state)
                state_file.unlink(missing_ok=True)
        if ready:
            ports_file.write_text(json.dumps(state.ports))
            return S3Server(state.endpoint_url, *keys, state.pid)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise S3DidNotStart(
        f"the embedded S3 did not start in {_ATTEMPTS} attempts. The end of {log}:\n{tail}\n"
        "Look there for a full disk, a blocked port or a damaged store; if the objects are not "
        f"needed, remove {store} and try again."
    )


def _answers(
    state: ServerState, store: Path, keys: tuple[str, str], patience_seconds: float
) -> bool:
    """Whether a signed request succeeds, and objects can be read, before the deadline."""
    client = boto3.client(
        "s3",
        endpoint_url=state.endpoint_url,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        region_name=REGION,
        config=Config(
            connect_timeout=1.0,
            read_timeout=2.0,
            retries={"total_max_attempts": 1},
            proxies={},
        ),
    )
    deadline = time.monotonic() + patience_seconds
    with closing(client):
        while time.monotonic() < deadline and state.is_alive():
            with suppress(BotoCoreError, ClientError):
                client.list_buckets()
                if seaweed.volumes_are_known(state, store):
                    return True
            time.sleep(0.05)
    return False


def _credentials(path: Path) -> tuple[str, str]:
    """(access key, secret key): random, made once, readable by the owner only."""
    if not path.exists():
        made = {"access_key": secrets.token_hex(10).upper(), "secret_key": secrets.token_hex(20)}
        write_secret(path, made)
    stored = json.loads(path.read_text())
    return stored["access_key"], stored["secret_key"]
