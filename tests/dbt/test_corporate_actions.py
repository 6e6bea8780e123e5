"""Fault 26 and its kin: events become factors, once, or a row that says why not."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

MODELS = (
    "adjustment_corrections",
    "stg_nse__corporate_actions",
    "stg_operator__adjustment_corrections",
    "int_corporate_actions__*",
    "fct_corporate_actions",
    "rpt_adjustment_review",
)
UPSTREAM = """
create schema if not exists intermediate;
create or replace table intermediate.int_prices__bars (
    symbol varchar, trade_date date, previous_close_price decimal(18, 4),
    open_price decimal(18, 4), fetched_at timestamp);
create or replace table intermediate.int_securities__symbols (
    security_sk bigint, symbol varchar, valid_from date, valid_to date, link_reason varchar);
create or replace table intermediate.int_securities__aliases as
    from intermediate.int_securities__symbols;
"""
MONDAY, TUESDAY, WEDNESDAY = "2023-03-06", "2023-03-07", "2023-03-08"
EX_DATE = "07-Mar-2023"
SPLIT = "Face Value Split (Sub-Division) - From Rs {}/- Per Share To Rs {}/- Per Share"


class Exchange:
    """A hand-made exchange: what it announced, how shares traded, what people corrected."""

    def __init__(self, warehouse: Any) -> None:
        self.warehouse = warehouse
        self.keys: dict[str, int] = {}
        self.replies = 0
        warehouse.execute(UPSTREAM)
        self.share("OLDEST", [("2023-01-02", 100, 100), (MONDAY, 100, 100), (TUESDAY, 100, 100)])

    def share(
        self, symbol: str, bars: list[tuple[str, float, float]], *, key: int | None = None
    ) -> None:
        """Sessions of a share (day, close before, open); it bears its symbol for ever."""
        key = key or len(self.keys) + 1
        self.keys[symbol] = key
        self.warehouse.execute(
            "insert into intermediate.int_prices__bars values ($1, $2, $3, $4, $5)",
            [
                [symbol, date.fromisoformat(day), before, first, f"{day} 13:00"]
                for day, before, first in bars
            ],
        )
        self.bears(key, symbol, bars[0][0])

    def bears(self, key: int, symbol: str, since: str, *, traded: bool = True) -> None:
        for table in ("symbols", "aliases") if traded else ("aliases",):
            self.warehouse.execute(
                f"insert into intermediate.int_securities__{table} values ($1, $2, $3, $4, $5)",
                [[key, symbol, date.fromisoformat(since), date(9999, 12, 31), "by hand"]],
            )

    def announce(
        self, *rows: tuple[str, str, str], fetched_at: str = "2023-03-01 13:00", **more: Any
    ) -> None:
        """A reply: (symbol, subject, ex-date) of each row."""
        self.replies += 1
        self.warehouse.execute(
            "insert into raw_data.nse_corporate_actions by name select $1::json as payload, "
            "$2 as source_key, $3 as record_no, $4 as fetched_at, $5 as trade_date, "
            "now()::timestamp as loaded_at",
            [
                [
                    json.dumps(
                        {"series": "EQ", "face_val": "10"}
                        | {"symbol": symbol, "subject": subject, "ex_date": ex_date}
                        | more
                    ),
                    f"reply {self.replies}",
                    number,
                    datetime.fromisoformat(fetched_at),
                    datetime.fromisoformat(fetched_at).date(),
                ]
                for number, (symbol, subject, ex_date) in enumerate(rows, start=1)
            ],
        )

    def correct(
        self, *lines: tuple[str, str, str | None], fetched_at: str = "2023-03-20 13:00"
    ) -> None:
        self.warehouse.execute(
            "insert into raw_data.adjustment_corrections by name select $1 as symbol, "
            "$2 as ex_date, $3 as share_factor, 'seen in the price' as evidence, $4 as source_key, "
            "$5 as record_no, $6 as fetched_at, $6::date as trade_date, "
            "now()::timestamp as loaded_at",
            [
                [*line, fetched_at, number, datetime.fromisoformat(fetched_at)]
                for number, line in enumerate(lines, start=1)
            ],
        )

    def build(self) -> None:
        run = self.warehouse.dbt("build", "--exclude-resource-type", "unit_test", "-s", *MODELS)
        assert run.returncode == 0, run.output

    def factors(self) -> dict[str, tuple[float, float, float]]:
        """Share factor, dividend and multiplier by symbol; shares here have one ex-date."""
        rows = self.warehouse.query(
            "select distinct on (security_sk, ex_date) symbol, share_factor, dividend_inr, "
            "tr_multiplier from intermediate.int_corporate_actions__price_factors "
            "join intermediate.int_securities__symbols using (security_sk)"
        )
        assert len({symbol for symbol, *_ in rows}) == len(rows), "a share has two factors"
        return {symbol: tuple(values) for symbol, *values in rows}

    def statuses(self, symbol: str) -> list[tuple[str, str, str | None]]:
        return list(
            self.warehouse.query(
                "select event_type, event_status, status_reason from marts.fct_corporate_actions "
                f"where symbol = '{symbol}' and event_type <> 'none' order by all"
            )
        )

    def reviews(self, symbol: str) -> list[tuple[str, str, int]]:
        return list(
            self.warehouse.query(
                "select review_kind, reason, priority from marts.rpt_adjustment_review "
                f"where symbol = '{symbol}' order by all"
            )
        )


def traded(before: float, first: float) -> list[tuple[str, float, float]]:
    """A bar before the ex-date, and the bar of the ex-date."""
    return [(MONDAY, before, before), (TUESDAY, before, first)]


def fill(warehouse: Any) -> None:
    """One share for each kind of event, all with the same ex-date."""
    exchange = Exchange(warehouse)
    share, announce = exchange.share, exchange.announce

    def event(symbol: str, before: float, first: float, *subjects: str, **more: Any) -> None:
        share(symbol, traded(before, first))
        if subjects:
            announce(*((symbol, subject, EX_DATE) for subject in subjects), **more)

    event("SPLIT", 1000, 104, SPLIT.format(10, 1))
    event("BONUS", 300, 205, "Bonus 1:2")
    event("REVERSE", 2, 19.5, "Consolidation - From Re 1/- Per Share To Rs 10/- Per Share")
    event("COMBINED", 1800, 185, SPLIT.format(10, 2), "Bonus 1:1", "Annual General Meeting")
    event("ONETEXT", 1800, 185, "Bonus 1:1/" + SPLIT.format(10, 2))
    event("NCRPS", 100, 99, "Scheme Of Arrangement - Bonus Ncrps 1:10")
    event("SMALL", 110, 111, "BONUS 1:10", series="SM")
    event("CIRCUIT", 1000, 600, "Bonus 1:1")
    event("CASH", 100, 97, "Annual General Meeting/Dividend - Rs 2 Per Share")
    event("TWICE", 100, 90, "Interim Dividend - Rs 4 Per Share & Special Dividend - Rs 6 Per Share")
    event("BOTH", 100, 48, "Bonus 1:1", "Interim Dividend - Rs 5 Per Share")
    event("MISKEYED", 300, 303, "Bonus 1:2")
    event("GARBLED", 300, 150, "Bonus Issue One For One")
    event("NOAMOUNT", 100, 99, "Interim Dividend")
    event("TOOMUCH", 100, 99, "Dividend - Rs 100 Per Share")
    event("RIGHTS", 100, 92, "Rights 1:4 @ Premium Rs 50/-")
    event("DEARRIGHTS", 50, 50, "Rights 1:4 @ Premium Rs 50/-")
    event("PARRIGHTS", 100, 80, "Rights 1:1")
    event("DEMERGED", 100, 60, "Demerger")
    event("JUMPED", 100, 50.5)
    event("CALM", 100, 119)
    event("REVISED", 100, 33, "Bonus 1:1", "Bonus 2:1 (Purpose Revised)")
    event("CONFIRMED", 100, 50, "Bonus 1:1", "Bonus 1:1 (Purpose Revised)")
    event("CANCELLED", 100, 100, "Bonus 1:1", "Bonus 1:1 (Cancelled)")

    # One event with the face value before and after, and once more in a later fetch.
    event("FACES", 1000, 104, SPLIT.format(10, 1), face_val="10")
    announce(("FACES", SPLIT.format(10, 1), EX_DATE), face_val="1")
    announce(("FACES", SPLIT.format("10", "1"), EX_DATE), fetched_at="2023-03-09 13:00")

    # A later fetch words it anew, or under another day; the first telling is gone by then.
    event("RESTATED", 100, 33, "Bonus 1:1")
    announce(("RESTATED", "Bonus 2:1", EX_DATE), fetched_at="2023-03-05 13:00")
    event("COMPLETED", 100, 96, "Interim Dividend")
    announce(("COMPLETED", "Interim Dividend - Rs 4 Per Share", EX_DATE), fetched_at="2023-03-02")
    share("MOVED", [(MONDAY, 100, 100), (TUESDAY, 100, 100), (WEDNESDAY, 100, 50)])
    announce(("MOVED", "Bonus 1:1", EX_DATE))
    announce(("MOVED", "Bonus 1:1", "08-Mar-2023"), fetched_at="2023-03-05 13:00")

    # The feed labels an old event with the symbol of today, before and after the rename is known.
    share("OLDNAME", traded(300, 205))
    exchange.bears(exchange.keys["OLDNAME"], "NEWNAME", "2023-06-01", traded=False)
    announce(("OLDNAME", "Bonus 1:2", EX_DATE))
    announce(("NEWNAME", "Bonus 1:2", EX_DATE), fetched_at="2023-07-01 13:00")

    # No bar since, none before, none at all, none that day, no history that old.
    share("ASLEEP", [(MONDAY, 300, 300)])
    share("WAKES", [(MONDAY, 300, 300), ("2023-03-20", 300, 205)])
    share("NEWBORN", [(TUESDAY, 300, 303)])
    announce(*((s, "Bonus 1:2", EX_DATE) for s in ("ASLEEP", "WAKES", "NEWBORN", "NOBODY")))
    announce(("NOBODY", "Dividend - Rs 2 Per Share", EX_DATE))
    announce(("OLDEST", "Bonus 1:1", "02-Jan-2020"), ("OLDEST", "Bonus 1:1", "-"))

    # Corrections by hand: what the feed lacks, or has wrong; one taken back, one that nobody sees.
    event("LACKING", 1000, 104)
    event("WRONG", 300, 150, "Bonus 1:2")
    event("TAKENBACK", 300, 205, "Bonus 1:2")
    event("DOUBTFUL", 100, 101)
    exchange.correct(
        ("LACKING", TUESDAY, "10"),
        ("WRONG", TUESDAY, "3"),
        ("TAKENBACK", TUESDAY, "1"),
        ("DOUBTFUL", TUESDAY, "2"),
        ("UNREADABLE", "7 March", "x"),
    )
    exchange.correct(
        ("WRONG", TUESDAY, "2"), ("TAKENBACK", TUESDAY, None), fetched_at="2023-03-21 13:00"
    )
    # Known to everybody, in the seed: the feed lists the bonus of one company under another.
    for symbol, first in (("DVL", 303), ("DTIL", 201)):
        share(symbol, [("2021-08-04", 300, 300), ("2021-08-05", 300, first)])
    announce(("DVL", "Bonus 1:2", "05-Aug-2021"))
    share("EARLIER", [("2021-08-03", 1, 1)])
    exchange.build()


@pytest.fixture(scope="module")
def exchange(built_once: Callable[[str, Callable[[Any], None]], Any]) -> Exchange:
    opened = Exchange.__new__(Exchange)
    opened.warehouse = built_once("corporate_actions", fill)
    return opened


UNCHANGED = None
FACTORS: dict[str, tuple[float, float, float] | None] = {
    "SPLIT": (10, 0, 1),
    "BONUS": (1.5, 0, 1),
    "REVERSE": (0.1, 0, 1),
    "COMBINED": (10, 0, 1),
    "ONETEXT": (10, 0, 1),
    "NCRPS": UNCHANGED,
    "SMALL": (1.1, 0, 1),
    "CIRCUIT": (2, 0, 1),
    "CASH": (1, 2, 0.98),
    "TWICE": (1, 10, 0.9),
    "BOTH": (2, 5, 0.95),
    "MISKEYED": UNCHANGED,
    "GARBLED": UNCHANGED,
    "NOAMOUNT": UNCHANGED,
    "TOOMUCH": UNCHANGED,
    "RIGHTS": (1, 0, (1 + 0.25 * 60 / 100) / 1.25),
    "DEARRIGHTS": UNCHANGED,
    "PARRIGHTS": UNCHANGED,
    "DEMERGED": UNCHANGED,
    "REVISED": (3, 0, 1),
    "CONFIRMED": (2, 0, 1),
    "CANCELLED": UNCHANGED,
    "FACES": (10, 0, 1),
    "RESTATED": (3, 0, 1),
    "COMPLETED": (1, 4, 0.96),
    "MOVED": (2, 0, 1),
    "OLDNAME": (1.5, 0, 1),
    "ASLEEP": UNCHANGED,
    "WAKES": (1.5, 0, 1),
    "NEWBORN": UNCHANGED,
    "OLDEST": UNCHANGED,
    "LACKING": (10, 0, 1),
    "WRONG": (2, 0, 1),
    "TAKENBACK": (1.5, 0, 1),
    "DOUBTFUL": (2, 0, 1),
    "DVL": UNCHANGED,
    "DTIL": (1.5, 0, 1),
}


def test_fault_26_every_event_becomes_the_right_factor_once(exchange: Exchange) -> None:
    found = exchange.factors()
    assert set(found) == {symbol for symbol, factor in FACTORS.items() if factor is not None}
    for symbol, values in found.items():
        assert values == pytest.approx(FACTORS[symbol], rel=1e-12), symbol
    assert found["COMBINED"][0] == 10.0  # exactly: 5 x 2 is no 10.000000000000002


@pytest.mark.parametrize(
    ("symbol", "statuses"),
    {
        "NCRPS": [],
        "MISKEYED": [("bonus", "contradicted", "price_did_not_move")],
        "GARBLED": [("bonus", "needs_review", "text_not_understood")],
        "NOAMOUNT": [("dividend", "needs_review", "dividend_amount_unknown")],
        "TOOMUCH": [("dividend", "needs_review", "dividend_exceeds_price")],
        "DEARRIGHTS": [("rights", "no_effect", "rights_above_price")],
        "PARRIGHTS": [("rights", "needs_review", "rights_price_unknown")],
        "DEMERGED": [("demerger", "needs_review", "demerger_value_unknown")],
        "REVISED": [("bonus", "applied", None), ("bonus", "superseded", "purpose_revised")],
        "CONFIRMED": [("bonus", "applied", None), ("bonus", "superseded", "repeated")],
        "CANCELLED": [("bonus", "no_effect", "cancelled"), ("bonus", "superseded", "cancelled")],
        "FACES": [("split", "applied", None)],
        "RESTATED": [("bonus", "applied", None), ("bonus", "superseded", "restated")],
        "COMPLETED": [("dividend", "applied", None), ("dividend", "superseded", "restated")],
        "MOVED": [("bonus", "applied", None), ("bonus", "superseded", "moved_to_another_date")],
        "OLDNAME": [("bonus", "applied", None)],
        "NEWNAME": [("bonus", "superseded", "repeated")],
        "ASLEEP": [("bonus", "pending", "no_bar_since")],
        "NEWBORN": [("bonus", "orphaned", "no_bar_before")],
        "OLDEST": [
            ("bonus", "needs_review", "ex_date_unknown"),
            ("bonus", "no_effect", "before_the_history"),
        ],
        "NOBODY": [
            ("bonus", "needs_review", "symbol_unknown"),
            ("dividend", "needs_review", "symbol_unknown"),
        ],
        "WRONG": [
            ("bonus", "superseded", "corrected_by_hand"),
            ("manual", "applied", None),
            ("manual", "superseded", "newer_correction"),
        ],
        "TAKENBACK": [
            ("bonus", "applied", None),
            ("manual", "no_effect", "correction_withdrawn"),
            ("manual", "superseded", "newer_correction"),
        ],
        "UNREADABLE": [("manual", "needs_review", "correction_not_readable")],
        "DVL": [("bonus", "superseded", "corrected_by_hand"), ("manual", "applied", None)],
        "DTIL": [("manual", "applied", None)],
    }.items(),
)
def test_fault_26_what_is_not_applied_says_why(
    exchange: Exchange, symbol: str, statuses: list[tuple[str, str, str | None]]
) -> None:
    assert exchange.statuses(symbol) == statuses


@pytest.mark.parametrize(
    ("symbol", "reviews"),
    {
        "BONUS": [],
        "CALM": [],
        "CIRCUIT": [],
        "JUMPED": [("unexplained_jump", "no_action_explains_it", 1)],
        "GARBLED": [
            ("labelled_jump", "action_in_review", 3),
            ("text_or_figure", "text_not_understood", 1),
        ],
        "MISKEYED": [("contradicted_factor", "price_did_not_move", 1)],
        "DEMERGED": [
            ("labelled_jump", "demerger", 3),
            ("text_or_figure", "demerger_value_unknown", 2),
        ],
        "NEWBORN": [("orphaned_factor", "no_bar_before", 1)],
        "NOBODY": [("unknown_symbol", "symbol_unknown", 2)],
        "DOUBTFUL": [
            ("doubtful_correction", "applied", 1),
            ("unexplained_jump", "no_action_explains_it", 1),
        ],
        "UNREADABLE": [("text_or_figure", "correction_not_readable", 1)],
        "LACKING": [],
        "DVL": [],
    }.items(),
)
def test_a_person_is_told_what_to_look_at(
    exchange: Exchange, symbol: str, reviews: list[tuple[str, str, int]]
) -> None:
    assert exchange.reviews(symbol) == reviews


def test_a_jump_names_the_ratio_that_would_explain_it(exchange: Exchange) -> None:
    assert exchange.warehouse.query(
        "select suggested_ratio, suggested_factor, round(price_change, 3), next_step "
        "from marts.rpt_adjustment_review where symbol = 'JUMPED'"
    ) == [
        (
            "bonus 1:1 or split in 2",
            2.0,
            -0.495,
            "Look for an announcement of that day; if it happened, add a line (symbol, ex_date, "
            "share_factor, evidence) to the file of corrections.",
        )
    ]


def test_a_factor_tells_when_it_was_learned_and_what_said_so(exchange: Exchange) -> None:
    rows = exchange.warehouse.query(
        "select symbol, learned_at, is_manual, description "
        "from intermediate.int_corporate_actions__price_factors "
        "join intermediate.int_securities__symbols using (security_sk) "
        "where symbol in ('FACES', 'RESTATED', 'LACKING', 'COMBINED') order by symbol"
    )
    assert rows == [
        ("COMBINED", datetime(2023, 3, 1, 13), False, f"Bonus 1:1 + {SPLIT.format(10, 2)}"),
        ("FACES", datetime(2023, 3, 1, 13), False, SPLIT.format(10, 1)),
        ("LACKING", datetime(2023, 3, 20, 13), True, "seen in the price"),
        ("RESTATED", datetime(2023, 3, 5, 13), False, "Bonus 2:1"),
    ]


def test_no_record_is_dropped_unseen(exchange: Exchange) -> None:
    missing = exchange.warehouse.query(
        "select r.symbol, r.subject from staging.stg_nse__corporate_actions r where not exists ("
        "select 1 from marts.fct_corporate_actions f where f.symbol = r.symbol "
        "and f.ex_date is not distinct from r.ex_date)"
    )
    assert missing == []


def test_fault_26_a_pending_split_is_applied_exactly_once_however_often_run(
    new_warehouse: Callable[[], Any],
) -> None:
    exchange = Exchange(new_warehouse())
    exchange.share("TODAY", [(MONDAY, 1000, 1000)])
    exchange.announce(("TODAY", SPLIT.format(10, 2), EX_DATE))
    exchange.build()
    assert exchange.factors() == {}
    assert exchange.statuses("TODAY") == [("split", "pending", "no_bar_since")]

    exchange.warehouse.execute(
        "insert into intermediate.int_prices__bars values "
        "('TODAY', '2023-03-07', 1000, 202, '2023-03-07 13:00')"
    )
    exchange.announce(("TODAY", SPLIT.format(10, 2), EX_DATE), fetched_at="2023-03-07 13:00")
    exchange.build()
    once = exchange.warehouse.content("marts")
    assert exchange.factors() == {"TODAY": (5.0, 0.0, 1.0)}

    exchange.announce(("TODAY", SPLIT.format(10, 2), EX_DATE), fetched_at="2023-03-08 13:00")
    exchange.build()
    exchange.build()
    assert exchange.factors() == {"TODAY": (5.0, 0.0, 1.0)}
    again = exchange.warehouse.content("marts")
    assert again["marts.rpt_adjustment_review"] == once["marts.rpt_adjustment_review"]
    assert len(again["marts.fct_corporate_actions"]) == len(once["marts.fct_corporate_actions"])
