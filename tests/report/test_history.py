"""The page over time: shares, 52-week extremes, rotation, breadth lines and reviews."""

import json
from datetime import date

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import model, pack, sections
from report.charts_history import event_label, share_data
from report.numbers import number
from report.page import render
from report.read import read_market

LAST = date(2024, 11, 1)


def unpacked(text):
    """What `report/assets/shares.js` reads, in Python."""
    values, value, rest, shift = [], 0, 0, 0
    for character in text:
        if character == pack.GAP:
            values.append(None)
            continue
        digit = pack.ALPHABET.index(character)
        rest |= (digit & 31) << shift
        if digit & 32:
            shift += 5
            continue
        value += -(rest >> 1) if rest & 1 else rest >> 1
        values.append(value)
        rest = shift = 0
    return values


@given(st.lists(st.none() | st.integers(-(2**40), 2**40)))
def test_packed_series_are_read_back_as_they_were(values):
    assert unpacked(pack.packed(values)) == values


@pytest.fixture(scope="module")
def market(published):
    return read_market(published.marts)


@pytest.fixture(scope="module")
def ask(published):
    with duckdb.connect(published.warehouse, read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()


@pytest.fixture(scope="module")
def html(published):
    return published.html()


def test_every_session_of_every_share_on_the_page_is_the_marts(market, ask, html):
    start = html.index('id="share-data">') + len('id="share-data">')
    data = json.loads(html[start : html.index("</script>", start)])
    assert data == json.loads(json.dumps(share_data(market.history)))
    days = [date.fromordinal(n + date(1970, 1, 1).toordinal()) for n in unpacked(data["days"])]
    assert len(days) == 429
    seen = 0
    for one, share in zip(data["shares"], market.history.shares, strict=True):
        expected = {
            row[0]: row[1:]
            for row in ask(
                "select trade_date, close_price, p.close_adj, volume_adj, sma_20, sma_50, sma_200 "
                "from marts.fct_prices_daily as p left join marts.fct_indicators_daily "
                "using (security_sk, trade_date) where security_sk = ? and trade_date <> ?",
                share.security_sk,
                date(2024, 10, 18),
            )
        }
        closes, volumes = unpacked(one["c"]), unpacked(one["v"])
        averages = [unpacked(text) for text in one["a"]]
        assert set(expected) == {day for day, close in zip(days, closes, strict=True) if close}
        for at, day in enumerate(days):
            if day not in expected:
                continue
            close, adjusted, volume, *means = expected[day]
            factor = [value for since, value in one["f"] if since <= at][-1]
            assert closes[at] / one["k"] == pytest.approx(float(close), abs=1e-9)
            assert closes[at] / one["k"] / factor == pytest.approx(adjusted, rel=1e-9)
            assert 2.718281828459045 ** (volumes[at] / data["volume_scale"]) == pytest.approx(
                volume, rel=6e-4
            )
            for mean, packed in zip(means, averages, strict=True):
                if mean is None:
                    assert packed[at] is None
                else:
                    assert packed[at] / one["k"] == pytest.approx(mean, abs=0.51 / one["k"])
            seen += 1
    assert seen > 40_000


def test_split_is_a_cliff_in_the_price_as_traded_and_none_in_the_adjusted(market):
    [tcs] = [one for one in market.history.shares if one.symbol == "TCS"]
    at = market.history.share_days.index(date(2024, 6, 10))
    before, after = tcs.closes[at - 1 : at + 1]
    assert float(after / before) == pytest.approx(0.1, abs=0.01)
    adjusted = [float(tcs.closes[n]) / tcs.factors[n] for n in (at - 1, at)]
    assert adjusted[1] / adjusted[0] == pytest.approx(1, abs=0.05)
    packed = share_data(market.history)["shares"]
    [one] = [one for one in packed if one["s"] == "TCS"]
    assert [event[:2] + event[3:] for event in one["e"]] == [[at, "split 10 for 1", True]]
    assert "From Rs 10/- Per Share" in one["e"][0][2]


def test_shares_to_pick_are_the_most_traded_and_those_with_something_to_see(market, ask):
    shares = market.history.shares
    traded = [one.symbol for one in shares if "most traded" in one.reasons]
    expected = ask(
        "select max_by(symbol, trade_date) from marts.fct_prices_daily where trade_date in ("
        "select distinct trade_date from marts.fct_prices_daily where trade_date <> '2024-10-18' "
        "order by trade_date desc limit 20) group by security_sk "
        "order by sum(turnover_inr) desc limit 100"
    )
    assert traded == [symbol for (symbol,) in expected]
    by_symbol = {one.symbol: one for one in shares}
    assert "split or bonus" in by_symbol["TCS"].reasons
    assert ("renamed" in by_symbol["ITC"].reasons, by_symbol["ITC"].former_symbols) == (
        True,
        ("OLDNAME",),
    )
    assert any("52-week high" in one.reasons for one in shares)
    assert 100 < len(shares) < 170


def test_table_of_extremes_is_the_mart_above_the_turnover_floor(market, ask):
    for side, shown in (("high", market.history.highs), ("low", market.history.lows)):
        expected = ask(
            f"select symbol, is_52w_{side} from marts.fct_indicators_daily "
            "join marts.fct_prices_daily as p using (security_sk, trade_date) where trade_date = ? "
            f"and p.turnover_inr >= 1e7 and (is_52w_{side} or abs(pct_from_52w_{side}) <= 0.05) "
            f"order by is_52w_{side} desc, case when is_52w_{side} then -p.turnover_inr "
            f"else abs(pct_from_52w_{side}) end limit 25",
            LAST,
        )
        assert [(one.symbol, one.is_new) for one in shown] == expected
        assert len(expected) > 5


def test_rotation_shows_the_ranks_of_the_mart_at_the_end_of_each_week(market, ask):
    days = market.history.rotation_days
    assert len(days) == 8
    assert days[-2:] == (date(2024, 10, 25), LAST)
    for row in sections.rotation(market.history.rotation):
        ranks = dict(
            ask(
                "select trade_date, rank_1m from marts.fct_sector_daily where industry = ?",
                row.industry,
            )
        )
        assert row.ranks == tuple(ranks[day] for day in days)
        assert row.won == row.ranks[-5] - row.ranks[-1]


def test_phase_of_an_industry_is_its_half_and_its_direction():
    def phase(before, now, shares=5):
        rows = [
            model.Rotation("ours", shares, (before, 9, 9, 9, now), (0.0,) * 5),
            model.Rotation("last", 5, (10,) * 5, (0.0,) * 5),
        ]
        return [row.phase for row in sections.rotation(rows) if row.industry == "ours"]

    assert phase(4, 2) == phase(2, 2) == phase(None, 2) == ["leading"]
    assert phase(1, 2) == ["weakening"]
    assert phase(9, 8) == ["improving"]
    assert phase(8, 8) == phase(6, 8) == ["lagging"]
    assert phase(4, 2, shares=2) == []


def test_breadth_lines_are_the_marts(market, ask):
    expected = ask(
        "select trade_date, ad_line, pct_above_50dma, pct_above_200dma, "
        "new_highs_52w - new_lows_52w from marts.fct_market_breadth_daily "
        "order by trade_date desc limit 250"
    )
    shown = [
        (one.trade_date, one.ad_line, one.pct_above_50dma, one.pct_above_200dma, one.net_highs)
        for one in market.history.lines
    ]
    assert shown == expected[::-1]


def test_later_lists_stand_only_where_they_have_rows(html):
    assert "Volume against its own average" in html
    assert ">12.3\u00d7<" in html
    assert "Largest part delivered" not in html


def test_reviews_say_what_to_do_and_leave_out_what_only_explains(html, market):
    assert [one.symbol for one in market.history.reviews] == ["M&M", "SBIN"]
    assert "unexplained jump, fits 2 for 1" in html
    assert "Look for an announcement of that day" in html
    assert "1 to act on, 1 that leave a gap in total returns, 1 that only explain." in html


@pytest.mark.parametrize(
    ("official", "tag", "foot"),
    [
        ("true", "Official closes<", "are the exchange's official closes."),
        ("false", "16:00 quotes, not yet official<", "the vendor's 16:00 quotes, not the"),
        ("security_sk > 1", "Official closes, 2 shares still as quoted<", "of shares that its"),
    ],
)
def test_page_says_whether_the_newest_session_is_official(place, official, tag, foot):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            f"update marts.fct_prices_daily set is_official = {official} where trade_date = ?",
            [LAST],
        )
    here.publish()
    html = here.html().replace("&#39;", "'")
    assert tag in html
    assert foot in html


