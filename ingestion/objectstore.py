"""The bucket: a thin, typed layer over boto3's S3 client.

Works alike on AWS S3 and on any S3 that boto3 is pointed at (`AWS_ENDPOINT_URL_S3`), such as the
embedded one. The client is passed in, never made at import.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

_NOT_FOUND = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})
_ALREADY_THERE = frozenset({"PreconditionFailed", "412"})
_TRY_AGAIN = frozenset({"ConditionalRequestConflict", "409"})  # two writers met: nothing is decided
_CONFLICT_TRIES = 3
_LISTINGS_AT_ONCE = 4
_DATASET = "/dataset="
_ABOVE_DATASETS = ("stage=", "source=")
_SAY_WHO = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_REGION", "AWS_DEFAULT_REGION"),
)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing shows it: `etag` without quotes, `size` in bytes, when `written`."""

    key: str
    etag: str
    size: int
    written: datetime


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """One bucket; every method is one S3 call, or one per page of a listing."""

    client: "S3Client"
    bucket: str

    def create(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> bool:
        """Write an object that must never change; False when it is there already."""
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    Metadata=dict(metadata),
                    IfNoneMatch="*",
                )
            except ClientError as refused:
                if _code(refused) in _ALREADY_THERE:
                    return False
                if _code(refused) not in _TRY_AGAIN or not tries_left:
                    raise
            else:
                return True
        raise AssertionError("the loop above returns or raises")

    def put(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Write an object that is a pure function of another: writing it again changes nothing."""
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            Metadata=dict(metadata),
        )

    def read(self, key: str) -> "Body":
        """The whole object with its metadata.

        Raises:
            MissingObject: there is none of that key.
        """
        try:
            reply = self.client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as refused:
            raise _missing(key, self.bucket, refused) from None
        return Body(
            content=reply["Body"].read(),
            content_type=reply.get("ContentType", ""),
            metadata=reply.get("Metadata", {}),
        )

    def metadata(self, key: str) -> dict[str, str]:
        """The metadata of one object, without its body."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key).get("Metadata", {})
        except ClientError as refused:
            raise _missing(key, self.bucket, refused) from None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects below `prefix`, in the order of their keys.

        What does not fit into one page is listed by datasets, several at once: a page takes the
        server longer to make than it takes us to read.
        """
        first = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        found = [_stored(item) for item in first.get("Contents", [])]
        yield from found
        if not first["IsTruncated"]:
            return
        last = found[-1].key
        parts = [prefix] if _DATASET in prefix else _parts(self, prefix)
        rest = [part for part in parts if part > last or last.startswith(part)]
        with ThreadPoolExecutor(_LISTINGS_AT_ONCE) as pool:
            for listed in pool.map(partial(_after, self, last), rest):
                yield from listed

    def ensure_bucket(self) -> None:
        """Make the bucket when there is none (embedded S3; on AWS the template makes it).

        Raises:
            ConfigurationError: the store cannot be reached or refuses us.
        """
        try:
            self.client.head_bucket(Bucket=self.bucket)
        except ClientError as refused:
            if _code(refused) not in _NOT_FOUND:
                raise ConfigurationError(
                    f"The bucket {self.bucket!r} refuses us ({_code(refused)}). Check the AWS "
                    "credentials and the policy; `investiq doctor` shows what is configured."
                ) from None
            self._create_bucket()
        except BotoCoreError as unreachable:
            raise ConfigurationError(
                f"The object store cannot be reached ({type(unreachable).__name__}). Unset "
                "AWS_ENDPOINT_URL_S3 to use the embedded one, or start the one it names."
            ) from None

    def _create_bucket(self) -> None:
        try:
            with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
                self.client.create_bucket(Bucket=self.bucket)  # another process may be quicker
        except ClientError as refused:
            raise ConfigurationError(
                f"The bucket {self.bucket!r} cannot be made ({_code(refused)}). Set "
                "INVESTIQ_BUCKET to one that exists, or to a name of 3 to 63 plain signs."
            ) from None


@dataclass(frozen=True, slots=True)
class Body:
    """An object's bytes with what was said about them when they were stored."""

    content: bytes
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class MissingObject(ConfigurationError):
    """The object that was named is not in the bucket."""


def s3_client() -> "S3Client":
    """A client from boto3's own environment: endpoint, region, credentials; bounded patience."""
    return _session(*map(os.environ.get, _SAY_WHO)).client(
        "s3",
        config=Config(
            retries={"total_max_attempts": 5, "mode": "standard"},
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=16,
            user_agent="investiq",  # else botocore composes one anew for every request
        ),
    )


@cache
def _session(*who: str | None) -> boto3.Session:
    """One per set of credentials: boto3's default session keeps those of its first use for ever."""
    return boto3.Session()


def _stored(item: "ObjectTypeDef") -> StoredObject:
    etag = item["ETag"].strip('"')
    return StoredObject(item["Key"], etag, item["Size"], item["LastModified"])


def _after(store: ObjectStore, last: str, prefix: str) -> list[StoredObject]:
    pages = store.client.get_paginator("list_objects_v2").paginate(
        Bucket=store.bucket, Prefix=prefix, StartAfter=last
    )
    return [_stored(item) for page in pages for item in page.get("Contents", [])]


def _parts(store: ObjectStore, prefix: str) -> list[str]:
    """What together holds all below `prefix`, in order: folders of datasets, and other keys."""
    found: set[str] = set()
    for page in store.client.get_paginator("list_objects_v2").paginate(
        Bucket=store.bucket, Prefix=prefix, Delimiter="/"
    ):
        found |= {item["Key"] for item in page.get("Contents", [])}
        found |= {item["Prefix"] for item in page.get("CommonPrefixes", [])}
    parts = []
    for part in sorted(found):
        is_above = part.endswith("/") and part.split("/")[-2].startswith(_ABOVE_DATASETS)
        parts += _parts(store, part) if is_above else [part]
    return parts


def sha256(content: bytes) -> str:
    """The hex digest that names a content."""
    return hashlib.sha256(content).hexdigest()


def _code(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", ""))


def _missing(key: str, bucket: str, refused: ClientError) -> Exception:
    if _code(refused) in _NOT_FOUND:
        return MissingObject(
            f"There is no object {key!r} in the bucket {bucket!r}. "
            "Run `investiq status` to see what has landed."
        )
    return refused
