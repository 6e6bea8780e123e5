"""The arrival suite: each defect of a reply breaks its own expectation, quiet days break none."""

import copy
from datetime import date

import pytest

from expectations.thresholds import ArrivalThresholds
from ingestion.errors import CheckFailed

HOLIDAY, MISSING = date(2024, 4, 17), date(2024, 4, 23)


def _cut(market, day):
    reply = market.replies[day]
    reply.records = reply.records[: round(len(reply.records) * 0.7)]


def _cut_to_a_fragment(market, day):
    reply = market.replies[day]
    reply.records = reply.records[:2] + market.shares(day)[:28]


def _set(field, value, part=0.05):
    def spoil(market, day):
        for record in market.shares(day, part):
            record[field] = value

    return spoil


def _forget(market, day):
    for record in market.shares(day, 0.05):
        del record["last_price"]


def _no_isin(market, day):
    for record in market.shares(day, 0.3):
        record["meta"]["isin"] = None


def _no_indices(market, day):
    market.replies[day].records = market.shares(day)


def _too_many_indices(market, day):
    records = market.replies[day].records
    records += [
        records[0] | {"identifier": f"INDEX {n}", "symbol": f"INDEX {n}"} for n in range(150)
    ]


def _yesterday_again(market, day):
    yesterday = market.sessions[market.sessions.index(day) - 1]
    market.replies[day].records = copy.deepcopy(market.replies[yesterday].records)


def _quarantined(market, day):
    market.replies[day].quarantined = 7


def _same_page_twice(market, day):
    market.replies[day].records += market.replies[day].records[-20:]


DEFECTS = {
    "cut": (_cut, {"records_vs_last_good"}),
    "fragment": (_cut_to_a_fragment, {"records", "records_vs_last_good"}),
    "null price": (_set("last_price", None), {"null_share_last_price"}),
    "absent price": (_forget, {"null_share_last_price"}),
    "empty symbol": (_set("symbol", ""), {"null_share_symbol"}),
    "no isin": (_no_isin, {"null_share_isin"}),
    "dash": (_set("day_low", "-"), {"text_share_day_low"}),
    "number as text": (_set("open", "101.5"), {"text_share_open"}),
    "many dashes": (_set("per_change_365d", "-", 0.5), {"text_share_per_change_365d"}),
    "stale times": (_set("last_update_time", "16-May-2024 15:59:52", 0.3), {"asked_date_share"}),
    "unreadable times": (_set("last_update_time", "yesterday", 0.3), {"asked_date_share"}),
    "yesterday again": (_yesterday_again, {"asked_date_share"}),
    "no indices": (_no_indices, {"index_share"}),
    "too many indices": (_too_many_indices, {"index_share"}),
    "quarantined": (_quarantined, {"quarantined_share"}),
    "same page twice": (_same_page_twice, {"duplicate_share"}),
}


@pytest.fixture(scope="module")
def spoiled(long_market):
    """One run over sessions that are broken in one way each, with a sound session after each."""
    days = dict(zip(DEFECTS, long_market.sessions[6::2], strict=False))
    for defect, day in days.items():
        DEFECTS[defect][0](long_market, day)
    return long_market, days, long_market.check("arrival", sessions=40)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_breaks_its_own_expectation_and_no_other(spoiled, broken_names, defect):
    market, days, report = spoiled
    assert broken_names(report, days[defect]) == DEFECTS[defect][1]
    assert not report.passed
    for failure in report.failures:
        if failure.name in DEFECTS[defect][1]:
            assert f"{days[defect]} {market.replies[days[defect]].key}" in failure.where
            assert failure.next_step


def test_sound_sessions_among_broken_ones_hold(spoiled, broken_names):
    market, days, report = spoiled
    sound = set(market.sessions) - set(days.values())
    assert len(sound) == 40 - len(DEFECTS)
    assert [day for day in sound if broken_names(report, day)] == []


def test_one_broken_reply_fails_the_run(market, broken_names):
    _forget(market, market.sessions[-1])
    report = market.check("arrival", sessions=5)
    assert broken_names(report) == {"null_share_last_price"}
    assert not report.passed
    assert report.failures[0].where == (f"2024-04-26 {market.last.key}",)
    with pytest.raises(CheckFailed, match="null_share_last_price") as failed:
        report.raise_if_failed()
    assert failed.value.exit_code == 10


