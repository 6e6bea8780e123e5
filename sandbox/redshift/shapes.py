"""Nodes that PostgreSQL has under another shape: types, keys, QUALIFY, MERGE's values."""

from sqlglot import exp

from sandbox.redshift.errors import Rejected
from sandbox.redshift.paths import as_string, from_items

_KEYS = (exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint, exp.Reference)
_TABLE_KEYS = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
_TEXTS = (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT)
_MAX_VARCHAR = 65535


def reshape(tree: exp.Expr) -> exp.Expr:
    """The tree with everything in PostgreSQL's shape."""
    _types(tree)
    _columns(tree)
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name.lower() == "isnull":
            node.replace(exp.Coalesce(this=node.expressions[0], expressions=node.expressions[1:]))
        elif node.name.lower() == "values":
            _merge_values(node)
    for select in reversed(list(tree.find_all(exp.Select))):  # innermost first
        stars = any(isinstance(item, exp.Star) for item in select.expressions)
        if stars and any("unnest" in item.meta for item in from_items(select)):
            raise Rejected("stand-in: SELECT * over an unnested SUPER is not emulated")
        if select.args.get("qualify"):
            filtered = _qualify(select.copy())
            if select is tree:
                tree = filtered
            else:
                select.replace(filtered)
    return tree


def _types(tree: exp.Expr) -> None:
    for node in list(tree.find_all(exp.DataType)):
        if node.this == exp.DataType.Type.DECIMAL and not node.expressions:
            node.set("expressions", [_parameter(18), _parameter(0)])
        elif node.expressions and node.expressions[0].name.lower() == "max":
            node.set("expressions", [_parameter(_MAX_VARCHAR)])
    for cast in list(tree.find_all(exp.Cast)):
        inner = cast.this
        if (
            cast.to.this == exp.DataType.Type.SUPER
            and isinstance(inner, exp.Literal)
            and inner.is_string
        ):
            as_string(inner)


def _parameter(number: int) -> exp.DataTypeParam:
    return exp.DataTypeParam(this=exp.Literal.number(number))


def _columns(tree: exp.Expr) -> None:
    """A bare varchar or text is varchar(256); keys are informational and not enforced."""
    for column in list(tree.find_all(exp.ColumnDef)):
        kind = column.args.get("kind")
        if kind and kind.this in _TEXTS and not kind.expressions:
            column.set("kind", exp.DataType(this=_TEXTS[0], expressions=[_parameter(256)]))
        constraints = column.args.get("constraints") or []
        kept = [c for c in constraints if not isinstance(c.args.get("kind"), _KEYS)]
        column.set("constraints", kept)
    for schema in list(tree.find_all(exp.Schema)):
        if not isinstance(schema.parent, exp.Create):
            continue
        if schema.find(exp.CheckColumnConstraint):
            raise Rejected("CHECK constraints are not supported", "0A000")
        columns = [item for item in schema.expressions if not isinstance(item, _TABLE_KEYS)]
        schema.set("expressions", columns)


def _merge_values(node: exp.Anonymous) -> None:
    """MERGE ... INSERT VALUES (..): sqlglot takes the values for a list of columns."""
    listed = node.parent
    insert = listed.parent if isinstance(listed, exp.Tuple) else None
    if isinstance(insert, exp.Insert):
        insert.set("expression", exp.Tuple(expressions=node.expressions))
        insert.set("this", None)


def _qualify(select: exp.Select) -> exp.Select:
    """Filter in an outer SELECT; `*` goes through as whole rows, so that no helper leaks."""
    condition = select.args["qualify"].this
    select.set("qualify", None)
    _spell_out_aliases(select, condition)
    inner: list[exp.Expr] = []
    outer: list[exp.Expr] = []
    for place, item in enumerate(select.expressions):
        if isinstance(item, exp.Star) or (
            isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
        ):
            for source in _sources(select, item):
                name = f"rs_row_{len(inner)}"
                inner.append(exp.alias_(exp.column(source), name))
                row = exp.paren(exp.column(name, table="rs_q"))
                outer.append(exp.Dot(this=row, expression=exp.Star()))
        else:
            alias = _name_of(item, place)
            inner.append(
                item if isinstance(item, exp.Alias) else exp.alias_(item.copy(), alias.copy())
            )
            outer.append(exp.Column(this=alias, table=exp.to_identifier("rs_q")))
    filtered = exp.select(*outer).where(exp.column("rs_keep", table="rs_q"))
    for key in ("with_", "with", "limit", "offset", "into"):
        if select.args.get(key):
            filtered.set(key, select.args[key].pop())
    order = select.args.get("order")
    keep = exp.alias_(exp.paren(condition), "rs_keep")
    select.set("expressions", [*inner, keep])
    if order:
        _order_outside(select, filtered, order)
    return filtered.from_(select.subquery("rs_q"))


def _order_outside(select: exp.Select, filtered: exp.Select, order: exp.Expr) -> None:
    """What the outer SELECT sorts by is computed inside: a subquery's order promises nothing."""
    keys: list[exp.Expr] = []
    inner = list(select.expressions)
    names = {item.alias.lower() for item in inner if isinstance(item, exp.Alias)}
    for place, ordered in enumerate(order.expressions):
        key = ordered.this
        copied = ordered.copy()
        if isinstance(key, exp.Literal):
            keys.append(copied)
            continue
        if isinstance(key, exp.Column) and not key.table and key.name.lower() in names:
            name = key.name
        else:
            name = f"rs_by_{place}"
            inner.append(exp.alias_(key.copy(), name))
        copied.set("this", exp.column(name, table="rs_q"))
        keys.append(copied)
    select.set("order", None)
    select.set("expressions", inner)
    filtered.set("order", exp.Order(expressions=keys))


def _spell_out_aliases(select: exp.Select, condition: exp.Expr) -> None:
    """An alias of the SELECT list in QUALIFY stands for its expression."""
    named = {p.alias.lower(): p.this for p in select.expressions if isinstance(p, exp.Alias)}
    for column in list(condition.find_all(exp.Column)):
        known = not column.table and column.name.lower() in named
        if known and not column.find_ancestor(exp.Window):
            column.replace(exp.paren(named[column.name.lower()].copy()))


def _sources(select: exp.Select, item: exp.Expr) -> list[str]:
    if isinstance(item, exp.Column):
        return [item.table]
    return [source.alias_or_name for source in from_items(select)]


def _name_of(item: exp.Expr, place: int) -> exp.Identifier:
    if isinstance(item, exp.Alias):
        found = item.args["alias"].copy()
        return found if isinstance(found, exp.Identifier) else exp.to_identifier(str(found))
    return exp.to_identifier(item.output_name or f"rs_col_{place}")
