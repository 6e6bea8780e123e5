"""Faults of the exchange's archives, on the real client, bucket and warehouse."""

import json
import re
import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ingestion.archive_plan import Task, of_range
from ingestion.calendar import IST, TradingCalendar
from sandbox.archives import UNPLANNED
from sandbox.exchange.faults import BotPage, CutBody, SlowDrip, Status, TruncatedJson
from sandbox.exchange.file_faults import AnswerOf, Corrected, CutText, Xlsx

DAY = date(2025, 10, 16)  # a Thursday
FULL = "/products/content/sec_bhavdata_full_{:%d%m%Y}.csv"
UDIFF = f"/content/cm/BhavCopy_NSE_CM_0_0_0_{DAY:%Y%m%d}_F_0000.csv.zip"


def evening(day, hour=19):
    return datetime(day.year, day.month, day.day, hour, tzinfo=IST)


def bring(house, *datasets, day=DAY, at=None, **options):
    with house.archives(at or evening(day)) as archives:
        return archives.ingest.bring_all(of_range([day], datasets), **options)


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def asked(house):
    return [request.path for request in house.exchange.requests]


def reasons(house):
    house.promote()
    house.load()
    return [r for (r,) in house.rows("select reason from raw_data.quarantined_records order by 1")]


def test_fault_01_a_file_is_waited_for_as_told_and_given_up_in_the_end(house):
    house.exchange.script(UDIFF, Status(503, retry_after=1))
    started = time.monotonic()
    assert statuses(bring(house, "bhavcopy")) == ["ok"]
    assert time.monotonic() - started >= 1.0
    house.exchange.script(FULL.format(DAY), Status(503), times=10)
    assert statuses(bring(house, "sec_bhavdata")) == ["failed"]
    house.exchange.clear_faults()
    assert statuses(bring(house, "sec_bhavdata")) == ["ok"]


def test_fault_01_a_source_that_is_down_is_not_asked_for_every_file_of_years(house):
    days = house.calendar.sessions(DAY - timedelta(days=20), DAY)
    for day in days:
        house.exchange.script(FULL.format(day), Status(503), times=10)
    with house.archives(evening(DAY)) as archives:
        outcomes = archives.ingest.bring_all(of_range(days, ["sec_bhavdata"]))
    assert statuses(outcomes) == ["failed"] * 3


@pytest.mark.parametrize("code", [200, 403])
def test_fault_03_a_bot_page_is_evidence_and_stops_the_asking(house, code):
    house.exchange.script(UDIFF, BotPage(code=code))
    outcomes = bring(house, "bhavcopy", "sec_bhavdata", "index_closes")
    assert statuses(outcomes) == ["blocked"]
    assert asked(house) == [UDIFF]
    assert "--source directory PATH" in outcomes[0].detail
    assert reasons(house) == ["html_page"]


def test_fault_04_a_zip_that_breaks_off_is_not_landed(house):
    house.exchange.script(UDIFF, CutBody(), times=3)
    assert statuses(bring(house, "bhavcopy")) == ["failed"]
    assert house.keys("landing/") == []
    assert statuses(bring(house, "bhavcopy")) == ["ok"]


@pytest.mark.parametrize("fault", [TruncatedJson(), CutText(), Xlsx()])
def test_fault_04_a_file_that_is_cut_or_another_is_evidence_and_asked_for_again(house, fault):
    house.exchange.script(UDIFF, fault)
    assert statuses(bring(house, "bhavcopy")) == ["failed"]
    [reason] = reasons(house)
    assert reason not in ("", "ok")
    assert house.keys("raw/source=nse/") == []
    assert statuses(bring(house, "bhavcopy")) == ["ok"]
    house.promote()
    assert len(house.keys("raw/source=nse/")) == 1


def test_fault_05_a_file_that_drips_meets_the_deadline(house):
    house.exchange.script(FULL.format(DAY), SlowDrip(piece=16, pause_seconds=0.05))
    started = time.monotonic()
    [outcome] = bring(house, "sec_bhavdata")
    assert outcome.status == "failed"
    assert time.monotonic() - started < 8
    assert house.keys("landing/") == []


