"""Why a row was refused, in Redshift's words, and the tables that keep it."""

from typing import TYPE_CHECKING

from sandbox.redshift.copy_lines import BadRow
from sandbox.redshift.wire import ServerError, literal

if TYPE_CHECKING:
    from sandbox.redshift.copy_target import Target
    from sandbox.redshift.session import Session

_BY_CODE = {
    "23502": (1213, "Missing data for not-null field"),
    "22001": (1204, "String length exceeds DDL length"),
    "22012": (1204, "String length exceeds DDL length"),  # as the stand-in looks for it
    "22003": (1207, "Overflow"),
    "22021": (1220, "String contains invalid or unsupported UTF8 codepoints"),
}
_BY_TYPE = {
    "smallint": (1207, "Invalid digit, Type: Short"),
    "integer": (1207, "Invalid digit, Type: Integer"),
    "bigint": (1207, "Invalid digit, Type: Long"),
    "double precision": (1207, "Invalid digit, Type: Double"),
    "real": (1207, "Invalid digit, Type: Float"),
    "numeric": (1207, "Invalid digit, Type: Decimal"),
    "date": (1205, "Invalid Date Format - length must be 10 or more"),
    "boolean": (1210, "Unknown boolean format"),
    "timestamp": (1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
    "super": (1224, "Invalid JSON"),
}


def refused_value(error: ServerError, kind: str) -> tuple[int, str]:
    """(Redshift's number, its reason) for an error that PostgreSQL gave for a value."""
    if known := _BY_CODE.get(error.code):
        return known
    text = error.fields.get("M", "")
    if "json" in text.lower() or "unicode escape" in text.lower():
        return 1224, f"Invalid JSON: {error.fields.get('D') or text}"[:100]
    if text.startswith("extra data"):
        return 1202, "Extra column(s) found"
    if text.startswith("missing data"):
        return 1214, "Delimiter not found"
    if text.startswith("unterminated CSV"):
        return 1214, "Delimited value missing end quote"
    for name, reason in _BY_TYPE.items():
        if kind.startswith(name):
            return reason
    return 1214, text[:100]


def record(session: "Session", target: "Target", query: int, bad: BadRow) -> None:
    """Write the row into the error tables, whatever becomes of the client's transaction."""
    kind = target.type_of(bad.column).split("(")[0][:10]
    session.engine.side(
        session.database,
        "insert into rs_load_errors (userid, slice, tbl, starttime, session, query, filename, "
        "line_number, colname, type, raw_line, err_code, err_reason) "
        f"select usesysid, 0, {target.oid}, getdate(), {session.pid}, {query}, "
        f"{literal(bad.url[:256])}, {bad.line}, {literal(bad.column)}, {literal(kind)}, "
        f"{literal(bad.raw)}, {bad.code}, {literal(bad.reason[:100])} "
        f"from pg_user where usename = {literal(session.user)}",
    )
