"""The interactive charts of the page, as Vega-Lite made by Altair.

Colours are CSS variables of the page (`report/assets/page.css`), so one drawing serves the light
and the dark page and print. Charts carry names of their own: Altair's counted ones would make two
runs in one process differ.
"""

import warnings
from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from report import model
from report.charts_history import history_charts
from report.charts_news import tone_chart
from report.numbers import day, number, percent

VEGALITE_VERSION = "6.4"
UP, DOWN, FLAT, MUTED = "var(--up)", "var(--down)", "var(--flat)", "var(--muted)"
_MAIN = ("broad", "sectoral")
CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelFontSize": 11,
        "titleFontSize": 11,
    },
    "legend": {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 11, "orient": "top"},
    "bar": {"discreteBandSize": {"band": 0.7}},
}


def specs(market: model.Market) -> dict[str, dict[str, Any]]:
    """The charts that the data allow, by the id of the element they are drawn in.

    One session alone makes no line of candles: the tables say it better.
    """
    charts: dict[str, alt.LayerChart | None] = {
        "chart-index": _index_chart(market) if len(market.breadth) > 1 else None,
        "chart-breadth": _breadth_chart(market.breadth) if market.breadth else None,
        "chart-distribution": _distribution_chart(market.distribution)
        if market.distribution
        else None,
    }
    told = bool(market.history.shares and (market.news.tones or market.news.headlines))
    charts |= history_charts(market.history, told)
    if told:
        charts["chart-share-news"] = tone_chart(len(market.history.share_days))
    return {name: _plain(chart) for name, chart in charts.items() if chart is not None}


def _plain(chart: alt.LayerChart) -> dict[str, Any]:
    with warnings.catch_warnings():
        # Altair advises names by counter; ours are fixed on purpose.
        warnings.simplefilter("ignore", UserWarning)
        spec: dict[str, Any] = chart.to_dict()
    spec.pop("config", None)  # the page passes CONFIG once for all charts
    return spec


def chartable(indices: Sequence[model.Index]) -> list[model.Index]:
    """The indices that the chart's selector offers: those that have bars to draw, main ones."""
    drawn = [one for one in indices if any(_whole(bar) for bar in one.bars)]
    return [one for one in drawn if one.category in _MAIN] or drawn


def _whole(bar: model.Bar) -> bool:
    return None not in (bar.open_price, bar.high_price, bar.low_price, bar.close_price)


def _index_chart(market: model.Market) -> alt.LayerChart | None:
    """Open, high, low and close per session of the index that the reader picks."""
    offered = chartable(market.indices)
    kinds = {one.trade_date: one.session_type for one in market.breadth}
    values = [
        {
            "i": index.name,
            "s": _axis_key(bar.trade_date, kinds.get(bar.trade_date)),
            "t": day(bar.trade_date) + _kind_suffix(kinds.get(bar.trade_date)),
            "o": float(bar.open_price or 0),
            "h": float(bar.high_price or 0),
            "l": float(bar.low_price or 0),
            "c": float(bar.close_price or 0),
            "O": number(bar.open_price),
            "H": number(bar.high_price),
            "L": number(bar.low_price),
            "C": number(bar.close_price),
            "R": percent(bar.return_1d),
            "u": "close above open" if _rose(bar) else "close below open",
        }
        for index in offered
        for bar in index.bars
        if _whole(bar)
    ]
    if not values:
        return None
    names = [one.name for one in offered]
    first = "NIFTY 50" if "NIFTY 50" in names else names[0]
    picked = alt.param(
        name="picked", value=first, bind=alt.binding_select(options=names, name="Index ")
    )
    base = (
        alt.Chart(_data(values))
        .transform_filter("datum.i === picked")
        .encode(
            x=alt.X("s:O", title=None, axis=_session_axis()),
            color=alt.Color(
                "u:N",
                title=None,
                scale=alt.Scale(
                    domain=["close above open", "close below open"], range=[UP, DOWN]
                ),
            ),
            tooltip=[
                alt.Tooltip(f"{key}:N", title=title)
                for key, title in {
                    "t": "Session", "i": "Index", "O": "Open", "H": "High", "L": "Low",
                    "C": "Close", "R": "Change",
                }.items()
            ],
        )
    )  # fmt: skip
    level = alt.Y("l:Q", title=None, scale=alt.Scale(zero=False, padding=8),
                  axis=alt.Axis(format=",.0f", tickCount=5, domain=False, ticks=False))  # fmt: skip
    wicks = base.mark_rule(strokeWidth=1.2).encode(y=level, y2="h:Q")
    bodies = base.mark_bar(size=_body_size(market), minBandSize=2).encode(y="o:Q", y2="c:Q")
    return _sized(alt.layer(wicks, bodies).add_params(picked), 260)


def _rose(bar: model.Bar) -> bool:
    return (bar.close_price or 0) >= (bar.open_price or 0)


def _body_size(market: model.Market) -> float:
    """Pixels of a candle's body: narrow enough for a phone whatever the number of sessions."""
    return max(2.0, min(14.0, 220 / max(len(market.breadth), 1)))


