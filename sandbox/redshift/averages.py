"""AVG of whole numbers truncates on Redshift, and of decimals keeps their scale.

avg(x) becomes rs_avg(sum(x), count(x), max(x)), and over a window the same with first_value(x);
the third argument is there for its type. PostgreSQL's own sums move with their window.
"""

from sqlglot import exp

from sandbox.redshift.paths import call


def spell_out_averages(tree: exp.Expr) -> None:
    """Replace every AVG."""
    for average in list(tree.find_all(exp.Avg)):
        value = average.this
        plain = value.expressions[0] if isinstance(value, exp.Distinct) else value
        total, count = exp.Sum(this=value.copy()), exp.Count(this=value.copy())
        window = average.parent
        if isinstance(window, exp.Window) and window.this is average:
            one = exp.FirstValue(this=plain.copy())
            window.replace(call("rs_avg", *(_over(window, f) for f in (total, count, one))))
        else:
            average.replace(call("rs_avg", total, count, exp.Max(this=plain.copy())))


def _over(window: exp.Window, function: exp.Expr) -> exp.Window:
    copied = window.copy()
    copied.set("this", function)
    return copied
