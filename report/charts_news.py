"""The chart of the news: the tone of each session with stories about the chosen share.

It comes without values, as the other charts of a share do; `report/assets/news.js` adds them.
"""

import altair as alt

from report.charts_history import level_axis, pointer, sized, time_axis

SIDES = {"good": "var(--up)", "mixed": "var(--flat)", "bad": "var(--down)"}


def tone_chart(sessions: int) -> alt.LayerChart:
    """A stem per session to its mean tone, its head as large as there are stories."""
    base = alt.Chart(alt.NamedData("share"))
    told = base.transform_filter("isValid(datum.m)").encode(
        x=time_axis(sessions, labels=False),
        y=alt.Y(
            "m:Q",
            scale=alt.Scale(domain=[-1, 1]),
            axis=level_axis(values=[-1, 0, 1], labelExpr="['bad','0','good'][datum.value + 1]"),
        ),
        color=alt.Color(
            "w:N",
            legend=None,
            scale=alt.Scale(domain=list(SIDES), range=list(SIDES.values())),
        ),
    )
    stems = told.mark_rule(strokeWidth=1.4).encode(y2=alt.datum(0))
    heads = told.mark_circle(opacity=0.9).encode(
        size=alt.Size(
            "n:Q", legend=None, scale=alt.Scale(domain=[1, 12], range=[14, 110], clamp=True)
        )
    )
    return sized(alt.layer(stems, heads, *pointer(base, sessions, labels=False, told=True)), 90)
