"""The clauses of COPY. One that is not known is an error, so that a typing error is found."""

import re
from dataclasses import dataclass
from typing import Literal

from sandbox.redshift.errors import Rejected

_TOKEN = re.compile(
    r"""'(?P<string>(?:[^'\\]|''|\\.)*)'
    |(?P<list>\((?:[^()']|'[^']*')*\))
    |(?P<word>"(?:[^"]|"")*"(?:\."(?:[^"]|"")*"|\.\w+)*|[\w$]+(?:\.(?:"(?:[^"]|"")*"|[\w$]+))*)
    |(?P<other>\S)""",
    re.S | re.X,
)
_FLAGS = {"manifest", "gzip", "csv", "emptyasnull", "blanksasnull", "truncatecolumns", "noload"}
_STRINGS = {"region", "timeformat", "dateformat", "delimiter", "null", "quote"}
_IGNORED_SWITCHES = {"compupdate", "statupdate"}
_UNKNOWN_CLAUSES = """
bzip2 lzop zstd parquet orc avro shapefile fixedwidth escape removequotes roundec trimblanks
explicit_ids fillrecord ignoreblanklines encoding comprows ignoreallerrors serializetojson
acceptinvchars acceptanydate ssh encrypted master_symmetric_key readratio credentials
access_key_id secret_access_key session_token
"""
_NOT_EMULATED = frozenset(_UNKNOWN_CLAUSES.split())
_NOT_WITH_JSON = ("csv", "delimiter", "null", "quote", "ignoreheader")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
_ESCAPED = re.compile(r"''|\\(['\\])")
_MOST_ERRORS = 100_000


@dataclass(frozen=True, slots=True)
class CopyStatement:
    """A COPY as it was written; `columns` is empty when it names none."""

    table: str
    columns: tuple[str, ...]
    source: str
    form: Literal["json", "csv"]
    json_mode: str = "auto"
    manifest: bool = False
    gzip: bool = False
    ignore_header: int = 0
    delimiter: str = ","
    quote: str = '"'
    null_as: str = "\\N"
    empty_as_null: bool = False
    blanks_as_null: bool = False
    truncate_columns: bool = False
    time_format: str = ""
    load: bool = True

    @property
    def name(self) -> str:
        """The table without its schema and quotes."""
        return self.table.rsplit(".", 1)[-1].strip('"')


class _Tokens:
    def __init__(self, sql: str) -> None:
        self._found = [
            (str(match.lastgroup), str(match[str(match.lastgroup)]))
            for match in _TOKEN.finditer(sql.strip().rstrip(";"))
        ]
        self._place = 0

    def __bool__(self) -> bool:
        return self._place < len(self._found)

    def take(self, kind: str) -> str:
        """The next token, which must be of this kind."""
        found, text = self._found[self._place] if self else ("end", "")
        if found != kind:
            raise Rejected(f'syntax error at or near "{text}"')
        self._place += 1
        return text

    def word(self, *wanted: str) -> str:
        """The next word in lower case if it is one of these, else nothing."""
        if self:
            kind, text = self._found[self._place]
            if kind == "word" and text.lower() in wanted:
                self._place += 1
                return text.lower()
        return ""

    def next_is(self, kind: str) -> bool:
        """Whether the next token is of this kind."""
        return bool(self) and self._found[self._place][0] == kind

    def string(self) -> str:
        """A string, with or without AS before it."""
        self.word("as")
        return _ESCAPED.sub(lambda found: found[1] or "'", self.take("string"))

    def number(self) -> int:
        """A number, with or without AS before it."""
        self.word("as")
        text = self.take("word")
        if not text.isdigit():
            raise Rejected(f'syntax error at or near "{text}"')
        return int(text)


def parse_copy(sql: str) -> CopyStatement:
    """The statement in parts.

    Raises:
        Rejected: Redshift would refuse it, or the stand-in does not know the clause.
    """
    tokens = _Tokens(sql)
    tokens.word("copy")
    table = tokens.take("word")
    columns = tokens.take("list")[1:-1].split(",") if tokens.next_is("list") else []
    if not tokens.word("from"):
        raise Rejected("syntax error in COPY: FROM is missing")
    source = tokens.string()
    if not source.startswith("s3://"):
        raise Rejected("stand-in: COPY from anything but S3 is not emulated", "0A000")
    options: dict[str, str | int | bool] = {}
    while tokens:
        _clause(tokens, options)
    _check(options)
    return CopyStatement(
        table=table,
        columns=tuple(column.strip().strip('"') for column in columns),
        source=source,
        form="json" if "json" in options else "csv",
        json_mode=str(options.get("json", "auto")),
        manifest="manifest" in options,
        gzip="gzip" in options,
        ignore_header=int(options.get("ignoreheader", 0)),
        delimiter=str(options.get("delimiter", ",")).replace("\\t", "\t"),
        quote=str(options.get("quote", '"')),
        null_as=str(options.get("null", "\\N")),
        empty_as_null="emptyasnull" in options,
        blanks_as_null="blanksasnull" in options,
        truncate_columns="truncatecolumns" in options,
        time_format=str(options.get("timeformat", "")).lower(),
        load="noload" not in options,
    )


def _clause(tokens: _Tokens, options: dict[str, str | int | bool]) -> None:
    known = _FLAGS | _STRINGS | _IGNORED_SWITCHES | _NOT_EMULATED
    found = tokens.word("iam_role", "json", "maxerror", "ignoreheader", "format", "as", *known)
    if found in _NOT_EMULATED:
        raise Rejected(f"stand-in: COPY with {found.upper()} is not emulated", "0A000")
    if found == "iam_role":
        options[found] = tokens.word("default") or tokens.string()
    elif found == "json":
        has_mode = tokens.next_is("string") or tokens.word("as")
        options[found] = tokens.string() if has_mode else "auto"
    elif found in _STRINGS:
        options[found] = tokens.string()
    elif found in ("maxerror", "ignoreheader"):
        options[found] = tokens.number()
    elif found in _IGNORED_SWITCHES:
        tokens.word("on", "off", "true", "false", "preset")
    elif found in _FLAGS:
        options[found] = True
    elif not found:
        raise Rejected(f'syntax error at or near "{tokens.take("other") or tokens.take("word")}"')


def _check(options: dict[str, str | int | bool]) -> None:
    role = str(options.get("iam_role", ""))
    if not role:
        raise Rejected("COPY requires credentials: IAM_ROLE is missing")
    if role != "default" and not _ROLE.fullmatch(role):
        raise Rejected(f"Invalid IAM role: {role}", "XX000")
    errors = int(options.get("maxerror", 0))
    if errors > _MOST_ERRORS:
        raise Rejected(f"MAXERROR must be between 0 and {_MOST_ERRORS}")
    if errors > 1:
        raise Rejected("stand-in: COPY with MAXERROR above 1 is not emulated", "0A000")
    if "json" in options:
        wrong = [name.upper() for name in _NOT_WITH_JSON if name in options]
        if wrong:
            raise Rejected(f"{', '.join(wrong)} is not supported with JSON")
        if options["json"] not in ("auto", "noshred"):
            raise Rejected(f"stand-in: COPY with JSON '{options['json']}' is not emulated", "0A000")
    elif "csv" not in options:
        raise Rejected("stand-in: COPY emulates FORMAT JSON and CSV only", "0A000")
    if str(options.get("timeformat", "auto")).lower() != "auto":
        raise Rejected("stand-in: COPY emulates TIMEFORMAT 'auto' only", "0A000")
