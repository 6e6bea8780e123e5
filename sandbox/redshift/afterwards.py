"""What is to be done once a statement has succeeded, before the client hears of it.

Late-binding views are noted and made again, and tables that were filled are analysed: Redshift
does so by itself, and without statistics PostgreSQL joins large tables by nested loops.
"""

import re
from dataclasses import dataclass

from sandbox.redshift.wire import literal

_NAME = r'(?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+)){0,2}'
_PART = re.compile(r'"((?:[^"]|"")*)"|([\w$]+)')
_CREATED = re.compile(
    rf"(?is)create\s+(?:or\s+replace\s+)?(?:local\s+)?(?:temp\w*\s+)?(table|view)\s+"
    rf"(?:if\s+not\s+exists\s+)?({_NAME})"
)
_QUERY = re.compile(rf"(?is)create\s+(?:or\s+replace\s+)?view\s+{_NAME}\s+as\s+(.*)")
_UNBOUND = re.compile(r"(?is)\bwith\s+no\s+schema\s+binding\s*;?\s*$")
_DROPPED = re.compile(
    rf"(?is)drop\s+(?:table|view)\s+(?:if\s+exists\s+)?({_NAME}(?:\s*,\s*{_NAME})*)"
)
_SCHEMA = re.compile(rf"(?is)drop\s+schema\s+(?:if\s+exists\s+)?({_NAME})")
_RENAMED = re.compile(rf"(?is)alter\s+(?:table|view)\s+({_NAME})\s+rename\s+to\s+({_NAME})")
_FILLED = re.compile(rf"(?is)insert\s+into\s+({_NAME})")
_WORTHWHILE = 500  # rows


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The catalog work that a statement leaves, and the table it fills."""

    catalog: tuple[str, ...] = ()
    filled: str = ""

    def statements(self, tag: bytes) -> list[str]:
        """What is due when the statement completed with that tag."""
        due = list(self.catalog)
        rows = tag.rstrip(b"\0").split()[-1:]
        if self.filled and rows and rows[0].isdigit() and int(rows[0]) >= _WORTHWHILE:
            due.append(f"analyze {self.filled}")
        return due


def afterwards(sql: str, plan: str) -> Afterwards:
    """Judged by the statement as the client sent it, and as it is run."""
    if found := _FILLED.match(sql):
        return Afterwards(filled=found[1])
    notes = _notes(sql, plan)
    if not notes and not re.match(r"(?i)(create|drop|alter)\s+(\w+\s+){0,3}(table|view)", sql):
        return Afterwards()
    created = _CREATED.match(sql)
    filled = created[2] if created and created[1].lower() == "table" else ""
    return Afterwards((*notes, "select rs_mend_late_views()"), filled)


def _notes(sql: str, plan: str) -> list[str]:
    if found := _CREATED.match(sql):
        names = _array(found[2])
        query = _QUERY.match(plan)
        if found[1].lower() == "view" and _UNBOUND.search(sql) and query:
            return [f"select rs_late_view_made({names}, {literal(query[1])})"]
        return [f"select rs_late_view_gone({names})"]
    if found := _DROPPED.match(sql):
        names_of = re.findall(_NAME, found[1])
        return [f"select rs_late_view_gone({_array(name)})" for name in names_of]
    if found := _SCHEMA.match(sql):
        return [f"select rs_late_views_gone({literal(_parts(found[1])[-1])})"]
    if found := _RENAMED.match(sql):
        new = literal(_parts(found[2])[-1])
        return [f"select rs_late_view_renamed({_array(found[1])}, {new})"]
    return []


def _parts(name: str) -> list[str]:
    found = _PART.findall(name.lower())
    return [quoted.replace('""', '"') or plain for quoted, plain in found]


def _array(name: str) -> str:
    return f"array[{', '.join(literal(part) for part in _parts(name))}]"
