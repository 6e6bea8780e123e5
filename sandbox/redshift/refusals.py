"""What PostgreSQL takes and Redshift does not: refused as Redshift refuses it."""

from sqlglot import exp
from sqlglot.generators.redshift import RedshiftGenerator

from sandbox.redshift.errors import Rejected

_FUNCTION_NAMES = """
string_agg array_agg generate_series json_agg jsonb_agg json_build_object jsonb_build_object
to_jsonb to_json row_to_json jsonb_array_elements jsonb_array_elements_text json_array_elements
jsonb_each jsonb_object_keys jsonb_path_query unnest regexp_matches regexp_match
regexp_split_to_table regexp_split_to_array format gen_random_uuid make_date make_timestamp
make_interval age clock_timestamp width_bucket overlay num_nonnulls corr every mode
array_to_string string_to_array arg_max arg_min max_by min_by strftime strptime epoch_ms
list_agg read_json read_csv read_parquet list_aggregate struct_pack
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
# Less three that AWS does not really reserve.
_RESERVED = frozenset(RedshiftGenerator.RESERVED_KEYWORDS) - {"start", "connect", "type"}
_NEED_A_FRAME = (
    exp.Sum,
    exp.Avg,
    exp.Min,
    exp.Max,
    exp.Count,
    exp.Stddev,
    exp.StddevSamp,
    exp.StddevPop,
    exp.Variance,
    exp.VariancePop,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
)
_JSON_OPERATORS = (
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONBExtract,
    exp.JSONBExtractScalar,
)
_AS_SYNTAX: dict[type[exp.Expr], str] = {
    exp.Filter: 'syntax error at or near "(" in context "FILTER ("',
    exp.Lateral: 'syntax error at or near "LATERAL"',
    exp.OnConflict: 'syntax error at or near "ON"',
    exp.Returning: 'syntax error at or near "RETURNING"',
    exp.NullSafeEQ: 'syntax error at or near "DISTINCT"',
    exp.NullSafeNEQ: 'syntax error at or near "DISTINCT"',
    exp.TryCast: "stand-in: TRY_CAST is not emulated",
    exp.GenerateSeries: 'Function "generate_series" not supported (leader node only)',
    exp.ExplodingGenerateSeries: 'Function "generate_series" not supported (leader node only)',
}


def refuse(tree: exp.Expr) -> None:
    """Raise Rejected for the first construct that Redshift has not."""
    for node in tree.walk():
        if text := _AS_SYNTAX.get(type(node)):
            raise Rejected(text)
        match node:
            case exp.Identifier():
                _identifier(node)
            case exp.Window():
                _window(node)
            case exp.Array() if node.args.get("bracket_notation"):
                raise Rejected('syntax error at or near "["')
            case exp.Distinct() if node.args.get("on"):
                raise Rejected("SELECT DISTINCT ON is not supported")
            case exp.Values() if isinstance(node.parent, exp.From | exp.Join | exp.Subquery):
                raise Rejected("VALUES lists used as constant tables are not supported")
            case exp.Select() if node.args.get("qualify"):
                _qualify(node)
            case exp.Merge():
                _merge(node)
            case exp.Join() if node.side == "FULL":
                _full_join(node)
            case exp.With() if node.args.get("recursive"):
                _recursive(node)
            case exp.RegexpReplace() | exp.RegexpExtract() | exp.RegexpCount() | exp.RegexpInstr():
                _pattern(node)
            case exp.RegexpLike() | exp.RegexpILike():
                _posix(node)
            case exp.Func():
                _function(node)


def _identifier(node: exp.Identifier) -> None:
    if node.args.get("quoted") or node.name.lower() not in _RESERVED:
        return
    parent = node.parent
    named_here = isinstance(parent, exp.ColumnDef | exp.TableAlias)
    leads = isinstance(parent, exp.Column | exp.Table) and parent.parts[0] is node
    if named_here or leads:
        raise Rejected(f'syntax error at or near "{node.name}" (a reserved word: quote it)')


def _window(node: exp.Window) -> None:
    function = node.this
    if isinstance(function, exp.IgnoreNulls | exp.RespectNulls):
        function = function.this
    spec = node.args.get("spec")
    if node.args.get("order") and not spec and isinstance(function, _NEED_A_FRAME):
        raise Rejected("Aggregate window functions with an ORDER BY clause require a frame clause")
    if spec and str(spec.args.get("kind") or "").upper() == "RANGE":
        raise Rejected("RANGE clause of window functions not yet implemented")


def _qualify(node: exp.Select) -> None:
    source = node.args.get("from_") or node.args.get("from")
    if source is None or any(node.args.get(k) for k in ("where", "group", "having", "joins")):
        return
    if isinstance(source.this, exp.Table) and not source.this.alias:
        raise Rejected("syntax error: QUALIFY directly after FROM needs an alias on the relation")


def _merge(node: exp.Merge) -> None:
    if isinstance(node.args["using"], exp.Subquery):
        raise Rejected("MERGE source must be a table")
    if node.this.alias:
        raise Rejected("MERGE target cannot have an alias")


def _pattern(node: exp.Expr) -> None:
    """Redshift's letters for the parameters mean something else to PostgreSQL."""
    asked = node.args.get("parameters") or node.args.get("modifiers")
    moved = isinstance(node, exp.RegexpReplace) and node.args.get("position")
    if asked or moved:
        raise Rejected(
            f"stand-in: a position or parameters in {node.key.upper()} are not emulated", "0A000"
        )
    _posix(node)


def _posix(node: exp.Expr) -> None:
    """Without the parameter p a pattern is POSIX: no groups that begin with (?, no lazy repeats."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and ("(?" in pattern.name or "*?" in pattern.name):
        raise Rejected(f"Invalid preceding regular expression prior to repetition: {pattern.name}")


def _full_join(node: exp.Join) -> None:
    condition = node.args.get("on")
    parts = condition.flatten() if isinstance(condition, exp.And) else [condition]
    if any(part is not None and not isinstance(part.unnest(), exp.EQ) for part in parts):
        text = "FULL JOIN is only supported with merge-joinable join conditions"
        raise Rejected(text, "0A000")


def _recursive(node: exp.With) -> None:
    for table in node.expressions:
        calls_itself = any(t.name.lower() == table.alias.lower() for t in table.find_all(exp.Table))
        if calls_itself and not table.args["alias"].columns:
            raise Rejected(
                f'Recursive CTE "{table.alias}" needs a list of its columns: name(column, ...)'
            )


def _function(node: exp.Func) -> None:
    if isinstance(node, _JSON_OPERATORS):
        spelled_out = "JSON_EXTRACT" in node.sql("redshift").upper()
        if not node.args.get("only_json_types") and not spelled_out:
            raise Rejected("operator does not exist: super -> (PostgreSQL JSON operator)", "42883")
    name = (node.name if isinstance(node, exp.Anonymous) else node.sql_names()[0]).lower()
    written = str(node.meta.get("name") or name).lower()
    if isinstance(node, exp.Unnest) or (isinstance(node, exp.GroupConcat) and written == "listagg"):
        return
    if {name, written} & _FUNCTIONS:
        raise Rejected(f"function {written} does not exist on Redshift", "42883")
