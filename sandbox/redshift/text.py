"""SQL as text: strings, comments and quoted names apart from the rest."""

import re
from collections.abc import Callable

_LEX = re.compile(
    r"""('(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\2\$|--[^\n]*|/\*.*?\*/)|("(?:[^"]|"")*")""", re.S
)
_COMMENT = re.compile(r"('(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/", re.S)


def map_code(
    sql: str, code: Callable[[str], str], quoted: Callable[[str], str] = lambda name: name
) -> str:
    """Apply `code` outside strings and comments, and `quoted` to names in double quotes."""
    out: list[str] = []
    position = 0
    for found in _LEX.finditer(sql):
        out.append(code(sql[position : found.start()]))
        out.append(quoted(found[3]) if found[3] else found[1])
        position = found.end()
    out.append(code(sql[position:]))
    return "".join(out)


def without_comments(sql: str) -> str:
    """The statement with a space for each comment, and nothing around it."""
    return _COMMENT.sub(lambda found: found[1] or " ", sql).strip()


def statements(sql: str) -> list[str]:
    """What stands between the semicolons; empty ones left out."""
    masked = _LEX.sub(lambda found: "x" * len(found[0]), sql)
    out: list[str] = []
    start = 0
    for position, character in enumerate(masked):
        if character == ";":
            out.append(sql[start:position])
            start = position + 1
    out.append(sql[start:])
    return [statement for statement in out if statement.strip()]