def test_fault_06_killed_between_landing_and_its_record(house, in_process_of_its_own):
    day = house.calendar.previous_session(DAY)
    ended = in_process_of_its_own(f"""
        import ingestion.ingest_archives as module
        from ingestion.archive_plan import of_range
        from ingestion.attempts import Attempts
        from ingestion.sources.nse import nse_archives
        module.record_attempt = die
        settings = Settings(home=Path({str(house.home)!r}), nse_archives_url={house.exchange.url!r})
        with nse_archives(settings, lambda: now) as exchange:
            module.ArchiveIngest(
                exchange, store, Attempts(), settings.home / "locks", lambda: now
            ).bring_all(of_range([date.fromisoformat("{day}")], ["bhavcopy"]))
    """)
    assert ended.returncode == -9, ended.stderr
    assert len(house.keys("landing/")) == 1
    assert house.keys("outcomes/") == []
    assert statuses(bring(house, "bhavcopy", day=day)) == ["unchanged"]
    assert len(house.keys("landing/")) == 1
    assert bring(house, "bhavcopy", day=day) == []
    assert list((house.home / "locks").iterdir()) == []


def test_fault_16_a_holiday_is_told_by_the_calendar_and_asks_for_nothing(house):
    holiday = date(2025, 10, 22)
    with house.archives(evening(holiday)) as archives:
        [outcome] = archives.session(holiday, look_back=False, again=False)
    assert (outcome.status, outcome.trade_date) == ("holiday", holiday)
    assert "Diwali" in outcome.detail
    assert house.exchange.requests == []
    house.promote()
    house.load()
    assert house.rows("select status from raw_data.ingestion_outcomes") == [("holiday",)]
    assert reasons(house) == []


def test_fault_17_what_is_not_there_yet_is_no_failure_and_comes_by_itself_later(house):
    outcomes = bring(house, "bhavcopy", "sec_bhavdata", "index_closes", at=evening(DAY, hour=17))
    assert statuses(outcomes) == ["not_published"] * 3
    assert house.keys("landing/") == []
    friday = house.calendar.next_session(DAY)
    with house.archives(evening(friday)) as archives:
        archives.session(friday, look_back=True, again=False)
    landed = {re.search(r"dataset=(\w+)/trade_date=([\d-]+)", key).groups()
              for key in house.keys("landing/source=nse/")}  # fmt: skip
    for dataset in ("bhavcopy_udiff", "sec_bhavdata", "index_closes"):
        days = house.calendar.sessions(friday - timedelta(days=30), friday)[-11:]
        assert {day for name, day in landed if name == dataset} == {str(day) for day in days}


def test_fault_17_yesterdays_file_under_todays_name_is_stale_and_asked_for_again(house):
    yesterday = house.calendar.previous_session(DAY)
    house.exchange.script(FULL.format(DAY), AnswerOf(FULL.format(yesterday)))
    assert statuses(bring(house, "sec_bhavdata")) == ["stale"]
    assert reasons(house) == ["stale_copy"]
    assert statuses(bring(house, "sec_bhavdata", at=evening(DAY, hour=21))) == ["ok"]
    house.promote()
    house.load()
    [(day, versions)] = house.rows(
        "select trade_date, count(distinct source_key) from raw_data.nse_sec_bhavdata group by all"
    )
    assert (day, versions) == (DAY, 1)
    assert len(house.keys("landing/")) == 2  # the evidence stays


def test_fault_18_a_session_in_no_calendar_is_found_when_it_is_asked_for(house):
    saturday = date(2024, 3, 2)
    entries = {day: e for day, e in house.calendar.entries.items() if day != saturday}
    unaware = TradingCalendar(house.calendar.first, house.calendar.last, entries)
    assert not unaware.is_session(saturday)
    with house.archives(evening(saturday), unaware) as archives:
        [outcome] = archives.session(saturday, look_back=False, again=False)
        assert outcome.status == "holiday"
        outcomes = archives.session(saturday, look_back=False, again=True)
    found = {o.dataset_name: o.status for o in outcomes}
    for dataset in ("bhavcopy_legacy", "sec_bhavdata", "index_closes"):
        assert found[dataset] == "ok"
    house.promote()
    house.load()
    [(rows,)] = house.rows(
        f"select count(*) from raw_data.nse_bhavcopy_legacy where trade_date = '{saturday}'"
    )
    assert rows > 300


