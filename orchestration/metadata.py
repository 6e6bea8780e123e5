"""Where Airflow keeps its own state: PostgreSQL where its programs are, else SQLite.

LocalExecutor with SQLite was measured to work; PostgreSQL is what production uses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ingestion.errors import ConfigurationError
from sandbox.redshift.errors import RedshiftDidNotStart
from sandbox.redshift.postgres import Postgres, programs
from sandbox.redshift.users import ADMIN

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
password_encryption = md5
timezone = UTC
shared_buffers = 64MB
synchronous_commit = off
jit = off
"""


@contextmanager
def metadata(folder: Path, port: int, password: str) -> Iterator[str]:
    """The URL of the database, for as long as the block runs; its data stay in `folder`.

    Raises:
        ConfigurationError: PostgreSQL is there and does not start; the message holds its log.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        programs()
    except RedshiftDidNotStart:
        yield f"sqlite:///{folder / 'airflow.db'}"
        return
    log = folder / "postgres.log"
    server = Postgres(folder / "postgres", log, _SETTINGS, "Airflow's metadata")
    try:
        if server.start(port, password):
            server.mark_made()
    except RedshiftDidNotStart as problem:
        raise ConfigurationError(str(problem)) from None
    try:
        login = f"{ADMIN}:{quote(password, safe='')}"
        yield f"postgresql+psycopg2://{login}@127.0.0.1:{port}/postgres"
    finally:
        server.stop()
