"""The PostgreSQL behind the stand-in: made once, tuned for speed, started and stopped.

The server refuses to run as root; then it runs as the user `postgres`, who may have no right to
pass through the folders above. So it is given its folder as an open descriptor
(`/proc/self/fd/N`), which needs no such right.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil

from sandbox.redshift.errors import RedshiftDidNotStart
from sandbox.redshift.users import ADMIN
from sandbox.redshift.version import version
from sandbox.redshift.wire import Backend, ServerError

_PROGRAMS = Path("/usr/lib/postgresql")
_MINIMUM = 15  # MERGE and regexp_substr
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
# What it holds can be made again, so nothing waits for the disk. Parallel workers would only
# compete for the few cores with dbt's threads. Redshift joins by hash; of a CTE PostgreSQL knows
# no size, and would take it for one row and loop.
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
password_encryption = md5
timezone = UTC
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 1h
shared_buffers = 256MB
work_mem = 64MB
maintenance_work_mem = 128MB
temp_buffers = 64MB
jit = off
enable_nestloop = off
default_statistics_target = 30
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
# As on Redshift, a transaction sees what was there when its first statement began (LOCK takes no
# snapshot), and a backslash in a string escapes.
default_transaction_isolation = 'repeatable read'
standard_conforming_strings = off
escape_string_warning = off
backslash_quote = on
synchronize_seqscans = off
autovacuum_naptime = 10s
rs.enable_case_sensitive_identifier = off
rs.enable_case_sensitive_super_attribute = off
rs.navigate_super_null_on_error = on
rs.cast_super_null_on_error = on
rs.query_group = default
rs.statement = ''
"""


def programs() -> Path:
    """The folder with the newest PostgreSQL of this machine."""
    found = [path.parent for path in _PROGRAMS.glob("*/bin/postgres")]
    versions = {int(path.parent.name): path for path in found if path.parent.name.isdigit()}
    usable = {version: path for version, path in versions.items() if version >= _MINIMUM}
    if not usable:
        raise RedshiftDidNotStart(
            f"no PostgreSQL {_MINIMUM} or later lies below {_PROGRAMS}, and the Redshift stand-in "
            "is built on it. Install it: on Debian 12 and Ubuntu run "
            "`apt-get install postgresql-15` (no server of its own need run), then try again."
        )
    # 15 is what everything was tried with.
    return usable.get(_MINIMUM) or usable[min(usable)]


class Postgres:
    """One cluster in `folder`: `folder/cluster` is its data, `log` what it says.

    `settings` are the lines of its postgresql.conf, by default those of the Redshift stand-in;
    `whose` names in errors what it is for.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        settings: str = _SETTINGS,
        whose: str = "the Redshift stand-in",
    ) -> None:
        self.folder, self._log, self._settings, self._whose = folder, log, settings, whose
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    def start(self, port: int, password: str) -> bool:
        """Start it on `port`, with `password` for the administrator; whether it is a new one."""
        self.port = port
        end_stray(self.folder / "cluster")
        new = not (self.folder / "made").exists()
        if new:
            self._make(password)
        with self._handle() as (path, options):
            command = [str(programs() / "postgres"), "-D", f"{path}/cluster", "-p", str(port)]
            self._process = subprocess.Popen(command, **options)
        self._wait_until_ready(password)
        return new

    def mark_made(self) -> None:
        """Remember that the cluster is whole: one that was torn while made is made anew."""
        (self.folder / "made").write_text(version())

    def stop(self) -> None:
        """End it at once; its clients are cut off."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        self._process = None

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def _make(self, password: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        secret = self.folder / "password"
        secret.touch(0o600)
        secret.write_text(password)
        if os.geteuid() == 0:
            for path in (self.folder, secret):
                _give_to_postgres(path)
        with self._handle() as (root, options):
            command = [str(programs() / "initdb"), "-D", f"{root}/cluster", "-U", ADMIN]
            command += ["-A", "md5", f"--pwfile={root}/password", "--no-sync"]
            command += ["--locale=C.UTF-8", "-E", "UTF8", "--no-instructions"]
            done = subprocess.run(command, **options)
        secret.unlink()
        if done.returncode:
            raise self._failed("could not be made")
        with (self.folder / "cluster" / "postgresql.conf").open("a") as file:
            file.write(self._settings)

    @contextmanager
    def _handle(self) -> "Iterator[tuple[str, dict[str, Any]]]":
        """(the folder as the child sees it, how to start the child)."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with self._log.open("ab") as log:
                yield f"/proc/self/fd/{descriptor}", _how(descriptor, log)
        finally:
            os.close(descriptor)

    def _wait_until_ready(self, password: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self.is_alive():
            with suppress(OSError, ServerError):
                backend = Backend(self.address, {"user": ADMIN, "database": "postgres"})
                try:
                    backend.log_in(password)
                finally:
                    backend.close()
                return
            time.sleep(0.02)
        self.stop()
        raise self._failed("did not start")

    def _failed(self, what: str) -> RedshiftDidNotStart:
        tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        return RedshiftDidNotStart(
            f"the PostgreSQL of {self._whose} {what}. The end of {self._log}:\n{tail}\n"
            "Look there for a full disk or a damaged cluster; if its data are not needed, remove "
            f"{self.folder} and try again."
        )


def _how(descriptor: int, log: IO[bytes]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": log,
        "stderr": log,
        "pass_fds": (descriptor,),
        "cwd": "/",
        # No setting of the user's own PostgreSQL may reach it.
        "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        "start_new_session": True,
    }
    if os.geteuid() == 0:
        options |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    return options


def _give_to_postgres(path: Path) -> None:
    try:
        shutil.chown(path, "postgres", "postgres")
    except LookupError:
        raise RedshiftDidNotStart(
            "PostgreSQL refuses to run as root and there is no user `postgres`. Install "
            "postgresql-15 from your distribution, which makes it, or run as another user."
        ) from None


def end_stray(cluster: Path) -> None:
    """End a server on `cluster` that a killed stand-in has left behind."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n")[0])
        process = psutil.Process(pid)
        if process.name() != "postgres" or Path(process.cwd()) != cluster:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return
