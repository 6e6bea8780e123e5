"""The wire: TLS, passwords, the protocol, and what an error leaves behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redshift_connector import InterfaceError, ProgrammingError

from sandbox.redshift import RedshiftServer
from sandbox.redshift.certificate import certificate
from tests.sandbox.redshift.conftest import connect

HOLD = """
import os, redshift_connector, sys
con = redshift_connector.connect(host="127.0.0.1", port=int(sys.argv[1]), database="investiq",
    user="rsadmin", password=os.environ["SECRET"], sslmode="verify-full")
con.cursor().execute(sys.argv[2])
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_foreign_certificate_is_not_trusted(
    redshift: RedshiftServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign, _ = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(foreign))
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        connect(redshift)


def test_without_tls_nobody_comes_in(trusted: RedshiftServer) -> None:
    with pytest.raises(InterfaceError, match="SSL off"):
        connect(trusted, ssl=False)


def test_a_wrong_password_is_refused(trusted: RedshiftServer) -> None:
    with pytest.raises(ProgrammingError, match="password authentication failed"):
        connect(trusted, password="wrong")  # pragma: allowlist secret
    with pytest.raises(ProgrammingError, match="password authentication failed"):
        connect(trusted, user="investiq_loader", password=trusted.users["investiq_reader"])


def test_ordinary_users_have_no_rights(trusted: RedshiftServer, schema: str) -> None:
    for user, password in trusted.users.items():
        connection = connect(trusted, user=user, password=password)
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.cursor().execute(f"create table {schema}.t (a int)")
        connection.close()


def test_parameters_and_prepared_statements(cursor: Any, schema: str) -> None:
    cursor.execute(f"create table {schema}.t (a integer, b varchar(20))")
    cursor.executemany(
        f"insert into {schema}.t values (%s, %s)", [(n, f"it's {n}") for n in range(3)]
    )
    cursor.execute(f"select b from {schema}.t where a = %s", (2,))
    assert cursor.fetchall() == (["it's 2"],)


def test_types_are_reported_as_redshift_reports_them(cursor: Any) -> None:
    cursor.execute("select json_parse('{}'), 'a'::text, 1::bigint, 1.5::decimal(8, 2)")
    assert [column[1] for column in cursor.description] == [4000, 1043, 20, 1700]


def test_several_statements_at_once_are_refused(cursor: Any) -> None:
    with pytest.raises(ProgrammingError, match="cannot insert multiple commands"):
        cursor.execute("select 1; select 2")


@pytest.mark.parametrize(
    "wrong",
    ["select 1 from nowhere", "select string_agg(a, ',') from t", "copy t from 's3://b/k' json"],
)
def test_an_error_leaves_the_connection_usable(cursor: Any, wrong: str) -> None:
    with pytest.raises(ProgrammingError):
        cursor.execute(wrong)
    cursor.execute("select 1")
    assert cursor.fetchone()[0] == 1


def test_a_setting_holds_for_its_session_and_no_other(trusted: RedshiftServer) -> None:
    query = """select t.d."Name"::varchar from (select json_parse('{"Name": "x"}') as d) t"""
    one, other = connect(trusted), connect(trusted)
    cursors = one.cursor(), other.cursor()
    cursors[0].execute("set enable_case_sensitive_identifier to true")
    for each in cursors:
        each.execute(query)
    assert [each.fetchone()[0] for each in cursors] == ["x", None]
    cursors[0].execute("show enable_case_sensitive_identifier")
    assert cursors[0].fetchone()[0] in ("true", "on")
    one.rollback()
    cursors[0].execute(query)
    assert cursors[0].fetchone()[0] is None
    for connection in (one, other):
        connection.close()


def test_a_killed_client_takes_nothing_with_it(
    trusted: RedshiftServer, cursor: Any, schema: str
) -> None:
    cursor.execute(f"create table {schema}.t (a integer)")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(trusted.port), f"insert into {schema}.t values (1)"],
        env={**os.environ, "SECRET": trusted.admin_password},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    cursor.execute(f"truncate {schema}.t")  # waits for all who work on it
    cursor.execute(f"select count(*) from {schema}.t")
    assert cursor.fetchone()[0] == 0


def test_a_connection_can_be_made_to_break(trusted: RedshiftServer, cursor: Any) -> None:
    trusted.script("hang_up", match="select 2")
    with pytest.raises(InterfaceError, match="server socket closed"):
        cursor.execute("select 2")
    with connect(trusted) as again:
        assert again.cursor().execute("select 2").fetchone()[0] == 2


def test_nonsense_on_the_wire_harms_nobody(trusted: RedshiftServer, cursor: Any) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x08\0", b""):
        with socket.create_connection((trusted.host, trusted.port)) as stranger:
            stranger.sendall(nonsense)
    cursor.execute("select 1")
    assert cursor.fetchone()[0] == 1
