"""SUPER: unnesting in FROM and navigation in expressions, as calls of functions.

from t as q, q.payload.a as ts at i   ->  from t as q, rs_unnest(...) as ts(value, i)
q.payload.a[0]."b"                    ->  rs_nav(rs_nav(rs_nav(q.payload, 'a'), 0), 'b')
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sandbox.redshift.errors import Rejected

_STEPS = (exp.Column, exp.Dot, exp.Bracket)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.GT, exp.LTE, exp.GTE)
_PARTS = ("this", "table", "db", "catalog")


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a function that only the stand-in has."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def as_string(literal: exp.Expr) -> None:
    """'x' beside a SUPER is the string x, and not JSON text."""
    literal.replace(exp.Cast(this=literal.copy(), to=exp.DataType(this=exp.DataType.Type.VARCHAR)))


def from_items(node: exp.Expr) -> list[exp.Expr]:
    """What stands in FROM and JOIN of a query, or what DML works on."""
    if isinstance(node, exp.Merge):
        return [node.this, node.args["using"]]
    own: list[exp.Expr | None] = []
    if isinstance(node, exp.Update | exp.Delete):
        own = [node.this, *(node.args.get("using") or [])]
    source = node.args.get("from_") or node.args.get("from")
    joined = [join.this for join in node.args.get("joins") or []]
    return [item for item in [*own, source and source.this, *joined] if item]


def unnest(tree: exp.Expr) -> None:
    """Turn the paths in every FROM into calls of rs_unnest and rs_unpivot."""
    for select in list(tree.find_all(exp.Select)):
        seen: set[str] = set()
        values: set[str] = set()
        for item in from_items(select):
            found = _path_in_from(item, seen, values)
            if found is None:
                if item.args.get("pivots") or isinstance(item, exp.Pivot):
                    raise Rejected("stand-in: PIVOT/UNPIVOT of tables is not emulated")
                seen.add(item.alias_or_name.lower())
                continue
            function, path, alias, at = found
            seen.add(alias.lower())
            values.add(alias.lower())
            _replace_in_from(item, call(function, path.copy()), alias.lower(), at)


def _path_in_from(
    item: exp.Expr, seen: set[str], values: set[str]
) -> tuple[str, exp.Expr, str, str] | None:
    """(function, path, alias, name of the index) when the item is a path from an earlier one."""
    function, at, inner = "rs_unnest", "idx", item
    if isinstance(item, exp.Pivot) and item.args.get("unpivot"):
        function, inner = "rs_unpivot", item.this
    if isinstance(inner, exp.AtIndex):
        inner, at = inner.this, inner.expression.name
    if isinstance(inner, exp.Unnest):  # sqlglot saw that its first part is an earlier alias
        alias = inner.args["alias"]
        return function, inner.expressions[0], (alias.columns or [alias])[0].name, at
    if isinstance(inner, exp.Alias):
        return function, inner.this, inner.alias, at
    if not isinstance(inner, exp.Table) or inner.parts[0].name.lower() not in seen:
        return None
    if len(inner.parts) > 1 or inner.name.lower() in values:
        return function, _column(inner.parts), inner.alias, at
    return None


def _replace_in_from(item: exp.Expr, source: exp.Expr, alias: str, at: str) -> None:
    columns = [exp.to_identifier("value"), exp.to_identifier(at)]
    name = exp.TableAlias(this=exp.to_identifier(alias), columns=columns)
    table = exp.Table(this=source, alias=name)
    table.meta["unnest"] = True
    item.replace(table)
    join = table.parent
    if isinstance(join, exp.Join) and not join.args.get("side") and not join.args.get("on"):
        join.set("kind", "CROSS")


def _column(parts: list[exp.Expr]) -> exp.Column:
    return exp.Column(**dict(zip(_PARTS, [p.copy() for p in reversed(parts)], strict=False)))


@dataclass(frozen=True, slots=True)
class Navigation:
    """How names inside a SUPER are taken: they fold to lower case unless the session says."""

    case_sensitive_names: bool
    case_sensitive_attributes: bool

    def apply(self, tree: exp.Expr) -> None:
        """Turn all paths into calls of rs_nav."""
        for node, path in list(self._paths(tree)):
            self._replace(node, path)

    def _paths(self, tree: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
        for node in tree.find_all(*_STEPS):
            root = node
            while isinstance(root, exp.Dot | exp.Bracket):
                root = root.this
            if not isinstance(root, exp.Column) or isinstance(root.this, exp.Star):
                continue
            if isinstance(node.parent, exp.Dot | exp.Bracket):
                continue
            path = self._path(node)
            if path != node:
                yield node, path

    def _path(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Dot):
            return call("rs_nav", self._path(node.this), self._key(node.expression))
        if isinstance(node, exp.Bracket):
            return call("rs_nav", self._path(node.this), node.expressions[0].copy())
        assert isinstance(node, exp.Column)
        base, steps = _root(node)
        for step in steps:
            base = call("rs_nav", base, self._key(step))
        return base

    def _key(self, part: exp.Expr) -> exp.Expr:
        kept = self.case_sensitive_names and part.args.get("quoted")
        name = part.name if kept or self.case_sensitive_attributes else part.name.lower()
        return exp.Literal.string(name)

    def _replace(self, node: exp.Expr, path: exp.Expr) -> None:
        parent, name = node.parent, _last_name(node)
        if isinstance(parent, _COMPARISONS):
            other = parent.right if node is parent.left else parent.left
            if isinstance(other, exp.Literal) and other.is_string:
                as_string(other)
        elif isinstance(parent, exp.In):
            for other in list(parent.expressions):
                if isinstance(other, exp.Literal) and other.is_string:
                    as_string(other)
        if isinstance(parent, exp.Select) and node.arg_key == "expressions":
            name = name if self.case_sensitive_names else name.lower()
            node.replace(exp.alias_(path, name, quoted=True))
        else:
            node.replace(path)


def _last_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Dot):
        return str(node.expression.name)
    if isinstance(node, exp.Bracket):
        return _last_name(node.this)
    assert isinstance(node, exp.Column)
    return node.parts[-1].name


def _root(column: exp.Column) -> tuple[exp.Expr, list[exp.Expr]]:
    """(the column itself, the steps into it), by what the names in scope are."""
    parts: list[exp.Expr] = list(column.parts)
    names, tables = _scope(column)
    lower = [part.name.lower() for part in parts]
    if names.get(lower[0]):  # the alias of an unnesting is itself the value
        return exp.column("value", table=parts[0].name), parts[1:]
    length = 1 if lower[0] not in names else 2
    for table in tables:
        for size in range(2, len(table) + 1):
            if lower[:size] == table[-size:] and len(lower) > size:
                length = max(length, size + 1)
    return _column(parts[:length]), parts[length:]


def _scope(node: exp.Expr) -> tuple[dict[str, bool], list[list[str]]]:
    """(alias → whether it is an unnesting, the full names of tables without an alias)."""
    names: dict[str, bool] = {}
    tables: list[list[str]] = []
    above: exp.Expr | None = node
    while above is not None:
        if isinstance(above, exp.Select | exp.Update | exp.Delete | exp.Merge):
            for item in from_items(above):
                names.setdefault(item.alias_or_name.lower(), "unnest" in item.meta)
                if isinstance(item, exp.Table) and not item.alias:
                    tables.append([part.name.lower() for part in item.parts])
        above = above.parent
    return names, tables
