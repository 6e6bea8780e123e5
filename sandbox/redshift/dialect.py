"""sqlglot's Redshift dialect, less what PostgreSQL cannot parse.

Not its PostgreSQL writer: that one silently drops PIVOT and IGNORE NULLS, moves indexes by one
and changes what DATEDIFF and GETDATE mean. Redshift's round-trips nearly verbatim.
"""

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.generators.redshift import RedshiftGenerator
from sqlglot.parsers.redshift import RedshiftParser

from sandbox.redshift.errors import Rejected
from sandbox.redshift.paths import call

_BEFORE = "rows between unbounded preceding and 1 preceding"
_AFTER = "rows between 1 following and unbounded following"


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    return str(unit.name).lower() if unit else "day"


class Standin(Redshift):
    """The dialect of the PostgreSQL behind, with the stand-in's own functions."""

    class Parser(RedshiftParser):
        """Reads Redshift's SQL; sqlglot would take ADD_MONTHS for DATEADD."""

        FUNCTIONS: ClassVar = {
            name: build for name, build in RedshiftParser.FUNCTIONS.items() if name != "ADD_MONTHS"
        }

    class Generator(RedshiftGenerator):
        """Writes a transformed tree."""

        SUPPORTS_DECODE_CASE = False
        RESERVED_KEYWORDS: ClassVar[set[str]] = set()

        def datatype_sql(self, expression: exp.DataType) -> str:
            """Text as text: sqlglot would write varchar(max)."""
            if expression.this == exp.DataType.Type.TEXT:
                return "text"
            return super().datatype_sql(expression)

        def standin_dateadd(self, e: exp.Expr) -> str:
            """The part of the date as a string: PostgreSQL takes no bare word there."""
            amount = e.expression
            if isinstance(amount, exp.Interval):
                amount = amount.this
            plain = isinstance(amount, exp.Literal) and amount.is_string
            count = amount.name if plain else self.sql(amount)
            return f"dateadd('{_unit(e)}', {count}, {self.sql(e.this)})"

        def standin_datediff(self, e: exp.Expr) -> str:
            """As dateadd."""
            return f"datediff('{_unit(e)}', {self.sql(e.expression)}, {self.sql(e.this)})"

        def withingroup_sql(self, expression: exp.WithinGroup) -> str:
            """LISTAGG is PostgreSQL's string_agg."""
            aggregate = expression.this
            if not isinstance(aggregate, exp.GroupConcat):
                return super().withingroup_sql(expression)
            value, separator, distinct = aggregate.this, aggregate.args.get("separator"), ""
            if isinstance(value, exp.Distinct):
                distinct, separator = "distinct ", (value.expressions[1:] or [separator])[0]
                value = value.expressions[0]
            between = self.sql(separator) if separator else "''"
            order = self.sql(expression.expression).strip()
            return f"string_agg({distinct}{self.sql(value)}::text, {between} {order})::varchar"

        def window_sql(self, expression: exp.Window) -> str:
            """Window functions that PostgreSQL has not, as aggregates over a window."""
            function, parts = expression.this, expression.args.get("partition_by")
            if isinstance(function, exp.Anonymous) and function.name.lower() == "ratio_to_report":
                value = function.expressions[0]
                total = exp.Window(this=exp.Sum(this=value.copy()), partition_by=parts, over="OVER")
                return f"({self.sql(value)}::numeric / nullif({self.sql(total)}, 0))"
            if isinstance(function, exp.WithinGroup):
                return self._ordered_set(function, parts)
            if isinstance(function, exp.IgnoreNulls):
                return self._ignoring_nulls(expression, function.this)
            return super().window_sql(expression)

        def _ordered_set(self, function: exp.WithinGroup, parts: list[exp.Expr] | None) -> str:
            if not isinstance(function.this, exp.PercentileCont):
                raise Rejected("stand-in: LISTAGG/PERCENTILE_DISC ... OVER is not emulated")
            value = function.expression.expressions[0].this
            own = call("rs_percentile_cont", value.copy(), function.this.this.copy())
            return self.sql(exp.Window(this=own, partition_by=parts, over="OVER"))

        def _ignoring_nulls(self, window: exp.Window, function: exp.Expr) -> str:
            parts = window.args.get("partition_by")
            order = self.sql(window.args.get("order")).strip()
            if isinstance(function, exp.Lag | exp.Lead) and function.args.get("offset") is None:
                lag = isinstance(function, exp.Lag)
                name, frame = ("rs_last", _BEFORE) if lag else ("rs_first", _AFTER)
            elif isinstance(function, exp.FirstValue | exp.LastValue):
                name = "rs_first" if isinstance(function, exp.FirstValue) else "rs_last"
                frame = self.sql(window, "spec")
            else:
                raise Rejected("stand-in: this IGNORE NULLS is not emulated")
            by = "partition by " + self.expressions(sqls=parts, flat=True) if parts else ""
            return f"{name}({self.sql(function.this)}) over ({by} {order} {frame})"

        TRANSFORMS: ClassVar = {
            **RedshiftGenerator.TRANSFORMS,
            exp.DateAdd: standin_dateadd,
            exp.TsOrDsAdd: standin_dateadd,
            exp.DateDiff: standin_datediff,
            exp.TsOrDsDiff: standin_datediff,
            exp.Array: lambda self, e: f"rs_array({self.expressions(e, flat=True)})",
            exp.GeneratedAsIdentityColumnConstraint: lambda self, e: (
                f"generated by default as identity (start {self.sql(e, 'start') or 1} "
                f"increment {self.sql(e, 'increment') or 1})"
            ),
            exp.Nvl2: lambda self, e: (
                f"case when {self.sql(e.this)} is not null then {self.sql(e, 'true')} "
                f"else {self.sql(e, 'false')} end"
            ),
            exp.RegexpReplace: lambda self, e: (
                f"regexp_replace({self.sql(e.this)}, {self.sql(e.expression)}, "
                f"""{self.sql(e, "replacement") or "''"}, 'g')"""
            ),
            exp.ApproxDistinct: lambda self, e: f"count(distinct {self.sql(e.this)})",
            exp.CurrentTimestamp: lambda self, e: (
                "sysdate()" if e.args.get("sysdate") else "getdate()"
            ),
        }
