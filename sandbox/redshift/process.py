"""The stand-in's own process: PostgreSQL, the wire proxy and the Data API, until SIGTERM.

`python -m sandbox.redshift.process DATA_DIR RUN_DIR POSTGRES_PORT PORT API_PORT`; it is started by
`embedded_redshift`, so that a client that is killed takes nothing with it.
"""

import logging
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from sandbox.redshift.api_server import ApiServer
from sandbox.redshift.certificate import certificate
from sandbox.redshift.engine import Engine
from sandbox.redshift.errors import RedshiftDidNotStart
from sandbox.redshift.postgres import Postgres
from sandbox.redshift.proxy import Proxy
from sandbox.redshift.users import ADMIN, DATABASE, ORDINARY, passwords
from sandbox.redshift.version import sql_files
from sandbox.redshift.wire import Backend, literal

log = logging.getLogger("sandbox.redshift")
_POLL_SECONDS = 0.05  # how soon a server sees that it is to end


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM; exit code 1 with the reason in the log when that is impossible."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    data_dir, run_dir = Path(arguments[0]), Path(arguments[1])
    postgres_port, port, api_port = map(int, arguments[2:5])
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    postgres = Postgres(data_dir / "postgres", run_dir / "redshift-postgres.log")
    users = passwords(data_dir / "credentials.json")
    try:
        cert, key = certificate(data_dir)
        if postgres.start(postgres_port, users[ADMIN]):
            _prepare(postgres, users)
        engine = Engine(postgres.address, users, data_dir / "s3.json", DATABASE)
        _ = engine.super_oid  # known before the first client asks
        with Proxy(port, engine, cert, key) as proxy, ApiServer(api_port, engine) as api:
            for server in (proxy, api):
                threading.Thread(
                    target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True
                ).start()
            log.info("ready: port %s, Data API on port %s", port, api_port)
            while not ended.wait(0.5):
                if not postgres.is_alive():
                    log.error("PostgreSQL has ended by itself")
                    return 1
            for server in (proxy, api):
                server.shutdown()
    except (RedshiftDidNotStart, OSError) as problem:
        log.error("%s", problem)
        return 1
    finally:
        postgres.stop()
    return 0


def _prepare(postgres: Postgres, users: dict[str, str]) -> None:
    """Redshift's types and functions in every database to come, our database, the users."""
    template = _session(postgres, users, "template1")
    for file in sql_files():
        template.query(file.read_text(encoding="utf-8"))
    template.close()
    admin = _session(postgres, users, "postgres")
    for database in ("dev", DATABASE):
        admin.query(f"create database {database}")
    for user in ORDINARY:
        admin.query(f"create user {user} password {literal(users[user])}")
    admin.close()
    postgres.mark_made()


def _session(postgres: Postgres, users: dict[str, str], database: str) -> Backend:
    backend = Backend(postgres.address, {"user": ADMIN, "database": database})
    backend.log_in(users[ADMIN])
    backend.query(
        "set allow_system_table_mods = on; set client_min_messages = warning; "
        "set check_function_bodies = off; set search_path = pg_catalog"
    )
    return backend


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
