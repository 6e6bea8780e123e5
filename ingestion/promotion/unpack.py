"""Open what the exchange packs, within limits: one CSV in a zip, or gzip; anything else is refused.

Nothing is written to a disk and no name of a member is used, so a trick in a path can do nothing;
it is refused all the same, for nobody who is honest packs one.
"""

import gzip
import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from ingestion.promotion.records import Refused

MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_RATIO = 100  # the exchange's own files shrink 3 to 10 times
_RATIO_MATTERS_FROM = 1024 * 1024
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_EMPTY_ZIP = b"PK\x05\x06"
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, EOFError, zlib.error, gzip.BadGzipFile, OSError, ValueError)


def unpacked(content: bytes, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
    """The file itself: the content, or what its gzip or its zip holds.

    Raises:
        Refused: zip_bomb, path_trick, xlsx_workbook, archive_members, encrypted, truncated or
            unreadable.
    """
    if content.startswith(_GZIP):
        content = _gunzipped(content, max_bytes)
    if content.startswith((_ZIP, _EMPTY_ZIP)):
        content = _unzipped(content, max_bytes)
        if content.startswith((_ZIP, _GZIP)):
            raise Refused("archive_members", "an archive inside an archive")
    return content


def _gunzipped(content: bytes, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            body = packed.read(max_bytes + 1)
    except _BROKEN as broken:
        raise Refused("truncated", f"the gzip does not open whole: {broken}") from None
    _require_modest(len(body), len(content), max_bytes)
    return body


def _unzipped(content: bytes, max_bytes: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = _only_member(archive, len(content), max_bytes)
            with archive.open(member) as packed:
                body = packed.read(max_bytes + 1)
                if len(body) <= max_bytes:
                    packed.read()  # the checksum is compared at the end
    except NotImplementedError as odd:
        raise Refused("unreadable", f"the zip is packed in an unusual way: {odd}") from None
    except _BROKEN as broken:
        raise Refused("truncated", f"the zip does not open whole: {broken}") from None
    _require_modest(len(body), len(content), max_bytes)
    return body


def _only_member(archive: zipfile.ZipFile, packed: int, max_bytes: int) -> zipfile.ZipInfo:
    """The one CSV (or JSON) of the zip.

    Raises:
        Refused: there are other things in it, or it promises to be too large.
    """
    members = [item for item in archive.infolist() if not item.is_dir()]
    names = [item.filename for item in members]
    if "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names):
        raise Refused("xlsx_workbook", "a workbook of a spreadsheet, whatever its name says")
    for item in archive.infolist():
        if _is_trick(item):
            raise Refused("path_trick", f"a member is named {item.filename[:200]!r}")
    if len(members) != 1 or not names[0].lower().endswith((".csv", ".json")):
        raise Refused("archive_members", f"not one CSV but {len(names)} members: {names[:5]}")
    [member] = members
    if member.flag_bits & 1:
        raise Refused("encrypted", f"the member {member.filename[:200]!r} asks for a password")
    if member.compress_type not in _PACKINGS:
        raise Refused("unreadable", f"packed by method {member.compress_type}, not by deflate")
    _require_modest(member.file_size, packed, max_bytes)
    return member


def _is_trick(item: zipfile.ZipInfo) -> bool:
    name = item.orig_filename.replace("\\", "/")
    is_link = stat.S_ISLNK(item.external_attr >> 16)
    return (
        is_link
        or "\0" in name
        or "\\" in item.orig_filename
        or ":" in name
        or PurePosixPath(name).is_absolute()
        or ".." in PurePosixPath(name).parts
    )


def _require_modest(size: int, packed: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise Refused("zip_bomb", f"unpacks to more than {max_bytes} bytes")
    if size > _RATIO_MATTERS_FROM and size > MAX_RATIO * packed:
        raise Refused("zip_bomb", f"{packed} bytes unpack to {size}: over {MAX_RATIO} times")
