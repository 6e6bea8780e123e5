"""The embedded stand-in: shared, persistent, private, and robust against kill -9."""

import os
import signal
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.redshift import RedshiftDidNotStart, RedshiftServer, embedded_redshift, postgres
from sandbox.s3 import S3Server
from tests.sandbox.redshift.conftest import connect


def ask(server: RedshiftServer, statement: str, **options: Any) -> list[Any]:
    connection = connect(server, **options)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        rows = [list(row) for row in cursor.fetchall()] if cursor.description else []
        connection.commit()
        return rows
    finally:
        connection.close()


def postgres_of(folder: Path) -> int:
    return int((folder / "data" / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_it_is_shared_keeps_its_data_and_survives_being_killed(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "data" / "ca.pem"))
    data, run = tmp_path / "data", tmp_path / "run"
    with embedded_redshift(data, run, s3) as first:
        ask(first, "create table kept as select 1 as a")
        with embedded_redshift(data, run, s3) as again:
            assert again == first
        assert ask(first, "select a from kept") == [[1]]
        for name in ("credentials.json", "server.key", "s3.json"):
            assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
        assert first.admin_password not in repr(first)
        assert first.admin_password not in " ".join(psutil.Process(first.pid).cmdline())
        listening = psutil.Process(first.pid).net_connections(kind="inet")
        assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        database = postgres_of(tmp_path)
    assert not lives(first.pid)
    assert not lives(database)

    with embedded_redshift(data, run, s3) as killed:
        assert (killed.port, killed.users) == (first.port, first.users)
        orphan = postgres_of(tmp_path)
        os.kill(killed.pid, signal.SIGKILL)
        with embedded_redshift(data, run, s3) as fresh:
            assert fresh.pid != killed.pid
            assert not lives(orphan)
            assert ask(fresh, "select a from kept") == [[1]]
            assert ask(fresh, "select 1", database="dev") == [[1]]
    assert not lives(fresh.pid)


def test_what_is_scripted_wrongly_is_an_error(redshift: RedshiftServer) -> None:
    with pytest.raises(ValueError, match="no fault 'slow_cpoy'; choose one of error, "):
        redshift.script("slow_cpoy")


def test_without_postgresql_the_message_says_what_to_install(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_PROGRAMS", tmp_path)
    with (
        pytest.raises(RedshiftDidNotStart, match="apt-get install postgresql-15"),
        embedded_redshift(tmp_path / "data", tmp_path / "run", s3),
    ):
        pass
    assert not (tmp_path / "data").exists()


def test_data_of_another_version_are_refused(s3: S3Server, tmp_path: Path) -> None:
    """Its functions lie in the data: old ones would answer wrongly without a word."""
    made = tmp_path / "data" / "postgres" / "made"
    made.parent.mkdir(parents=True)
    made.write_text("of another version")
    with (
        pytest.raises(RedshiftDidNotStart, match=f"Remove {made.parent} and load and build anew"),
        embedded_redshift(tmp_path / "data", tmp_path / "run", s3),
    ):
        pass