def test_shares_without_isin_are_worth_a_look_and_stop_nothing(market):
    _no_isin(market, market.sessions[-1])
    report = market.check("arrival", sessions=1)
    assert report.passed
    assert [warning.name for warning in report.warnings] == ["null_share_isin"]
    report.raise_if_failed()


def test_every_field_is_measured_under_its_own_name(market, broken_names):
    limits = ArrivalThresholds()
    for number, field in enumerate(limits.null_share, start=1):
        meta = field in {"isin", "company_name", "industry"}
        # Fields overlap in no record, and each is absent a different number of times.
        for record in market.shares()[number * 10 : number * 10 + 5]:
            (record["meta"] if meta else record)[field] = None
    report = market.check("arrival", sessions=1)
    seen = {r.name: r.observed for r in report.results}
    simple = [f for f in limits.null_share if f not in {"isin", "company_name", "industry"}]
    assert broken_names(report) == {f"null_share_{field}" for field in simple}
    assert {seen[f"null_share_{field}"] for field in simple} == {f"{5 / 312:.4g}"}


def test_every_number_is_checked_for_text_under_its_own_name(market, broken_names):
    limits = ArrivalThresholds()
    for number, field in enumerate(limits.text_share, start=1):
        for record in market.shares()[:100][-number - 3 :]:
            record[field] = "NaN"
    report = market.check("arrival", sessions=1)
    seen = {r.name: r.observed for r in report.results}
    fields = list(limits.text_share)
    strict = [f for f in fields if limits.text_share[f].high == 0.01]
    assert broken_names(report) == {f"text_share_{f}" for f in strict}
    for number, field in enumerate(fields, start=1):
        if field in strict:
            assert seen[f"text_share_{field}"] == f"{(number + 3) / 312:.4g}"


def test_ordinary_sessions_around_a_holiday_pass(market, broken_names):
    assert HOLIDAY not in market.sessions
    report = market.check("arrival", sessions=10, as_of=market.sessions[-1])
    assert (report.passed, broken_names(report)) == (True, set())
    assert list(report.sessions) == market.sessions
    report.raise_if_failed()


def test_as_of_looks_no_further(market, broken_names):
    _cut(market, market.sessions[-1])
    report = market.check("arrival", as_of=market.sessions[-2])
    assert (report.passed, broken_names(report)) == (True, set())
    assert report.sessions[-1] == market.sessions[-2]


def test_fault_16_a_holiday_expects_nothing(market, broken_names):
    for day in [day for day in market.sessions if day > HOLIDAY]:
        del market.replies[day]
    report = market.check("arrival", as_of=HOLIDAY)
    assert (report.passed, broken_names(report)) == (True, set())


def test_fault_17_a_session_that_was_asked_for_and_did_not_come_is_critical(market, broken_names):
    del market.replies[MISSING]
    market.outcomes = [(MISSING, "blocked")]
    report = market.check("arrival", sessions=5)
    assert broken_names(report) == {"recent_sessions_arrived"}
    (failure,) = report.failures
    assert failure.where == ("2024-04-23",)
    assert failure.observed == "blocked"
    assert "accepted_sessions.csv" in failure.next_step
    assert "nse_trading_calendar.csv" in failure.next_step


def test_a_session_that_nobody_asked_for_is_a_warning(market, broken_names):
    del market.replies[MISSING]
    report = market.check("arrival", sessions=5)
    assert (report.passed, broken_names(report)) == (True, {"sessions_asked_for"})
    assert report.warnings[0].where == ("2024-04-23",)
    assert "investiq run --from" in report.warnings[0].next_step


def test_the_day_of_as_of_is_expected_even_if_nobody_asked(market, broken_names):
    report = market.check("arrival", as_of=date(2024, 4, 29))
    assert broken_names(report) == {"recent_sessions_arrived"}
    assert report.failures[0].where == ("2024-04-29",)
    assert report.failures[0].observed == "missing"


def test_fault_17_says_why_the_newest_session_is_missing(market, broken_names):
    market.outcomes = [(date(2024, 4, 29), "not_published")]
    report = market.check("arrival", as_of=date(2024, 4, 29))
    assert broken_names(report) == {"recent_sessions_arrived"}
    assert report.failures[0].observed == "not_published"


def test_a_refused_object_is_no_arrival(market, broken_names):
    del market.replies[MISSING]
    market.refused = [(MISSING, "html_page")]
    report = market.check("arrival", sessions=5)
    assert broken_names(report) == {"recent_sessions_arrived"}
    assert report.failures[0].observed == "refused: html_page"


