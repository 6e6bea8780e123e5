"""The embedded S3: shared, persistent, private, and robust against kill -9."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from sandbox import s3 as module
from sandbox import seaweed, servers
from sandbox.s3 import S3DidNotStart, S3Server, embedded_s3
from sandbox.servers import free_ports

USER = """
import sys, time
from pathlib import Path
from sandbox.s3 import embedded_s3
folder = Path(sys.argv[1])
with embedded_s3(folder / "data", folder / "run") as s3:
    print(s3.pid, s3.endpoint_url, flush=True)
    sys.stdin.readline()
"""


def client(server: S3Server, **other: str) -> Any:
    keys = {
        "aws_access_key_id": server.access_key,
        "aws_secret_access_key": server.secret_key,
        **other,
    }
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        region_name=module.REGION,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
        **keys,
    )


def code_of(error: pytest.ExceptionInfo[ClientError]) -> int:
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def user_process(folder: Path) -> tuple["subprocess.Popen[str]", int, str]:
    """Another process inside the same server: (process, pid of the server, its address)."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pid, url = process.stdout.readline().split()
    return process, int(pid), url


def leave(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def sockets_left(folder: Path) -> list[str]:
    left = [path.name for path in Path("/tmp").glob("seaweedfs-*-grpc-*.sock")]
    ports = json.loads((folder / "data" / "ports.json").read_text())
    return [name for name in left for port in ports.values() if f"-{port}." in name]


def lives(pid: int) -> bool:
    servers.reap()
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s3")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[S3Server]:
    with embedded_s3(folder / "data", folder / "run") as running:
        client(running).create_bucket(Bucket="shared")
        yield running


def test_objects_come_back_with_their_metadata(server: S3Server) -> None:
    s3 = client(server)
    s3.put_object(Bucket="shared", Key="a=1/b&c.json", Body=b"[1]", Metadata={"sha256": "abc"})
    found = s3.get_object(Bucket="shared", Key="a=1/b&c.json")
    assert (found["Body"].read(), found["Metadata"]) == (b"[1]", {"sha256": "abc"})


def test_an_existing_object_is_never_overwritten_when_asked_so(server: S3Server) -> None:
    s3 = client(server)
    s3.put_object(Bucket="shared", Key="once", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="shared", Key="once", Body=b"second", IfNoneMatch="*")
    assert code_of(refused) == 412
    assert s3.get_object(Bucket="shared", Key="once")["Body"].read() == b"first"


@pytest.mark.parametrize(
    "wrong",
    [
        {"aws_access_key_id": "NOBODY"},
        {"aws_secret_access_key": "0" * 40},
    ],
)
def test_wrong_keys_are_refused(server: S3Server, wrong: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        client(server, **wrong).list_buckets()
    assert code_of(refused) == 403


def test_a_bucket_is_not_made_by_writing_to_it(server: S3Server) -> None:
    with pytest.raises(ClientError) as refused:
        client(server).put_object(Bucket="mistyped", Key="k", Body=b"v")
    assert code_of(refused) == 404


def test_there_is_room_for_a_bucket_per_test(server: S3Server, folder: Path) -> None:
    s3 = client(server)
    for number in range(100):
        s3.create_bucket(Bucket=f"room-{number:03d}")
        s3.put_object(Bucket=f"room-{number:03d}", Key="k", Body=b"v")
    assert len(s3.list_buckets()["Buckets"]) > 100
    assert len(list((folder / "data" / "objects").glob("*.dat"))) < 10
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket="room-000")
    assert code_of(refused) == 409
    s3.delete_object(Bucket="room-000", Key="k")
    s3.delete_bucket(Bucket="room-000")
    assert s3.get_object(Bucket="room-001", Key="k")["Body"].read() == b"v"


def test_it_listens_on_loopback_only(server: S3Server) -> None:
    connections = psutil.Process(server.pid).net_connections(kind="inet")
    listening = [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    assert len(listening) >= 5
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_the_keys_are_private(server: S3Server, folder: Path) -> None:
    path = folder / "data" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["secret_key"] == server.secret_key
    assert server.secret_key not in repr(server)
    assert server.secret_key not in " ".join(psutil.Process(server.pid).cmdline())
    assert server.secret_key not in (folder / "run" / "seaweedfs.log").read_text(errors="replace")


def test_entering_twice_in_one_process_joins_the_same_server(
    server: S3Server, folder: Path
) -> None:
    with embedded_s3(folder / "data", folder / "run") as again:
        assert again == server
    assert client(server).list_buckets()["Buckets"]


def test_two_processes_share_one_server_and_the_last_stops_it(tmp_path: Path) -> None:
    first, pid, url = user_process(tmp_path)
    second, same_pid, same_url = user_process(tmp_path)
    assert (pid, url) == (same_pid, same_url)
    leave(first)
    assert lives(pid)
    leave(second)
    assert not lives(pid)
    assert not sockets_left(tmp_path)


def test_two_that_start_at_once_start_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", USER, str(tmp_path)]
    users = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [user.stdout.readline() for user in users if user.stdout]
    assert answers[0] == answers[1] != ""
    for user in users:
        leave(user)


def test_a_killed_user_takes_nothing_with_it(tmp_path: Path) -> None:
    """The first user, who started the server, is killed -9; the other goes on, and stops it."""
    first, pid, _ = user_process(tmp_path)
    with embedded_s3(tmp_path / "data", tmp_path / "run") as other:
        assert other.pid == pid
        os.kill(first.pid, signal.SIGKILL)
        first.communicate(timeout=10)
        s3 = client(other)
        s3.create_bucket(Bucket="after")
        s3.put_object(Bucket="after", Key="k", Body=b"v")
        assert s3.get_object(Bucket="after", Key="k")["Body"].read() == b"v"
    assert not lives(pid)


def test_an_orphaned_server_is_joined_and_then_stopped(tmp_path: Path) -> None:
    first, pid, _ = user_process(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=10)
    assert lives(pid)
    with embedded_s3(tmp_path / "data", tmp_path / "run") as adopted:
        assert adopted.pid == pid
    assert not lives(pid)


def test_an_orphan_that_no_state_tells_of_is_replaced(tmp_path: Path) -> None:
    first, pid, _ = user_process(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=10)
    (tmp_path / "data" / "server.json").unlink()
    with embedded_s3(tmp_path / "data", tmp_path / "run") as fresh:
        assert fresh.pid != pid
        assert not lives(pid)
    assert not sockets_left(tmp_path)


def test_a_killed_server_is_replaced_and_keeps_its_objects(tmp_path: Path) -> None:
    with embedded_s3(tmp_path / "data", tmp_path / "run") as before:
        s3 = client(before)
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="k", Body=b"still here")
        os.kill(before.pid, signal.SIGKILL)
        while lives(before.pid):
            time.sleep(0.01)
        with embedded_s3(tmp_path / "data", tmp_path / "run") as after:
            assert after.pid != before.pid
            assert (after.access_key, after.secret_key) == (before.access_key, before.secret_key)
            found = client(after).get_object(Bucket="kept", Key="k")
            assert found["Body"].read() == b"still here"


def test_a_port_is_kept_while_it_is_free_and_left_to_whoever_took_it() -> None:
    """So that clients that were cut off find the server again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_ports(("s3.port",), {"s3.port": port})["s3.port"] != port
    assert free_ports(("s3.port",), {"s3.port": port})["s3.port"] == port


def test_a_silent_server_is_left_alone_while_others_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_READY_SECONDS", 1.5)
    first, pid, _ = user_process(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    try:
        with (
            pytest.raises(S3DidNotStart, match=str(pid)),
            embedded_s3(tmp_path / "data", tmp_path / "run"),
        ):
            pass
    finally:
        os.kill(pid, signal.SIGCONT)
    with embedded_s3(tmp_path / "data", tmp_path / "run") as joined:
        assert joined.pid == pid
    leave(first)
    assert not lives(pid)


def test_a_recycled_pid_is_not_taken_for_the_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    state = seaweed.ServerState(os.getpid(), 1.0, dict.fromkeys(seaweed.PORTS, 1))
    state.write(data / "server.json")
    with embedded_s3(data, tmp_path / "run") as server:
        assert server.pid != os.getpid()


def test_torn_files_of_a_crash_do_not_matter(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "server.json").write_text('{"pid": 1')
    (data / "ports.json").write_text("")
    with embedded_s3(data, tmp_path / "run") as server:
        assert lives(server.pid)


def test_an_interrupted_start_leaves_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_answers", interrupt)
    with (
        pytest.raises(KeyboardInterrupt),
        embedded_s3(tmp_path / "data", tmp_path / "run"),
    ):
        pass
    assert seaweed.strays(tmp_path / "data" / "objects") == []
    assert not (tmp_path / "data" / "server.json").exists()


def test_objects_survive_a_restart_on_other_ports(tmp_path: Path) -> None:
    with embedded_s3(tmp_path / "data", tmp_path / "run") as first:
        s3 = client(first)
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="k", Body=b"v")
    (tmp_path / "data" / "ports.json").unlink()
    with embedded_s3(tmp_path / "data", tmp_path / "run") as second:
        assert second.endpoint_url != first.endpoint_url
        assert client(second).get_object(Bucket="kept", Key="k")["Body"].read() == b"v"


def test_a_missing_program_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seaweed.shutil, "which", lambda *_, **__: None)
    with (
        pytest.raises(S3DidNotStart, match="make setup"),
        embedded_s3(tmp_path / "data", tmp_path / "run"),
    ):
        pass


def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "weed"
    broken.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(seaweed, "_binary", lambda: str(broken))
    with (
        pytest.raises(S3DidNotStart, match=r"(?s)the disk is full.*try again"),
        embedded_s3(tmp_path / "data", tmp_path / "run"),
    ):
        pass
    assert not (tmp_path / "data" / "server.json").exists()
