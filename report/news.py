"""What the page derives from the news: labels, links that may be opened, the data of each share."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from report import model
from report.model_news import Headline, NextDay
from report.numbers import UNKNOWN, moment, moment_day, number, short_day
from report.pack import packed
from report.read_news import TITLE_LENGTH

# Alpha Vantage's cut points, as the macro sentiment_label has them.
LABELS = ("bearish", "somewhat bearish", "neutral", "somewhat bullish", "bullish")
TONE_STEPS = (0.05, 0.15, 0.35)  # where the colour of a tone changes
BUCKETS = ("Bullish", "Somewhat-Bullish", "Neutral", "Somewhat-Bearish", "Bearish")
MONTHS = 6
_WEB = re.compile(r"https?://[^\s\x00-\x1f\x7f\\<>\"]+", re.IGNORECASE)
_LINK_LENGTH, _NAME_LENGTH = 2000, 60
_SEEN = ("missing", "future")  # when it was published is not known, only when it was first seen


@dataclass(frozen=True, slots=True)
class NextDayTable:
    """The buckets from good to bad, all pairs together, and the newest months, newest first."""

    buckets: tuple[NextDay, ...]
    all: NextDay | None
    months: tuple[NextDay, ...]


def next_day(rows: Sequence[NextDay]) -> NextDayTable:
    """The rows of rpt_sentiment_next_day as a table."""
    whole = {one.sentiment_bucket: one for one in rows if one.period == "all"}
    months = sorted((one for one in rows if one.period != "all"), key=lambda one: one.period)
    return NextDayTable(
        buckets=tuple(whole[name] for name in BUCKETS if name in whole),
        all=whole.get("all"),
        months=tuple(reversed(months))[:MONTHS] if len(months) > 1 else (),
    )


def tone_label(score: float | None) -> str:
    """The label of a tone in words: 0.2 is 'somewhat bullish'."""
    return UNKNOWN if score is None else LABELS[_label_number(score)]


def _label_number(score: float) -> int:
    return (score > -0.35) + (score > -0.15) + (score >= 0.15) + (score >= 0.35)


def tone(score: float | None) -> str:
    """The tone with its sign: '+0.20'."""
    return number(score, 2, signed=True)


def tone_heat(score: float | None) -> str:
    """The colour class of a tone: 'd3'..'d1', 'z', 'u1'..'u3', or 'none'."""
    if score is None:
        return "none"
    steps = sum(abs(score) >= step for step in TONE_STEPS)
    return "z" if steps == 0 else f"{'u' if score > 0 else 'd'}{steps}"


def web_link(link: str | None) -> str:
    """The link when it leads to a web page; empty for `javascript:`, `data:` and all else."""
    return link if link and len(link) <= _LINK_LENGTH and _WEB.fullmatch(link) else ""


def news_data(market: model.Market) -> dict[str, Any]:
    """What `report/assets/news.js` shows of each share.

    Items are [time, title, link, publisher, session it counts for]; of a share `d`, `n` and `m`
    are the sessions with news, their stories and their tone in hundredths, `h` its headlines as
    [item, how it was found, tone, number of its label, copies].
    """
    news, history = market.news, market.history
    place = {one: number_of for number_of, one in enumerate(history.share_days)}
    items: dict[tuple[str, ...], int] = {}
    headlines: dict[object, list[list[Any]]] = defaultdict(list)
    for one in news.headlines:
        item = items.setdefault(_item(one, history.share_days[-1]), len(items))
        score = one.sentiment_score
        headlines[one.security_sk].append(
            [
                item,
                _how(one),
                tone(score),
                -1 if score is None else _label_number(score),
                one.copies,
            ]
        )
    tones: dict[object, list[tuple[int, int, int | None]]] = defaultdict(list)
    for each in news.tones:
        if each.trade_date in place:
            mean = each.sentiment_mean
            tones[each.security_sk].append(
                (place[each.trade_date], each.stories, None if mean is None else round(mean * 100))
            )
    return {
        "labels": LABELS,
        "items": list(items),
        "shares": {
            share.symbol: {
                "d": packed(at for at, _, _ in tones[share.security_sk]),
                "n": packed(stories for _, stories, _ in tones[share.security_sk]),
                "m": packed(mean for _, _, mean in tones[share.security_sk]),
                "h": headlines[share.security_sk],
            }
            for share in history.shares
            if headlines.get(share.security_sk) or tones.get(share.security_sk)
        },
    }


def _item(one: Headline, day: date) -> tuple[str, ...]:
    if one.published_precision == "day" and one.published_flag not in _SEEN:
        when = moment_day(one.published_ist)
    else:
        when = f"{moment(one.published_ist)} IST"
    if one.published_flag in _SEEN:
        when = f"first seen {when}"
    later = one.trade_date is not None and one.trade_date > day
    counts = f"counts for {short_day(one.trade_date)}" if later and one.trade_date else ""
    publisher = _cut(one.publisher or "", _NAME_LENGTH)
    return when, _cut(one.headline, TITLE_LENGTH), web_link(one.link), publisher, counts


def _how(one: Headline) -> str:
    matched = _cut(one.matched_text or "", _NAME_LENGTH)
    return one.mapping_method + (f" “{matched}”" if matched else "")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"