def test_an_old_gap_is_a_warning(market, broken_names):
    del market.replies[market.sessions[2]]
    market.outcomes = [(market.sessions[2], "failed")]
    report = market.check("arrival", sessions=3)
    assert broken_names(report) == {"older_sessions_arrived"}
    assert report.passed
    assert [w.where for w in report.warnings] == [(market.sessions[2].isoformat(),)]


def test_an_accepted_session_is_neither_expected_nor_checked(market, broken_names):
    del market.replies[MISSING]
    market.outcomes = [(MISSING, "failed")]
    _cut(market, market.sessions[-1])
    market.accepted += f"{MISSING},laptop was off\n{market.sessions[-1]},reply was cut\n"
    report = market.check("arrival", sessions=3)
    assert (report.passed, broken_names(report)) == (True, set())
    assert market.sessions[-1] not in report.sessions


def test_fault_18_an_unplanned_session_is_a_hint(market, broken_names, make_reply):
    saturday = date(2024, 4, 27)
    reply = make_reply(market.last, copy.deepcopy(market.last.records), hours=24)
    reply.asked = saturday
    for record in reply.records:
        record["last_update_time"] = "27-Apr-2024 12:30:00"
    market.replies[saturday] = reply
    report = market.check("arrival", sessions=2)
    assert broken_names(report) == {"asked_day_is_a_session"}
    assert report.passed
    assert "nse_trading_calendar.csv" in report.warnings[0].next_step


def test_a_muhurat_session_may_leave_many_shares_without_a_trade(diwali, broken_names):
    _set("last_update_time", "31-Oct-2024 15:59:52", 0.4)(diwali, diwali.sessions[-1])
    report = diwali.check("arrival", sessions=5)
    assert (report.passed, broken_names(report)) == (True, set())


def test_a_muhurat_session_is_not_a_copy_of_the_day_before(diwali, broken_names):
    _set("last_update_time", "31-Oct-2024 15:59:52", 0.8)(diwali, diwali.sessions[-1])
    assert broken_names(diwali.check("arrival", sessions=5)) == {"asked_date_share_short"}


def test_the_first_session_ever_has_nothing_to_compare_with(first_day, broken_names):
    report = first_day.check("arrival")
    assert (report.passed, broken_names(report)) == (True, set())
    seen = {r.name: r.observed for r in report.results}
    assert seen["records_vs_last_good"] == "nothing to compare"
    assert seen["asked_date_share_short"] == "nothing to compare"


def test_an_ipo_day_passes(market, broken_names):
    for n in range(2):
        new = market.shares()[0] | {"identifier": f"IPO{n}EQN", "symbol": f"IPO{n}", "year_high": 0}
        new |= {"previous_close": 0, "per_change_30d": "-", "per_change_365d": "-"}
        market.last.records.append(new | {"meta": {"company_name": "New", "isin": None}})
    assert market.check("arrival", sessions=5).passed


def test_a_later_reply_repairs_a_bad_one(market, broken_names, make_reply):
    good = make_reply(market.last, list(market.last.records))
    _cut(market, market.sessions[-1])
    market.extra_replies.append(good)
    report = market.check("arrival", sessions=5)
    assert (report.passed, broken_names(report)) == (True, set())


def test_one_cut_reply_does_not_lower_the_bar_for_the_next(market):
    for day in market.sessions[-2:]:
        market.replies[day].records = market.replies[day].records[:200]
    report = market.check("arrival", sessions=5)
    (failure,) = report.failures
    assert failure.name == "records_vs_last_good"
    assert [where[:10] for where in failure.where] == ["2024-04-25", "2024-04-26"]


def test_without_a_number_it_checks_what_has_not_passed_yet(market):
    sessions = market.sessions
    later = {day: market.replies.pop(day) for day in sessions[5:]}
    assert list(market.check("arrival").sessions) == sessions[:5]
    market.replies[sessions[5]] = later[sessions[5]]
    market.replies[sessions[6]] = later[sessions[6]]
    whole = later[sessions[6]].records
    later[sessions[6]].records = whole[:100]
    failed = market.check("arrival")
    assert (list(failed.sessions), failed.passed) == (sessions[5:7], False)
    later[sessions[6]].records = whole
    assert list(market.check("arrival").sessions) == sessions[5:7]
    assert list(market.check("arrival").sessions) == [sessions[6]]


def test_nothing_arrived_is_a_failure(market, broken_names):
    market.replies = {}
    report = market.check("arrival")
    assert broken_names(report) == {"replies_arrived"}
    assert not report.passed
    assert report.sessions == ()
