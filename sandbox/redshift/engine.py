"""What all sessions share: the PostgreSQL behind, the S3, the faults, the side connection."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.client import Config

from sandbox.redshift.faults import Faults
from sandbox.redshift.users import ADMIN
from sandbox.redshift.wire import Backend, Row, literal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass
class Engine:
    """The running stand-in as its parts see it.

    Attributes:
        address: where PostgreSQL listens.
        passwords: of all users, the administrator's among them.
        s3_file: says where the S3 is and its keys; read for every COPY, because the S3 may have
            been started anew on another port.
    """

    address: tuple[str, int]
    passwords: Mapping[str, str]
    s3_file: Path
    database: str
    faults: Faults = field(default_factory=Faults)
    closed_until: float = 0.0
    _clients: dict[str, "S3Client"] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def super_oid(self) -> int:
        """The object id of the type SUPER; the same in every database."""
        return int(self.side(self.database, "select 'super'::regtype::oid::int")[0][0] or 0)

    def backend(self, user: str, database: str) -> Backend:
        """A session of that user, logged in."""
        backend = Backend(self.address, {"user": user, "database": database})
        try:
            backend.log_in(self.passwords[user])
        except BaseException:
            backend.close()
            raise
        return backend

    def side(self, database: str, sql: str) -> list[Row]:
        """A statement outside every client's transaction: system tables know no rollback."""
        backend = self.backend(ADMIN, database)
        try:
            return backend.query(sql)
        finally:
            backend.close()

    def s3(self) -> "S3Client":
        """A client of the S3 as it is now."""
        text = self.s3_file.read_text()
        with self._lock:
            if text not in self._clients:
                self._clients = {text: _s3_client(json.loads(text))}
            return self._clients[text]

    @property
    def is_closed(self) -> bool:
        """Whether it is being restarted, as far as clients can tell."""
        return time.monotonic() < self.closed_until

    def restart(self, seconds: float) -> None:
        """Cut all clients off and take no new ones for a while, as a restarted cluster does."""
        self.closed_until = time.monotonic() + seconds
        self.side(
            self.database,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()",
        )

    def cancel(self, pid: int) -> None:
        """Cancel what the session with that process id does."""
        self.side(self.database, f"select pg_cancel_backend({literal(pid)}::int)")


def _s3_client(keys: Mapping[str, str]) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=keys["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name=keys["AWS_REGION"],
        config=Config(proxies={}, max_pool_connections=20, s3={"addressing_style": "path"}),
    )
