"""Scriptable faults of files and pages: wrong content under a good name, as it has been served."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.exchange.faults import Fault, Wire
from sandbox.exchange.routing import Reply, Request

LAYOUT_HEADER = "x-sandbox-layout"
_WORKBOOK = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main"><sheets/></workbook>',
}


@dataclass(frozen=True, slots=True)
class AnswerOf:
    """The good reply of another path, such as the file of the session before: a stale copy."""

    path: str

    def instead_of(self, request: Request) -> Request:
        """What is asked of the upstream in place of the request."""
        return replace(request, path=self.path)

    def apply(self, reply: Reply) -> Wire:
        """As it is: the server has asked the other path already."""
        return Wire.of(reply)


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A news page drawn otherwise; its module lists the layouts."""

    layout: str

    def instead_of(self, request: Request) -> Request:
        """The same page in the other layout; what it asks while it is scrolled says so too."""
        return replace(request, headers={**request.headers, LAYOUT_HEADER: self.layout})

    def apply(self, reply: Reply) -> Wire:
        """As it is: the server has asked for the layout already."""
        return Wire.of(reply)


@dataclass(frozen=True, slots=True)
class Xlsx:
    """A workbook under the name of a CSV file."""

    def apply(self, reply: Reply) -> Wire:
        """The workbook, with the content type of the file that it stands for."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as workbook:
            for name, text in _WORKBOOK.items():
                workbook.writestr(zipfile.ZipInfo(name), text)
        return Wire.of(Reply(reply.status, packed.getvalue(), reply.headers))


@dataclass(frozen=True, slots=True)
class CutText:
    """A CSV, zipped or not, that ends inside a line; the zip around it is sound."""

    keep: float = 0.5

    def apply(self, reply: Reply) -> Wire:
        """The first part of the text."""
        return _with_text(reply, self._cut)

    def _cut(self, text: bytes) -> bytes:
        kept = text[: int(len(text) * self.keep)]
        return kept[:-3] if kept.endswith(b"\n") else kept


@dataclass(frozen=True, slots=True)
class Corrected:
    """Another value in one cell of a CSV, zipped or not: `line` 1 is the first one of data."""

    line: int
    column: int
    value: str

    def apply(self, reply: Reply) -> Wire:
        """The file with the other value."""
        return _with_text(reply, self._change)

    def _change(self, text: bytes) -> bytes:
        lines = text.split(b"\n")
        cells = lines[self.line].split(b",")
        cells[self.column] = self.value.encode()
        lines[self.line] = b",".join(cells)
        return b"\n".join(lines)


FILE_FAULTS: dict[str, Callable[..., Fault]] = {
    "answer_of": AnswerOf,
    "page_layout": PageLayout,
    "xlsx": Xlsx,
    "cut_text": CutText,
    "corrected": Corrected,
}


def _with_text(reply: Reply, change: Callable[[bytes], bytes]) -> Wire:
    if not reply.body.startswith(b"PK"):
        return Wire.of(Reply(reply.status, change(reply.body), reply.headers))
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(reply.body)) as before,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for member in before.infolist():
            after.writestr(member, change(before.read(member)))
    return Wire.of(Reply(reply.status, packed.getvalue(), reply.headers))
