"""One attempt for one session: what it comes to, what lands, and the record it leaves."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.errors import ConfigurationError, DeadlineExceeded
from ingestion.fetched import Fetched
from ingestion.http import HttpPolicy
from ingestion.ingest import ingest_directory, ingest_session
from ingestion.outcomes import Outcome, record_attempt
from ingestion.sources.rapidapi import RapidApiQuotes
from sandbox.exchange.faults import BotPage, CutBody, EmptyArray, QuotaText, Status, TruncatedJson

KEY = "k3y-that-must-not-leak"
DAY = date(2025, 10, 16)  # a Thursday
NOON = datetime(2025, 10, 16, 6, 30, tzinfo=UTC)
EVENING = datetime(2025, 10, 16, 11, 0, tzinfo=UTC)  # 16:30 in India
LIMIT = 64 << 20


@pytest.fixture
def attempt(store, exchange, calendar):
    """One attempt at a moment; `attempt.outcome_keys()` lists the records."""

    def run(day=DAY, at=EVENING, **options):
        exchange.set_clock(at)
        source = RapidApiQuotes(
            url=exchange.url,
            host=exchange.api_host,
            key=KEY,
            policy=HttpPolicy(tries=2, backoff=0.01, read_timeout=2, deadline=3),
            clock=lambda: at,
            before_try=lambda: None,
        )
        return ingest_session(
            day, source, store, calendar, clock=lambda: at, secrets=[KEY], **options
        )

    return run


def records(store):
    """All outcome records, in the order of their keys."""
    return [json.loads(store.read(item.key).content) for item in store.list("outcomes/")]


def landed_keys(store):
    return [item.key for item in store.list("landing/")]


def test_a_good_reply_lands_and_is_recorded(store, attempt):
    outcome = attempt()
    assert (outcome.status, outcome.http_status) == ("ok", 200)
    assert [outcome.source_key] == landed_keys(store)
    assert outcome.records_in > 300
    [record] = records(store)
    [key] = [item.key for item in store.list("outcomes/")]
    assert record == {
        "stage": "fetch",
        "source_name": "rapidapi",
        "dataset_name": "quotes",
        "trade_date": "2025-10-16",
        "status": "ok",
        "attempted_at": "2025-10-16 11:00:00",
        "object_key": key,
        "source_key": outcome.source_key,
        "http_status": 200,
        "records_in": outcome.records_in,
        "records_promoted": None,
        "records_quarantined": None,
        "detail": outcome.detail,
    }
    assert key.startswith(
        "outcomes/stage=fetch/source=rapidapi/dataset=quotes/trade_date=2025-10-16/"
        "attempted_at=20251016T110000Z/"
    )


def test_a_session_that_has_landed_after_its_close_is_not_asked_again(store, attempt, exchange):
    first = attempt()
    again = attempt(at=EVENING + timedelta(hours=2))
    assert (again.status, again.source_key) == ("unchanged", first.source_key)
    assert len(exchange.requests) == len(records(store)) == 1


def test_again_asks_all_the_same_and_lands_the_same_bytes_once(store, attempt, exchange):
    first = attempt()
    again = attempt(at=EVENING + timedelta(minutes=1), again=True)
    assert (again.status, again.source_key) == ("unchanged", first.source_key)
    assert len(exchange.requests) == len(records(store)) == 2
    assert len(landed_keys(store)) == 1


def test_what_was_fetched_before_the_close_is_fetched_again_after_it(store, attempt, exchange):
    assert attempt(at=NOON).status == "ok"
    assert attempt(at=NOON + timedelta(hours=1)).status == "ok"
    final = attempt()
    assert final.status == "ok"
    assert len(landed_keys(store)) == len(exchange.requests) == 3
    assert final.source_key == landed_keys(store)[-1]
    assert attempt(at=EVENING + timedelta(hours=1)).status == "unchanged"


def test_a_muhurat_session_is_over_in_the_evening_only(store, attempt):
    day = date(2024, 11, 1)
    early = datetime(2024, 11, 1, 13, 30, tzinfo=UTC)  # 19:00 in India: still trading
    assert attempt(day, at=early).status == "ok"
    assert attempt(day, at=early + timedelta(hours=1)).status == "ok"
    assert len(landed_keys(store)) == 2
    assert attempt(day, at=early + timedelta(hours=2)).status == "unchanged"


@pytest.mark.parametrize(
    ("day", "detail"), [("2025-10-18", "weekend"), ("2025-10-22", "Diwali Balipratipada")]
)
def test_a_closed_day_is_recorded_and_not_asked_for(store, attempt, exchange, day, detail):
    outcome = attempt(date.fromisoformat(day))
    assert (outcome.status, outcome.detail) == ("holiday", detail)
    assert exchange.requests == landed_keys(store) == []
    assert [record["status"] for record in records(store)] == ["holiday"]


def test_a_closed_day_can_be_asked_for_all_the_same(store, attempt, exchange):
    """An unplanned session is in no calendar; when there was none, nothing is filed under it."""
    saturday = date(2025, 10, 18)
    evening = datetime(2025, 10, 18, 12, tzinfo=UTC)
    outcome = attempt(saturday, at=evening, again=True)
    assert outcome.status == "not_published"
    assert len(exchange.requests) == 1
    [key] = landed_keys(store)
    assert "/trade_date=2025-10-17/" in key


def test_a_session_that_has_not_opened_is_not_published(store, attempt):
    outcome = attempt(at=datetime(2025, 10, 16, 3, 30, tzinfo=UTC))  # 09:00 in India
    assert outcome.status == "not_published"
    assert "is of 2025-10-15" in outcome.detail
    [key] = landed_keys(store)  # what came is kept, under the session that it holds
    assert "/trade_date=2025-10-15/" in key
    assert records(store)[0]["trade_date"] == "2025-10-16"
    assert attempt().status == "ok"  # and does not stand for the session later


@pytest.mark.parametrize(
    ("fault", "status", "detail", "lands"),
    [
        (QuotaText(), "quota", "DAILY quota", True),
        (QuotaText(code=429), "quota", "RapidAPI refuses", True),
        (BotPage(), "blocked", "Access Denied", True),
        (BotPage(code=403), "blocked", "INVESTIQ_RAPIDAPI_KEY", True),
        (Status(401), "blocked", "INVESTIQ_RAPIDAPI_KEY", True),
        (Status(500), "failed", "HTTP 500", True),
        (TruncatedJson(), "failed", "truncated", True),
        (EmptyArray(), "failed", "empty_array", True),
        (CutBody(), "failed", "broke off", False),
        (Status(429, retry_after=999), "quota", "999 s", False),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str | bool) else "",
)
def test_a_refusal_is_an_outcome_with_its_evidence(
    store, attempt, exchange, fault, status, detail, lands
):
    exchange.script("/any", fault, times=9)
    outcome = attempt()
    assert outcome.status == status
    assert detail in outcome.detail
    assert landed_keys(store) == ([outcome.source_key] if lands else [])
    assert [record["status"] for record in records(store)] == [status]
    exchange.clear_faults()
    assert attempt(at=EVENING + timedelta(minutes=5)).status == "ok"


def test_evidence_that_comes_again_lands_once_and_is_recorded_twice(store, attempt, exchange):
    exchange.script("/any", Status(401), times=2)
    first, second = attempt(), attempt(at=EVENING + timedelta(minutes=1))
    assert first.source_key == second.source_key
    assert len(landed_keys(store)) == 1
    assert len(records(store)) == 2


def test_evidence_after_a_good_reply_does_not_hide_it(store, attempt, exchange):
    good = attempt()
    exchange.script("/any", BotPage())
    assert attempt(at=EVENING + timedelta(minutes=1), again=True).status == "blocked"
    assert attempt(at=EVENING + timedelta(minutes=2)).source_key == good.source_key


@pytest.mark.parametrize(
    "fault", [Status(403, message=f"{KEY} is unknown"), QuotaText(text=f"your API key as {KEY}")]
)
def test_a_key_that_the_api_echoes_is_stored_nowhere(store, attempt, exchange, fault):
    exchange.script("/any", fault)
    attempt()
    for item in store.list(""):
        body = store.read(item.key)
        assert KEY not in f"{body.content!r} {body.metadata}"


def test_what_is_wrong_on_our_side_is_raised(store, calendar):
    class Misconfigured:
        def fetch(self, trade_date):
            raise ConfigurationError("no key")

    with pytest.raises(ConfigurationError):
        ingest_session(DAY, Misconfigured(), store, calendar)
    assert records(store) == []


def test_a_refusal_without_evidence_is_recorded_with_the_present_time(store, calendar):
    class Slow:
        def fetch(self, trade_date):
            raise DeadlineExceeded("too slow. Run the command again later.")

    before = datetime.now(UTC)
    outcome = ingest_session(DAY, Slow(), store, calendar)
    assert (outcome.status, outcome.source_key, outcome.http_status) == ("failed", None, None)
    assert before <= outcome.attempted_at <= datetime.now(UTC)


def test_records_of_two_sources_with_the_same_words_have_keys_of_their_own(store):
    for dataset, day in (("quotes", DAY), ("news", DAY), ("quotes", None)):
        record_attempt(store, Outcome("fetch", "rapidapi", dataset, day, "failed", EVENING))
    keys = [item.key for item in store.list("outcomes/")]
    assert len(keys) == 3
    assert any("trade_date=1970-01-01" in key for key in keys)
    assert [record["trade_date"] for record in records(store)].count(None) == 1


@pytest.fixture
def folder(tmp_path, quote):
    """One reply of quotes, one broken one, and one file of something else."""
    path = tmp_path / "files"
    path.mkdir()
    (path / "nse_data_26042024130436.json").write_text(json.dumps([quote()]))
    (path / "nse_data_27042024130436.json").write_text('[{"symbol": "REL')
    (path / "notes.txt").write_text("buy low")
    return path


def test_a_folder_lands_what_is_recognised_and_names_the_rest(store, folder):
    outcomes = ingest_directory(folder, store, max_bytes=LIMIT)
    assert [outcome.status for outcome in outcomes] == ["unrecognised", "ok", "failed"]
    assert outcomes[0].detail.startswith("notes.txt: not a file of a dataset")
    assert len(landed_keys(store)) == 2
    assert len(records(store)) == 3


def test_a_folder_that_comes_again_adds_nothing(store, folder):
    ingest_directory(folder, store, max_bytes=LIMIT)
    before = {item.key: item.etag for item in store.list("")}
    later = datetime.now(UTC) + timedelta(days=1)
    outcomes = ingest_directory(folder, store, max_bytes=LIMIT, clock=lambda: later)
    assert [outcome.status for outcome in outcomes] == ["unrecognised", "unchanged", "failed"]
    assert {item.key: item.etag for item in store.list("")} == before


@pytest.mark.parametrize(
    ("first", "last", "statuses"),
    [
        ("2024-04-26", "2024-04-26", ["unrecognised", "ok"]),
        ("2024-04-27", None, ["unrecognised", "failed"]),
        (None, "2024-04-25", ["unrecognised"]),
    ],
)
def test_a_span_leaves_other_sessions_where_they_are(store, folder, first, last, statuses):
    span = {
        "first": date.fromisoformat(first) if first else None,
        "last": date.fromisoformat(last) if last else None,
    }
    outcomes = ingest_directory(folder, store, max_bytes=LIMIT, **span)
    assert [outcome.status for outcome in outcomes] == statuses


def test_the_first_real_sample_lands(store, real_data):
    outcomes = ingest_directory(real_data / "first_sample", store, max_bytes=LIMIT)
    good = {outcome.dataset_name: outcome for outcome in outcomes if outcome.status == "ok"}
    assert good["quotes"].records_in == 828
    assert f"{good['quotes'].trade_date}" == "2024-04-26"
    assert good["news"].records_in == 50
    assert f"{good['news'].trade_date}" == "2024-04-28"


def test_a_session_that_came_from_a_folder_is_not_asked_for(store, calendar, folder):
    ingest_directory(folder, store, max_bytes=LIMIT)

    class Untouched:
        def fetch(self, trade_date) -> Fetched:
            raise AssertionError("asked although it has landed")

    outcome = ingest_session(date(2024, 4, 26), Untouched(), store, calendar)
    assert outcome.status == "unchanged"
