"""The simulated indices are their constituents, and nothing else."""

from datetime import date

import pytest

from sandbox.market import DailyBar, IndexBar, Market
from sandbox.market.events import Split

DAYS = [date(2022, 6, 15), date(2023, 10, 3), date(2024, 4, 26), date(2025, 3, 28)]


def index_bar(market: Market, name: str, day: date) -> IndexBar:
    return next(bar for bar in market.index_bars_on(day) if bar.name == name)


def constituent_bars(market: Market, name: str, day: date) -> list[DailyBar]:
    inside = set(market.constituents(name, day))
    return [bar for bar in market.bars_on(day) if bar.security_id in inside]


def adjusted_return(market: Market, bar: DailyBar) -> float:
    factor = float(market.plan.factor[market.session_number(bar.trade_date), bar.security_id])
    return bar.close * factor / bar.previous_close - 1.0


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("name", ["NIFTY 50", "NIFTY BANK", "NIFTY IT", "NIFTY TOTAL MARKET"])
def test_a_cap_weighted_index_moves_as_its_constituents(
    market: Market, name: str, day: date
) -> None:
    number = market.session_number(day)
    weights, gains = 0.0, 0.0
    for bar in constituent_bars(market, name, day):
        factor_so_far = market.bars.adjustment[number, bar.security_id]
        factor_today = market.plan.factor[number, bar.security_id]
        shares_yesterday = market.universe.shares[bar.security_id] * factor_so_far / factor_today
        size = float(shares_yesterday) * bar.previous_close
        weights += size
        gains += size * adjusted_return(market, bar)
    suspended = set(market.constituents(name, day)) - {
        bar.security_id for bar in constituent_bars(market, name, day)
    }
    for security in suspended:
        adjustment = market.bars.adjustment[number, security]
        close = market.bars.close[number, security] / 100
        weights += float(market.universe.shares[security] * adjustment * close)
    index = index_bar(market, name, day)
    assert index.close == pytest.approx(index.previous_close * (1 + gains / weights), abs=0.06)


@pytest.mark.parametrize("day", DAYS)
def test_the_equal_weight_index_is_the_plain_mean(market: Market, day: date) -> None:
    bars = constituent_bars(market, "NIFTY50 EQUAL WEIGHT", day)
    index = index_bar(market, "NIFTY50 EQUAL WEIGHT", day)
    assert len(bars) == len(market.constituents("NIFTY 50", day))
    mean = sum(adjusted_return(market, bar) for bar in bars) / len(bars)
    assert index.close == pytest.approx(index.previous_close * (1 + mean), abs=0.06)


@pytest.mark.parametrize("name", ["NIFTY 50", "NIFTY MIDCAP 100", "NIFTY PHARMA"])
def test_index_volume_and_turnover_are_sums(market: Market, name: str) -> None:
    day = DAYS[2]
    bars, index = constituent_bars(market, name, day), index_bar(market, name, day)
    assert index.volume == sum(bar.volume for bar in bars)
    assert index.turnover == pytest.approx(sum(bar.turnover for bar in bars), rel=1e-9)


def test_index_bars_are_coherent_and_chained(market: Market) -> None:
    indices = market.indices
    assert (indices.low <= indices.open).all()
    assert (indices.open <= indices.high).all()
    assert (indices.low <= indices.close).all()
    assert (indices.close <= indices.high).all()
    assert (indices.previous[1:] == indices.close[:-1]).all()


def test_a_split_does_not_move_its_index(market: Market) -> None:
    """The largest split company: its index must not fall with its raw price."""
    large = [e for e in market.events if isinstance(e, Split) and e.security_id < 100]
    assert large
    for event in large:
        index = index_bar(market, "NIFTY TOTAL MARKET", event.date)
        assert abs(index.close / index.previous_close - 1.0) < 0.08


def test_constituents_are_reviewed_in_april_and_october(market: Market) -> None:
    spring, after = date(2024, 3, 28), date(2024, 4, 1)
    assert market.constituents("NIFTY 50", date(2023, 11, 1)) == market.constituents(
        "NIFTY 50", spring
    )
    changed = {
        day
        for day in market.sessions[1:]
        if market.constituents("NIFTY 200", day)
        != market.constituents("NIFTY 200", market.calendar.previous_session(day))
        and day.month in (4, 10)
    }
    assert after in changed
    assert len(changed) >= 6
    assert len(market.constituents("NIFTY 50", after)) == 50
    assert not set(market.constituents("NIFTY 50", after)) & set(
        market.constituents("NIFTY NEXT 50", after)
    )


def test_sector_indices_hold_their_industry(market: Market) -> None:
    for security in market.constituents("NIFTY BANK", DAYS[0]):
        assert market.securities[security].industry == "BANKS"


def test_an_index_appears_with_its_launch(market: Market) -> None:
    name = "NIFTY200 MOMENTUM 30"
    assert name not in {bar.name for bar in market.index_bars_on(date(2024, 3, 27))}
    assert name in {bar.name for bar in market.index_bars_on(date(2024, 3, 28))}