def _breadth_chart(sessions: Sequence[model.Breadth]) -> alt.LayerChart:
    """Advances above the line, declines below it, per session."""
    sides = (("advances", 1), ("declines", -1))
    values = [
        {
            "s": _axis_key(one.trade_date, one.session_type),
            "t": day(one.trade_date) + _kind_suffix(one.session_type),
            "k": side,
            "n": sign * int(getattr(one, side)),
            "N": number(int(getattr(one, side)), 0),
            "A": f"{number(one.advances, 0)} up, {number(one.declines, 0)} down, "
            f"{number(one.unchanged, 0)} unchanged",
        }
        for one in sessions
        for side, sign in sides
    ]
    base = alt.Chart(_data(values)).encode(
        x=alt.X("s:O", title=None, axis=_session_axis()),
        tooltip=[alt.Tooltip("t:N", title="Session"), alt.Tooltip("A:N", title="Shares")],
    )
    bars = base.mark_bar(size=56 if len(sessions) < 5 else alt.Undefined).encode(
        y=alt.Y(
            "n:Q",
            title="shares",
            axis=alt.Axis(
                labelExpr="format(abs(datum.value), ',')", tickCount=5, domain=False, ticks=False
            ),
        ),
        color=alt.Color(
            "k:N",
            title=None,
            scale=alt.Scale(domain=["advances", "declines"], range=[UP, DOWN]),
        ),
    )
    zero = alt.Chart(_data([{"z": 0}])).mark_rule(color=MUTED).encode(y="z:Q")
    layers: list[alt.Chart] = [bars, zero]
    if len(sessions) <= 12:
        for side, sign in sides:
            layers.append(
                base.transform_filter(f"datum.k === '{side}'")
                .mark_text(dy=-7 * sign, fontSize=10, fill="var(--text)")
                .encode(y="n:Q", text="N:N")
            )
    return _sized(alt.layer(*layers), 260)


def _distribution_chart(buckets: Sequence[model.Bucket]) -> alt.LayerChart:
    """How many shares moved by how much, per whole percent."""
    values = [
        {
            "b": _bucket_label(one),
            "r": _bucket_range(one),
            "n": one.shares,
            "N": number(one.shares, 0) if one.shares else "",
            "u": _side(one),
        }
        for one in buckets
    ]
    order = [str(value["b"]) for value in values]
    base = alt.Chart(_data(values)).encode(
        x=alt.X("b:O", sort=order, title="return of the session, %",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False)),
        y=alt.Y("n:Q", title="shares",
                axis=alt.Axis(tickCount=5, domain=False, ticks=False, format=",d")),
        tooltip=[alt.Tooltip("r:N", title="Return, %"), alt.Tooltip("N:N", title="Shares")],
    )  # fmt: skip
    sides = alt.Scale(domain=["fell", "unchanged", "rose"], range=[DOWN, FLAT, UP])
    bars = base.mark_bar().encode(color=alt.Color("u:N", title=None, scale=sides))
    counts = base.mark_text(dy=-6, fontSize=10, fill="var(--text)").encode(text="N:N")
    return _sized(alt.layer(bars, counts), 260)


def _side(bucket: model.Bucket) -> str:
    if bucket.low == bucket.high == 0:
        return "unchanged"
    return "rose" if bucket.low is not None and bucket.low >= 0 else "fell"


def _bucket_label(bucket: model.Bucket) -> str:
    """The bound nearest to no move, short enough for an axis: '≥2' holds 2 to 3 percent."""
    side = _side(bucket)
    if side == "unchanged":
        return "0"
    near = bucket.low if side == "rose" else bucket.high
    signs = {"rose": (">", "≥"), "fell": ("<", "≤")}[side]
    return f"{signs[bool(near)]}{number(near, 0)}"


def _bucket_range(bucket: model.Bucket) -> str:
    if _side(bucket) == "unchanged":
        return "unchanged"
    if bucket.low is None or bucket.high is None:
        return _bucket_label(bucket)
    return f"{number(bucket.low, 0)} to {number(bucket.high, 0)}"


def _data(values: list[dict[str, Any]]) -> dict[str, Any]:
    """The values as Vega-Lite inline data, in the order given."""
    return {"values": values}


def _sized(chart: Any, height: int) -> alt.LayerChart:
    sized: alt.LayerChart = chart.properties(width="container", height=height, autosize=_FIT)
    return sized


_FIT = alt.AutoSizeParams(type="fit-x", contains="padding")


def _session_axis() -> alt.Axis:
    """Labels like '26 Apr', in UTC so that no reader's time zone shifts a date."""
    return alt.Axis(
        labelAngle=0,
        labelOverlap=True,
        ticks=False,
        labelPadding=6,
        labelExpr="utcFormat(toDate(slice(datum.value, 0, 10)), '%-d %b') + slice(datum.value, 10)",
    )


def _axis_key(value: date, kind: str | None) -> str:
    """The ISO date, with a star when the session is not a regular one."""
    return value.isoformat() + ("*" if kind not in (None, "regular") else "")


def _kind_suffix(kind: str | None) -> str:
    return f" ({kind} session)" if kind not in (None, "regular") else ""