def test_quotes_alone_make_a_page_with_their_own_52_week_range(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        for table in ("fct_prices_daily", "fct_indicators_daily"):
            connection.execute(f"delete from marts.{table}")
        connection.execute("update marts.fct_sector_daily set return_1m = null")
        connection.execute(
            "update marts.fct_ohlc_daily set high_52w = close_price * 1.02, "
            "pct_from_52w_high = 1 / 1.02 - 1, turnover_cr = 5 where security_sk = 1"
        )
    here.publish()
    market = read_market(here.marts)
    assert [one.symbol for one in market.history.highs] == ["HDFCBANK"]
    html = here.html()
    assert "Prices over time appear with the second session" in html
    assert "The rotation of sectors appears once a month" in html
    assert "16:00 quotes" in html


def test_page_reads_recent_files_only(place, market):
    here = place(history=60)
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "insert into marts.fct_prices_daily select * replace (date '2004-01-05' as trade_date) "
            "from marts.fct_prices_daily where trade_date = '2024-10-31'"
        )
    here.publish()
    page = here.html()
    old = list(here.marts.glob("fct_prices_daily.before-*"))
    assert old
    for path in old:
        path.write_bytes(b"not to be read")
    assert render(read_market(here.marts)) == page


def _event(**told):
    empty = dict.fromkeys(("share_factor", "amount_inr", "new_shares", "held_shares", "subject"))
    return model.Event(1, "X", None, LAST, **{**empty, **told})


def test_events_are_labelled_by_what_they_do_to_a_share():
    assert event_label(_event(event_type="split", share_factor=10.0)) == "split 10 for 1"
    assert event_label(_event(event_type="consolidation", share_factor=0.2)) == (
        "consolidation 1 for 5"
    )
    bonus = _event(event_type="bonus", share_factor=1.5, new_shares=1.0, held_shares=2.0)
    assert event_label(bonus) == "bonus 1:2"
    paid = _event(event_type="special_dividend", share_factor=1.0, amount_inr=12.5)
    assert event_label(paid) == f"₹ {number(12.5, 1)} special dividend"
    assert event_label(_event(event_type="demerger")) == "demerger"


def test_fault_29_hostile_names_of_shares_and_events_stay_text(place, known):
    here = place(history=220)
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("update marts.dim_securities set company_name = ?", [known.hostile_name])
        for table, column in (
            ("fct_prices_daily", "symbol"),
            ("fct_corporate_actions", "subject"),
            ("rpt_adjustment_review", "next_step"),
            ("fct_sector_daily", "industry"),
        ):
            connection.execute(
                f"update marts.{table} set {column} = '</script><script>steal()</script>' "
                f"|| coalesce({column}, '')"
            )
    here.publish()
    html = here.html()
    assert "<script>steal" not in html
    assert "<script>alert" not in html
    assert "\\u003c/script\\u003e" in html
