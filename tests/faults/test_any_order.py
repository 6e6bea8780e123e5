"""Any order of run, crash, re-run and duplicate delivery ends in the same tables and marts."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import boto3
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import ingestion.ingest
import ingestion.loading.duckdb_warehouse as engine
import ingestion.promotion.promote as promotion
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse, S3Access
from ingestion.objectstore import ObjectStore, s3_client
from sandbox.exchange import Exchange
from sandbox.exchange.faults import Mutate, QuotaText
from sandbox.market import Market

DAYS = (date(2025, 10, 15), date(2025, 10, 16), date(2025, 10, 17))
FAILPOINTS = (
    (ObjectStore, "create"),
    (ingestion.ingest, "record_attempt"),
    (promotion, "_write"),
    (promotion, "record_promotion"),
    (engine, "_read_batch"),
    (engine, "_write_receipts"),
)


class Killed(BaseException):
    """The process ends here: nothing after this line happens, nothing catches it."""


@contextlib.contextmanager
def killed_at(owner: object, name: str) -> Iterator[None]:
    """The named function kills whoever calls it; the block goes on as another process would."""

    def die(*arguments: object, **options: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        patch.setattr(owner, name, die)
        yield


@pytest.fixture(scope="module")
def small_exchange(s3) -> Iterator[Exchange]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in s3.environment.items():
            environment.setenv(name, value)
        with Exchange(Market.build(securities=40)) as exchange:
            yield exchange


@pytest.fixture
def new_house(small_exchange, calendar, tmp_path, house_type):
    """Makes houses on empty buckets, because Hypothesis runs many examples in one test."""

    def make():
        store = ObjectStore(s3_client(), f"test-{uuid.uuid4().hex[:12]}")
        store.ensure_bucket()
        home = tmp_path / store.bucket
        access = S3Access.of(store.client, boto3.Session())
        warehouse = DuckDBWarehouse(home / "warehouse.duckdb", store.bucket, access)
        return house_type(home, store, warehouse, small_exchange, calendar)

    return make


def act(house, move: str, day: date, number: int) -> None:
    """One move of the game; `number` picks an object, a failpoint or a moment."""
    later = house.evening(day) + timedelta(minutes=number)
    if move == "ingest":
        house.ingest(day, at=later)
    elif move == "ingest again":
        house.ingest(day, again=True, at=later)
    elif move == "corrected":
        house.exchange.script("/any", Mutate("text_numbers", rows=number + 1))
        house.ingest(day, again=True, at=later)
    elif move == "broken":
        house.exchange.script("/any", Mutate("missing_field"))
        house.ingest(day, again=True, at=later)
    elif move == "quota":
        house.exchange.script("/any", QuotaText())
        house.ingest(day, again=True, at=later)
    elif move == "promote":
        house.promote()
    elif move == "load":
        house.load()
    elif move == "event":  # one event alone, maybe twice, maybe out of order
        for key in house.keys("landing/")[number % 5 :: 3]:
            promotion.promote_object(house.store, key)
    elif move == "promote again":
        promotion.promote_pending(house.store, again=True)
    elif move == "crash":
        with killed_at(*FAILPOINTS[number % len(FAILPOINTS)]):
            house.ingest(day, again=True, at=later)
            house.promote()
            house.load()
    house.exchange.clear_faults()


MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("ingest", "ingest again", "corrected", "broken", "quota", "promote", "load"),
                *("event", "promote again", "crash", "crash", "crash"),
            ]
        ),
        st.sampled_from(DAYS),
        st.integers(0, 29),
    ),
    min_size=2,
    max_size=9,
)


def landed_records(house) -> dict[tuple[str, int], object]:
    """What every landed reply holds, read from its bytes; number 0 is a reply refused whole."""
    found: dict[tuple[str, int], object] = {}
    for key in house.keys("landing/"):
        body = json.loads(house.store.read(key).content)
        records = body if isinstance(body, list) else [body]
        first = 1 if isinstance(body, list) else 0
        found |= {(key, number): record for number, record in enumerate(records, start=first)}
    return found


def finish(house) -> None:
    house.promote()
    house.load()


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=MOVES)
def test_any_order_loads_every_landed_record_once(new_house, moves):
    house = new_house()
    for move, day, number in moves:
        act(house, move, day, number)
    finish(house)
    loaded = house.rows(
        "select source_key, record_no, payload ->> '$.symbol' from raw_data.rapidapi_quotes"
    )
    refused = house.rows("select source_key, record_no from raw_data.quarantined_records")
    landed = landed_records(house)
    keys = [(key, number) for key, number, _ in loaded] + refused
    assert sorted(keys) == sorted(landed)  # each once: nothing is lost, nothing is doubled
    for key, number, symbol in loaded:
        assert landed[key, number]["symbol"] == symbol
    assert sum(report.objects for report in house.load().values()) == 0


NASTY = [
    ("ingest", DAYS[2], 1),
    ("promote", DAYS[0], 0),
    ("load", DAYS[0], 0),
    ("build", DAYS[0], 0),
    ("crash", DAYS[0], 5),
    ("corrected", DAYS[2], 20),
    ("corrected", DAYS[1], 3),
    ("event", DAYS[0], 1),
    ("load", DAYS[0], 0),
    ("build", DAYS[0], 0),
    ("ingest", DAYS[0], 2),
    ("promote again", DAYS[0], 0),
]


@pytest.mark.timeout(1200)
def test_a_nasty_order_ends_in_the_same_marts(new_house):
    """Built on the way and at the end, the marts equal those of one load and one build."""
    house = new_house()
    house.ingest(DAYS[1])
    for move, day, number in NASTY:
        if move == "build":
            finish(house)
            house.run_models()
        else:
            act(house, move, day, number)
    finish(house)
    house.run_models()

    straight = house.with_warehouse(house.home / "straight" / "warehouse.duckdb")
    straight.load()
    straight.run_models()
    listed = "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    assert house.rows(listed) == straight.rows(listed) > []
    for (mart,) in house.rows(listed):
        # A version says when a warehouse loaded what it shows, and each did so in its own time.
        columns = "columns(lambda name: name not in ('session_version', 'loaded_at'))"
        query = f"select {columns} from marts.{mart} order by all"
        assert house.rows(query) == straight.rows(query), mart


def test_two_runs_on_one_bucket_at_once(house, in_process_of_its_own):
    """A second process ingests, promotes and loads the same day while this one does."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        others = [
            pool.submit(in_process_of_its_own, "ingest(); promotion.promote_pending(store); load()")
            for _ in range(2)
        ]
        house.all()
        assert [other.result().returncode for other in others] == [0, 0], others[0].result().stderr
    [(rows, distinct)] = house.rows(
        "select count(*), count(distinct source_key || record_no) from raw_data.rapidapi_quotes"
    )
    assert rows == distinct == len(landed_records(house))


def test_killed_at_really_kills(tmp_path: Path):
    """The failpoint stops the block where it strikes."""
    reached = []
    with killed_at(promotion, "_write"):
        promotion._write(None, "", "", [])
        reached.append("after")
    assert reached == []