def test_fault_18_a_session_in_no_calendar_comes_with_the_next_daily_run(house):
    monday = UNPLANNED + timedelta(days=2)
    daily = ("bhavcopy", "sec_bhavdata", "index_closes")
    with house.archives(evening(monday)) as archives:
        archives.session(monday, look_back=True, again=False, datasets=daily)
        asked = len(house.exchange.requests)
        [late] = archives.session(monday, look_back=True, again=False, datasets=daily)
    assert (late.dataset_name, late.trade_date) == ("index_closes", UNPLANNED)  # still missing
    assert len(house.exchange.requests) == asked + 1  # no closed day is asked twice an evening
    landed = [key for key in house.keys("landing/source=nse/") if f"={UNPLANNED}/" in key]
    assert {re.search(r"dataset=(\w+)", key)[1] for key in landed} == {
        "bhavcopy_udiff",
        "sec_bhavdata",
    }
    # Of the other closed days one file alone was asked for, and it was not there.
    for closed in (UNPLANNED + timedelta(days=1), date(2025, 2, 26)):
        paths = [request.path for request in house.exchange.requests]
        assert len([path for path in paths if f"{closed:%Y%m%d}" in path]) == 1
        assert [path for path in paths if f"{closed:%d%m%Y}" in path] == []


def test_fault_18_a_closed_day_that_is_asked_for_brings_no_data(house):
    sunday = date(2025, 10, 19)
    with house.archives(evening(sunday)) as archives:
        outcomes = archives.session(sunday, look_back=False, again=True)
    found = {o.dataset_name: o.status for o in outcomes if o.trade_date == sunday}
    assert found["bhavcopy_udiff"] == found["index_closes"] == "not_published"
    assert found["sec_bhavdata"] == "stale"  # the exchange serves a copy of Friday


def test_fault_28_a_corrected_file_of_yesterday_lands_beside_the_first(house):
    friday = house.calendar.next_session(DAY)
    bring(house, "sec_bhavdata", "bhavcopy", "index_closes")
    house.exchange.script(FULL.format(DAY), Corrected(line=1, column=8, value=" 1.05"))
    with house.archives(evening(friday)) as archives:
        outcomes = archives.session(friday, look_back=True, again=False)
    of_yesterday = {o.dataset_name: o.status for o in outcomes if o.trade_date == DAY}
    assert of_yesterday == {
        "bhavcopy_udiff": "unchanged",
        "sec_bhavdata": "ok",
        "index_closes": "unchanged",
    }
    house.promote()
    house.load()
    versions = house.rows(
        "select close_price from raw_data.nse_sec_bhavdata where record_no = 1 "
        f"and trade_date = '{DAY}' order by fetched_at"
    )
    assert len(versions) == 2
    assert versions[1] == ("1.05",)
    assert versions[0] != versions[1]


def test_masters_that_have_not_changed_land_once(house):
    def session(day):
        with house.archives(evening(day)) as archives:
            return archives.session(day, look_back=False, again=False)

    session(DAY)
    first = house.keys("landing/source=nse/dataset=equity_list/")
    later = {o.dataset_name: o for o in session(house.calendar.next_session(DAY))}
    same = later["equity_list"].status == "unchanged"
    assert same == (house.keys("landing/source=nse/dataset=equity_list/") == first)
    holidays = house.keys("landing/source=nse/dataset=holidays/")
    assert (len(holidays), later["holidays"].status) == (1, "unchanged")
    assert later["holidays"].source_key == holidays[0]


def test_either_bhavcopy_will_do_where_both_may_exist(house):
    day = date(2024, 4, 26)
    [task] = of_range([day], ["bhavcopy"])
    legacy, udiff = task.files
    with house.archives(evening(day)) as archives:
        assert [o.dataset_name for o in archives.ingest.bring(task)] == ["bhavcopy_legacy"]
        nowhere = Task((replace(legacy, trade_date=DAY, path="/content/x.zip"), udiff))
        found = archives.ingest.bring(nowhere)
    assert [(o.dataset_name, o.status) for o in found] == [
        ("bhavcopy_legacy", "not_published"),
        ("bhavcopy_udiff", "ok"),
    ]
    with house.archives(evening(day)) as archives:
        assert archives.due([task, nowhere], again=False) == []


def test_the_record_of_an_attempt_says_what_was_asked(house):
    bring(house, "index_closes")
    [key] = house.keys("outcomes/stage=fetch/source=nse/dataset=index_closes/")
    record = json.loads(house.store.read(key).content)
    assert (record["status"], record["trade_date"], record["http_status"]) == ("ok", str(DAY), 200)
    assert record["source_key"] in house.keys("landing/")
    assert record["records_in"] > 30
