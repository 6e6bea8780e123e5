"""The objects of a COPY: named by its manifest, or all below its prefix; read as a stream."""

import json
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from sandbox.redshift.copy_syntax import CopyStatement
from sandbox.redshift.errors import Rejected

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


def urls_of(s3: "S3Client", statement: CopyStatement) -> list[str]:
    """The objects that are to be loaded.

    Raises:
        Rejected: the manifest cannot be read, one of its mandatory objects is missing, or nothing
            lies below the prefix.
    """
    if statement.manifest:
        return _listed(s3, statement.source)
    bucket, prefix = _parts(statement.source)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    if not keys:
        raise Rejected(f"The specified S3 prefix '{prefix}' does not exist", "XX000")
    return [f"s3://{bucket}/{key}" for key in keys]


def _listed(s3: "S3Client", manifest: str) -> list[str]:
    text = b"".join(read(s3, manifest, gzip=False))
    try:
        entries = [(entry["url"], entry) for entry in json.loads(text)["entries"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise Rejected(f"Problem reading manifest file - {manifest}: {problem}", "XX000") from None
    found: list[str] = []
    for url, entry in entries:
        bucket, key = _parts(url)
        try:
            size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as problem:
            if entry.get("mandatory", False):
                raise _refused(problem, key) from None
            continue
        wanted = entry.get("meta", {}).get("content_length", size)
        if wanted != size:
            raise Rejected(f"Manifest content_length {wanted} does not match {url}", "XX000")
        found.append(url)
    return found


def read(s3: "S3Client", url: str, *, gzip: bool) -> Iterator[bytes]:
    """The bytes of an object in pieces, unpacked."""
    bucket, key = _parts(url)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as problem:
        raise _refused(problem, key) from None
    pieces = body.iter_chunks(_CHUNK)
    yield from _unpacked(pieces, url) if gzip else pieces


def _unpacked(pieces: Iterator[bytes], url: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    begun = False
    try:
        for piece in pieces:
            while piece:
                if unpacker.eof:  # a file may consist of several members
                    unpacker = zlib.decompressobj(_GZIP)
                begun = True
                yield unpacker.decompress(piece)
                piece = unpacker.unused_data
    except zlib.error as problem:
        raise Rejected(f"Problem reading {url}: it is not gzip ({problem})", "XX000") from None
    if begun and not unpacker.eof:
        raise Rejected(f"Problem reading {url}: the gzip stream is cut off", "XX000")


def _parts(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _refused(problem: ClientError, key: str) -> Rejected:
    error = problem.response["Error"]
    code = {"404": "NoSuchKey"}.get(error["Code"], error["Code"])
    status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
    text = (
        "The specified key does not exist." if code == "NoSuchKey" else error.get("Message", code)
    )
    return Rejected(f"S3ServiceException:{text},Status {status},Error {code},Key {key}", "XX000")
