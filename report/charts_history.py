"""The charts over time: a chosen share with its averages and volume, and the lines of breadth.

The share charts come without values: `report/assets/shares.js` puts those of the picked share
into them (`share_data`), and a logarithmic axis where a split would flatten the adjusted line.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import altair as alt

from report import model
from report.numbers import day, number, percent
from report.pack import VOLUME_SCALE, changes, logarithms, packed, scaled

ACCENT, MUTED, UP, DOWN = "var(--accent)", "var(--muted)", "var(--up)", "var(--down)"
LINES = {
    "as traded": ("raw", "var(--raw)", [1, 0], 3.0),
    "adjusted": ("adj", ACCENT, [1, 0], 1.6),
    "SMA 20": ("s20", "var(--s20)", [1, 0], 1.1),
    "SMA 50": ("s50", "var(--s50)", [6, 3], 1.1),
    "SMA 200": ("s200", "var(--s200)", [2, 2], 1.3),
}
DAYS_UP_TO = 80
_EPOCH = date(1970, 1, 1).toordinal()
_LEFT = 56  # pixels for the labels of the vertical axis, so that price and volume stand in line
_FIT = alt.AutoSizeParams(type="fit-x", contains="padding")


def history_charts(history: model.History, told: bool = False) -> dict[str, alt.LayerChart]:
    """The charts that the history allows, by the id of the element they are drawn in.

    With `told` the pointer says what news there were.
    """
    charts: dict[str, alt.LayerChart] = {}
    if history.shares:
        sessions = len(history.share_days)
        charts["chart-share"] = _price_chart(sessions, told)
        charts["chart-share-volume"] = _volume_chart(sessions, told)
    for name, fields, make in _LINE_CHARTS:
        known = [one for one in history.lines if _known(one, fields)]
        if len(known) > 1 and any(getattr(one, field) for one in known for field in fields):
            charts[name] = make(known)
    return charts


def _known(one: model.Lines, fields: Sequence[str]) -> bool:
    return any(getattr(one, field) is not None for field in fields)


def share_data(history: model.History) -> dict[str, Any]:
    """What the share charts draw, short: see `report.pack` and `report/assets/shares.js`.

    Prices are in whole parts of `k` a rupee; `f` is where the share factor changes: the adjusted
    price is the price as traded over it. Events are [session, label, text, whether it is large].
    """
    place = {one: number for number, one in enumerate(history.share_days)}
    events: dict[object, list[list[Any]]] = defaultdict(list)
    for event in reversed(history.events):
        number_of = next((place[one] for one in history.share_days if one >= event.ex_date), None)
        if number_of is not None:
            events[event.security_sk].append(
                [number_of, event_label(event), event_text(event), is_large(event)]
            )
    return {
        "volume_scale": VOLUME_SCALE,
        "days": packed(one.toordinal() - _EPOCH for one in history.share_days),
        "shares": [_packed_share(one, events[one.security_sk]) for one in history.shares],
    }


def _packed_share(share: model.Share, events: list[list[Any]]) -> dict[str, Any]:
    last = next((one for one in reversed(share.closes) if one is not None), None)
    factors = [one for one in share.factors if one]
    scale = 100 if last and float(last) / max(factors, default=1.0) >= 20 else 10_000
    return {
        "s": share.symbol,
        "n": share.company_name or "",
        "o": list(share.former_symbols),
        "y": list(share.reasons),
        "k": scale,
        "c": packed(scaled(share.closes, scale)),
        "f": changes([one or None for one in share.factors]),
        "v": packed(logarithms(share.volumes)),
        "a": [packed(scaled(one, scale)) for one in (share.sma_20, share.sma_50, share.sma_200)],
        "e": events,
    }


def is_large(event: model.Event) -> bool:
    """Whether an action multiplied the shares, which is a cliff in the price as traded."""
    return event.share_factor is not None and abs(event.share_factor - 1) > 1e-9


def event_label(event: model.Event) -> str:
    """A word or two for the chart: 'split 10 for 1', 'bonus 1:2', '₹ 5 dividend'."""
    kind = event.event_type.replace("_", " ")
    if event.event_type in ("bonus", "rights") and event.new_shares and event.held_shares:
        return f"{kind} {_short(event.new_shares)}:{_short(event.held_shares)}"
    if is_large(event):
        factor = event.share_factor or 1.0
        shown = f"{_short(factor)} for 1" if factor >= 1 else f"1 for {_short(1 / factor)}"
        return f"{kind} {shown}"
    return f"₹ {_short(event.amount_inr)} {kind}" if event.amount_inr else kind


def event_text(event: model.Event) -> str:
    """The action with its ex-date and the words of the exchange."""
    return f"{day(event.ex_date)}: {event_label(event)}" + (
        f" ({event.subject})" if event.subject else ""
    )


def _short(value: float) -> str:
    text = number(value, 4)
    return text.rstrip("0").rstrip(".")


def time_axis(sessions: int, labels: bool = True, field: str = "d:T") -> alt.X:
    """The time axis: months of a long history, days of a short one."""
    return alt.X(
        field,
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            format="%b %Y" if sessions > DAYS_UP_TO else "%-d %b",
            labelOverlap=True,
            labelFlush=True,
            labelPadding=6,
            labels=labels,
            tickCount=8,
            ticks=False,
            grid=False,
        ),
    )


def level_axis(**axis: Any) -> alt.Axis:
    """A vertical axis whose labels take the same width in every chart of a column."""
    plain = {"title": None, "tickCount": 5, "domain": False, "ticks": False}
    return alt.Axis(**plain | {"minExtent": _LEFT, "maxExtent": _LEFT} | axis)


def _price_chart(sessions: int, told: bool) -> alt.LayerChart:
    """Price as traded and adjusted, the averages, and the ex-dates of the picked share."""
    base = alt.Chart(alt.NamedData("share"))
    level = alt.Y(
        "p:Q",
        scale=alt.Scale(type="linear", zero=False, padding=6),
        axis=level_axis(format=",.4~r"),
    )
    names = list(LINES)
    keys: list[Any] = [key for key, *_ in LINES.values()]
    labels = "{" + ",".join(f"{key}:'{name}'" for name, (key, *_) in LINES.items()) + "}"
    legend = alt.Legend(
        symbolType="stroke", symbolStrokeWidth=2.5, columns=3, columnPadding=8, symbolSize=160
    )

    def by_line(channel: Any, part: int) -> Any:
        scale = alt.Scale(domain=names, range=[one[part] for one in LINES.values()])
        return channel("line:N", title=None, sort=names, scale=scale, legend=legend)

    lines = (
        base.transform_fold(keys, as_=["key", "p"])
        .transform_calculate(line=f"{labels}[datum.key]")
        .mark_line(interpolate="linear", strokeJoin="round")
        .encode(
            x=time_axis(sessions),
            y=level,
            color=by_line(alt.Color, 1),
            strokeDash=by_line(alt.StrokeDash, 2),
            strokeWidth=by_line(alt.StrokeWidth, 3),
        )
    )
    events = alt.Chart(alt.NamedData("events"))
    rules = events.mark_rule(strokeDash=[3, 3], color=MUTED).encode(
        x=time_axis(sessions),
        opacity=alt.Opacity("big:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.45, 1])),
        tooltip=[alt.Tooltip("text:N", title="Ex-date")],
    )
    words = events.mark_text(align="right", dx=-4, fontSize=11, fill="var(--text)").encode(
        x=time_axis(sessions),
        y=alt.value(8),
        text="label:N",
        tooltip=[alt.Tooltip("text:N", title="Ex-date")],
    )
    return sized(alt.layer(rules, lines, words, *pointer(base, sessions, told=told)), 320)


def _volume_chart(sessions: int, told: bool) -> alt.LayerChart:
    """Shares traded per session, adjusted for splits, under the same time axis."""
    base = alt.Chart(alt.NamedData("share"))
    bars = base.mark_rule(color=MUTED, strokeWidth=1.4).encode(
        x=time_axis(sessions, labels=False),
        y=alt.Y("v:Q", axis=level_axis(format=",.3~r")),
        y2=alt.datum(0),
    )
    return sized(alt.layer(bars, *pointer(base, sessions, labels=False, told=told)), 90)


def pointer(
    base: alt.Chart, sessions: int, labels: bool = True, told: bool = False
) -> tuple[alt.Chart, alt.Chart]:
    """A line at the session under the pointer, and what catches the pointer and tells its figures.

    A session catches from halfway to the one before (`b`) to halfway to the next (`e`). Not by
    `nearest`: with it Vega-Lite 6.4 says "undefined" for every figure (vega-lite#9707).
    """
    hover = alt.selection_point(fields=["d"], on="pointerover", clear="pointerout", empty=False)
    shown = {
        "T": "Session", "R": "As traded", "A": "Adjusted", "S": "SMA 20", "M": "SMA 50",
        "L": "SMA 200", "V": "Volume", "E": "Ex-date",
    }  # fmt: skip
    if told:
        shown["N"] = "News"
    time = time_axis(sessions, labels)
    rule: alt.Chart = base.mark_rule(color=MUTED).encode(
        x=time, opacity=alt.condition(hover, alt.value(0.8), alt.value(0))
    )
    catcher: alt.Chart = (
        base.mark_rect(opacity=0)
        .encode(
            x=time_axis(sessions, labels, "b:T"),
            x2="e",
            tooltip=[alt.Tooltip(f"{k}:N", title=title) for k, title in shown.items()],
        )
        .add_params(hover)
    )
    return rule, catcher


def _lines_chart(
    sessions: Sequence[model.Lines],
    fields: dict[str, tuple[str, str]],
    axis: alt.Axis,
    show: Callable[[Any], str],
) -> alt.LayerChart:
    values = [
        {
            "d": one.trade_date.isoformat(),
            "t": day(one.trade_date),
            "k": title,
            "n": getattr(one, field),
            "N": show(getattr(one, field)),
        }
        for one in sessions
        for title, (field, _) in fields.items()
    ]
    titles = list(fields)
    legend = None if len(fields) == 1 else alt.Legend(symbolType="stroke", symbolStrokeWidth=2.5)
    colours = [colour for _, colour in fields.values()]
    color: Any = alt.Color(
        "k:N", title=None, legend=legend, scale=alt.Scale(domain=titles, range=colours)
    )
    dashes = alt.Scale(domain=titles, range=[[1, 0], [5, 3]][: len(titles)])
    base = alt.Chart({"values": values}).encode(
        x=time_axis(len(sessions)),
        y=alt.Y("n:Q", axis=axis, scale=alt.Scale(zero=False)),
        color=color,
        tooltip=[
            alt.Tooltip("t:N", title="Session"),
            alt.Tooltip("k:N", title="Line"),
            alt.Tooltip("N:N", title="Value"),
        ],
    )
    layers = [
        base.mark_line(strokeWidth=1.6).encode(
            strokeDash=alt.StrokeDash("k:N", title=None, legend=legend, scale=dashes)
        ),
        # Points that are not seen, because a line itself has no session to tell of.
        base.mark_point(opacity=0, size=60),
    ]
    return sized(alt.layer(*layers), 190)


def _ad_line(sessions: Sequence[model.Lines]) -> alt.LayerChart:
    return _lines_chart(
        sessions,
        {"advance/decline line": ("ad_line", ACCENT)},
        level_axis(labelExpr=_THOUSANDS),
        lambda value: number(value, 0, signed=True),
    )


def _above(sessions: Sequence[model.Lines]) -> alt.LayerChart:
    return _lines_chart(
        sessions,
        {"50 sessions": ("pct_above_50dma", "var(--s50)"),
         "200 sessions": ("pct_above_200dma", "var(--s200)")},
        level_axis(format=".0%"),
        lambda value: percent(value, 1, signed=False),
    )  # fmt: skip


def _net_highs(sessions: Sequence[model.Lines]) -> alt.LayerChart:
    values = [
        {
            "d": one.trade_date.isoformat(),
            "t": day(one.trade_date),
            "n": one.net_highs,
            "N": number(one.net_highs, 0, signed=True),
            "k": "more highs" if (one.net_highs or 0) >= 0 else "more lows",
        }
        for one in sessions
    ]
    bars = (
        alt.Chart({"values": values})
        .mark_rule(strokeWidth=1.6)
        .encode(
            x=time_axis(len(sessions)),
            y=alt.Y("n:Q", axis=level_axis(labelExpr=_THOUSANDS)),
            y2=alt.datum(0),
            color=alt.Color(
                "k:N",
                title=None,
                scale=alt.Scale(domain=["more highs", "more lows"], range=[UP, DOWN]),
            ),
            tooltip=[
                alt.Tooltip("t:N", title="Session"),
                alt.Tooltip("N:N", title="Highs less lows"),
            ],
        )
    )
    zero = alt.Chart({"values": [{"z": 0}]}).mark_rule(color=MUTED).encode(y="z:Q")
    return sized(alt.layer(bars, zero), 190)


_THOUSANDS = "(datum.value < 0 ? '\u2212' : '') + format(abs(datum.value), ',')"
_LINE_CHARTS: tuple[
    tuple[str, tuple[str, ...], Callable[[Sequence[model.Lines]], alt.LayerChart]], ...
] = (
    ("chart-ad-line", ("ad_line",), _ad_line),
    ("chart-above", ("pct_above_50dma", "pct_above_200dma"), _above),
    ("chart-net-highs", ("net_highs",), _net_highs),
)


def sized(chart: Any, height: int) -> alt.LayerChart:
    """The chart as wide as its element."""
    made: alt.LayerChart = chart.properties(width="container", height=height, autosize=_FIT)
    return made
