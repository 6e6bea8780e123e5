"""The corporate-action feed: what it tells, what it gets wrong, and what nobody can know yet."""

import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from sandbox.archives import adjustment_corrections, corporate_actions, feed_faults
from sandbox.archives.actions import announced_on
from sandbox.market import Market
from sandbox.market.events import Bonus, Dividend, Rights, Split

FIRST, LAST = date(2021, 1, 1), date(2025, 10, 24)
AFTER = LAST + timedelta(days=30)
KEYS = {
    "symbol", "series", "ind", "faceVal", "subject", "exDate", "recDate", "bcStartDate",
    "bcEndDate", "ndStartDate", "ndEndDate", "comp", "isin", "caBroadcastDate",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(market: Market) -> list[dict]:
    return corporate_actions(market, FIRST, LAST, AFTER)


def day_of(row: dict) -> date:
    return datetime.strptime(row["exDate"], "%d-%b-%Y").date()


def latest(market: Market, security: int, day: date = AFTER) -> str:
    known = market.securities[security].identities
    return [identity.symbol for identity in known if identity.since <= day][-1]


def test_rows_have_the_keys_of_the_api_and_come_by_ex_date(rows: list[dict]) -> None:
    assert all(row.keys() == KEYS for row in rows)
    days = [day_of(row) for row in rows]
    assert days == sorted(days)
    assert days[0] >= FIRST
    assert days[-1] <= LAST


def test_an_event_is_told_once_it_is_announced_and_a_few_only_afterwards(market: Market) -> None:
    splits = [e for e in market.events_between(FIRST, LAST) if isinstance(e, Split)]
    late = 0
    for event in splits:
        told_on = announced_on(market, event.security_id, event.date)
        late += told_on > event.date
        if event in feed_faults(market).missing:
            continue
        before = corporate_actions(market, event.date, event.date, told_on - timedelta(days=1))
        after = corporate_actions(market, event.date, event.date, told_on)
        symbol = latest(market, event.security_id, told_on)
        if market.identity_at(market.number_on(event.date), event.security_id).series == "SM":
            continue
        assert not any(r["symbol"] == symbol and "Split" in r["subject"] for r in before)
        assert any(r["symbol"] == symbol and "Split" in r["subject"] for r in after)
    assert 0 < late < len(splits) / 5


def test_an_old_event_carries_the_symbol_of_the_day_of_the_answer(
    market: Market, rows: list[dict]
) -> None:
    told = {(row["symbol"], day_of(row)) for row in rows if "Dividend" in row["subject"]}
    changed = 0
    for event in market.events_between(FIRST, LAST):
        if not isinstance(event, Dividend):
            continue
        then = market.identity_at(market.number_on(event.date), event.security_id)
        now = latest(market, event.security_id)
        if then.symbol != now and then.series != "SM":
            changed += 1
            assert (now, event.date) in told
    assert changed > 10


def test_one_event_is_repeated_under_two_face_values(rows: list[dict]) -> None:
    same: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        if "Face Value Split" in row["subject"]:
            key = (row["symbol"], row["exDate"], row["subject"])
            same.setdefault(key, set()).add(row["faceVal"])
    assert 3 <= sum(len(faces) == 2 for faces in same.values()) < len(same) / 2


def test_two_events_of_one_day_come_as_two_rows_or_joined(market: Market, rows: list[dict]) -> None:
    pairs = Counter(
        (e.security_id, e.date)
        for e in market.events_between(FIRST, LAST)
        if isinstance(e, Split | Bonus)
    )
    both = {(latest(market, security), day) for (security, day), n in pairs.items() if n == 2}
    told: dict[tuple[str, date], set[str]] = {}
    for row in rows:
        told.setdefault((row["symbol"], day_of(row)), set()).add(row["subject"])
    joined = [key for key in both if any("Split" in s and "Bonus" in s for s in told[key])]
    assert joined
    assert len(joined) < len(both)
    for key in both:
        texts = " ".join(told[key])
        assert "Bonus" in texts
        assert "Split" in texts


def test_every_wording_of_the_real_feed_occurs(rows: list[dict]) -> None:
    shapes = {re.sub(r"\d+(\.\d+)?", "#", row["subject"]) for row in rows}
    assert shapes >= {
        "Dividend - Rs # Per Share", "Annual General Meeting", "Interim Dividend - Rs # Per Share",
        "Annual General Meeting/Dividend - Rs # Per Share", "Dividend - Re # Per Share",
        "Interest Payment", "Bonus #:#", "Rights #:# @ Premium Rs #/-", "Buy Back", "Demerger",
        "Face Value Split (Sub-Division) - From Rs #/- Per Share To Re #/- Per Share",
        "Annual General Meetingdividend - Rs # Per Share", "Rights #:#@ Premium Rs #/-",
        "Scheme Of Arrangement - Bonus Ncrps #:#", "Inteim Dividend - Rs # Per Share",
        "Interim Dividend - Rs # Per Share Special Dividend - Rs # Per Share",
    }  # fmt: skip
    assert any(shape.startswith("Consolidation") for shape in shapes)
    assert any(shape.endswith("(Purpose Revised)") for shape in shapes)
    assert any("  " in row["subject"] for row in rows)


def test_the_parts_of_a_dividend_add_up(market: Market, rows: list[dict]) -> None:
    paid: dict[tuple[str, date], float] = {}
    for event in market.events_between(FIRST, LAST):
        if isinstance(event, Dividend):
            key = (latest(market, event.security_id), event.date)
            paid[key] = paid.get(key, 0.0) + event.amount
    told: dict[tuple[str, date], float] = {}
    for row in rows:
        if "ividend" in row["subject"]:
            amounts = re.findall(r"R[es]\.? *([\d.]+)", row["subject"].split("(")[0])
            key = (row["symbol"], day_of(row))
            told[key] = told.get(key, 0.0) + sum(map(float, amounts))
    assert len(told) > 900
    for key, amount in told.items():
        assert amount == pytest.approx(paid[key])


def test_rights_print_the_premium_without_the_face_value(market: Market, rows: list[dict]) -> None:
    offers = {
        (latest(market, e.security_id), e.date): e
        for e in market.events_between(FIRST, LAST)
        if isinstance(e, Rights)
    }
    found = 0
    for row in rows:
        match = re.match(r"Rights (\d+):(\d+)(?: ?@ Premium R[es] ([\d.]+))?", row["subject"])
        if match:
            event = offers[row["symbol"], day_of(row)]
            assert (int(match[1]), int(match[2])) == (event.new_shares, event.held)
            assert float(match[3] or 0) == event.premium
            assert float(row["faceVal"]) == event.face
            found += 1
    assert found > 5


def test_the_feed_lacks_some_events_and_gives_a_bonus_to_the_wrong_company(
    market: Market, rows: list[dict]
) -> None:
    faults = feed_faults(market)
    told = {
        (row["symbol"], day_of(row)): row["subject"]
        for row in rows
        if row["subject"].startswith(("Bonus", "Face Value Split"))
    }
    missing = [e for e in faults.missing if FIRST <= e.date <= LAST]
    assert len(missing) >= 3
    for event in missing:
        assert (latest(market, event.security_id), event.date) not in told
        number = market.number_on(event.date)
        assert market.plan.factor[number, event.security_id] == event.factor
    mis_keyed = [(e, wrong) for e, wrong in faults.mis_keyed if e.date <= LAST]
    assert mis_keyed
    for event, wrong in mis_keyed:
        assert (latest(market, event.security_id), event.date) not in told
        assert told[latest(market, wrong), event.date].startswith("Bonus")
        assert market.plan.factor[market.number_on(event.date), wrong] == 1.0


def test_the_operator_sets_right_what_the_feed_has_wrong(market: Market) -> None:
    lines = adjustment_corrections(market, FIRST, LAST).decode().splitlines()
    assert lines[0] == "symbol,ex_date,share_factor,evidence"
    told = {tuple(line.split(",")[:2]): float(line.split(",")[2]) for line in lines[1:]}
    faults = feed_faults(market)
    for event in faults.missing:
        if event.date <= LAST:
            known = market.identity_at(market.number_on(event.date), event.security_id)
            assert told[known.symbol, event.date.isoformat()] == pytest.approx(event.factor)
    assert list(told.values()).count(1.0) == sum(e.date <= LAST for e, _ in faults.mis_keyed)


def test_some_isins_are_obsolete_or_dummies(market: Market, rows: list[dict]) -> None:
    isins = Counter(row["isin"] for row in rows)
    assert isins["IN0000000000"] >= 1
    first = {s.identities[0].isin for s in market.securities if len(s.identities) > 1}
    current = {s.identities[-1].isin for s in market.securities}
    assert isins.keys() & (first - current)


def test_the_sme_feed_is_apart_and_in_capitals(market: Market, rows: list[dict]) -> None:
    sme = corporate_actions(market, FIRST, LAST, AFTER, index="sme")
    assert sme
    assert all(row["series"] == "SM" and row["subject"].isupper() for row in sme)
    assert not any(row["series"] == "SM" for row in rows)


def test_the_feed_is_the_same_every_time_and_for_any_range(market: Market) -> None:
    whole = corporate_actions(market, date(2024, 1, 1), date(2024, 12, 31), AFTER)
    parts = [
        row
        for month in range(1, 13)
        for row in corporate_actions(
            market,
            date(2024, month, 1),
            date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1),
            AFTER,
        )
    ]
    assert parts == whole
