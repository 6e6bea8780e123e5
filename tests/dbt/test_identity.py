"""Who is who, on hand-made bars: one share through symbols, ISINs, series and absences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

_TABLES = """
create schema if not exists intermediate;
create or replace table intermediate.int_prices__bars (
    symbol varchar, series varchar, trade_date date, isin varchar,
    previous_close_price decimal(18, 4), close_price decimal(18, 4), session_version timestamp
);
create or replace table intermediate.int_prices__sessions (
    trade_date date, session_version timestamp
);
create or replace table intermediate.int_quotes__accepted (
    symbol varchar, series varchar, trade_date date, isin varchar, instrument_type varchar,
    previous_close_price decimal(18, 4), close_price decimal(18, 4),
    company_name varchar, industry varchar
);
"""
_LOADED = datetime(2026, 1, 1)


def weekdays(first: str, sessions: int) -> Iterator[date]:
    """So many weekdays from `first` on."""
    day = date.fromisoformat(first)
    while sessions:
        if day.weekday() < 5:
            yield day
            sessions -= 1
        day += timedelta(days=1)


@dataclass
class Tape:
    """Bars written share by share; each session's previous close is the close before."""

    bars: list[list[Any]] = field(default_factory=list)
    quotes: list[list[Any]] = field(default_factory=list)
    changes: list[list[Any]] = field(default_factory=list)

    def trade(
        self,
        symbol: str,
        first: str,
        sessions: int,
        *,
        isin: str | None = None,
        series: str = "EQ",
        previous: float | None = None,
        price: float = 100,
    ) -> float:
        """Let a symbol trade; returns its last close. `previous` is the first PREVCLOSE."""
        for day in weekdays(first, sessions):
            self.bars.append([symbol, series, day, isin, previous, price, _LOADED])
            previous, price = price, round(price + 0.25, 4)
        return previous or price

    def renamed(self, old: str, new: str, changed_on: str) -> None:
        """One line of the exchange's list of symbol changes."""
        self.changes.append([f"{new} Limited", old, new, changed_on])

    def lay(self, warehouse: Any) -> None:
        """Put everything into the warehouse, as a full load would."""
        warehouse.execute(_TABLES)
        warehouse.execute(
            "insert into intermediate.int_prices__bars values (?, ?, ?, ?, ?, ?, ?)", self.bars
        )
        warehouse.execute(
            "insert into intermediate.int_prices__sessions select trade_date, "
            "max(session_version) from intermediate.int_prices__bars group by trade_date"
        )
        if self.quotes:
            warehouse.execute(
                "insert into intermediate.int_quotes__accepted (symbol, series, trade_date, isin, "
                "instrument_type, previous_close_price, close_price) values (?, ?, ?, ?, ?, ?, ?)",
                self.quotes,
            )
        warehouse.execute("delete from raw_data.nse_symbol_changes")
        if self.changes:
            warehouse.execute(
                "insert into raw_data.nse_symbol_changes (company_name, old_symbol, new_symbol, "
                "changed_on, source_key, record_no, fetched_at, trade_date, loaded_at) "
                "select $1, $2, $3, $4, 'list', $5, timestamp '2026-01-01', date '2026-01-01', "
                "timestamp '2026-01-01'",
                [[*line, number] for number, line in enumerate(self.changes, start=1)],
            )


def fill(tape: Tape) -> None:
    """Every case has symbols and issuers of its own; the order of the cases does not matter."""
    # A chain of renames: two known from the list, the middle name without a single bar.
    last = tape.trade("OLDNAME", "2020-01-01", 40, isin="INE001A01011")
    tape.trade("NEWNAME", "2020-02-26", 40, isin="INE001A01011", previous=last)
    tape.renamed("OLDNAME", "MIDNAME", "25-FEB-2020")
    tape.renamed("MIDNAME", "NEWNAME", "26-FEB-2020")
    tape.renamed("FIRSTNAME", "OLDNAME", "03-MAY-2010")
    tape.renamed("NEWNAME", "LATERNAME", "05-AUG-2026")
    tape.renamed("NEWNAME", "NEWNAME", "05-AUG-2026")

    # The ISIN changes one session after the split; the price falls on the ex-date.
    last = tape.trade("SPLIT", "2021-01-01", 30, isin="INE002A01018")
    last = tape.trade("SPLIT", "2021-02-12", 1, isin="INE002A01018", previous=last, price=10)
    tape.trade("SPLIT", "2021-02-15", 30, isin="INE002A01026", previous=last, price=10.25)

    # Series moves: EQ, BE, BZ and back; SM to EQ.
    last = tape.trade("MOVES", "2021-03-01", 10, isin="INE003A01016", series="EQ")
    last = tape.trade("MOVES", "2021-03-15", 10, isin="INE003A01016", series="BE", previous=last)
    last = tape.trade("MOVES", "2021-03-29", 10, isin="INE003A01016", series="BZ", previous=last)
    tape.trade("MOVES", "2021-04-12", 10, isin="INE003A01016", series="EQ", previous=last)
    last = tape.trade("SMALL", "2021-03-01", 40, isin="INE004A01014", series="SM")
    tape.trade("SMALL", "2021-04-26", 10, isin="INE004A01014", series="EQ", previous=last)

    # A recycled symbol: another issuer, one after two months, one after years without an ISIN.
    tape.trade("DPL", "2019-01-01", 40, isin="INE005A01011")
    tape.trade("DPL", "2019-05-01", 40, isin="INE006A01019", previous=40, price=44)
    tape.trade("RECYCLED", "2001-01-01", 40)
    tape.trade("RECYCLED", "2009-01-01", 40, previous=15, price=16)

    # Away for two years and back under the same ISIN, at a reference price.
    tape.trade("RELIST", "2017-01-02", 40, isin="INE007A01017")
    tape.trade("RELIST", "2019-01-01", 40, isin="INE007A01017", previous=20, price=21)

    # The same, and between the two spells one without ISIN at another price.
    tape.trade("BETWEEN", "2016-01-04", 20, isin="INE016A01018")
    tape.trade("BETWEEN", "2018-01-01", 20, previous=20, price=21)
    tape.trade("BETWEEN", "2020-01-01", 20, isin="INE016A01026", previous=60, price=61)

    # Sources with and without ISIN alternate within a month, and an era has none.
    last = tape.trade("MIXED", "2011-05-02", 37)
    last = tape.trade("MIXED", "2011-06-22", 20, isin="INE008A01015", previous=last)
    last = tape.trade("MIXED", "2011-07-20", 3, previous=last)
    last = tape.trade("MIXED", "2011-07-25", 3, isin="INE008A01015", previous=last)
    last = tape.trade("MIXED", "2011-07-28", 2, previous=last)
    tape.trade("MIXED", "2011-08-01", 9, isin="INE008A01023", previous=last)

    # Renamed without a line in the list: the ISIN and the previous close agree.
    last = tape.trade("QUIETOLD", "2020-01-01", 20, isin="INE009A01021")
    tape.trade("QUIETNEW", "2020-01-29", 20, isin="INE009A01021", previous=last)

    # A wrong line: the ISIN is of another issuer and the price of another share.
    tape.trade("WRONGOLD", "2020-01-01", 20, isin="INE010A01011", price=900)
    tape.trade("WRONGNEW", "2020-01-29", 20, isin="INE011A01019", previous=50, price=51)
    tape.renamed("WRONGOLD", "WRONGNEW", "29-JAN-2020")
    # The same where no ISIN is known: the previous close contradicts.
    tape.trade("FALSEOLD", "2005-01-03", 20, price=900)
    tape.trade("FALSENEW", "2005-01-31", 20, previous=50, price=51)
    tape.renamed("FALSEOLD", "FALSENEW", "31-JAN-2005")

    # A dummy ISIN that two symbols share chains nobody.
    last = tape.trade("DUMMYA", "2022-01-03", 5, isin="IN0000000000")
    tape.trade("DUMMYB", "2022-01-10", 5, isin="IN0000000000", previous=last)

    # A rights entitlement beside its share, and a fund.
    tape.trade("RIGHTS", "2020-05-20", 30, isin="INE012A01017")
    tape.trade("RIGHTS-RE", "2020-05-20", 8, isin="INE012A20018", series="BE", price=150)
    tape.trade("GOLDBEES", "2020-05-20", 10, isin="INF204KB17I5")

    # The symbol goes on to another share after its owner was renamed.
    last = tape.trade("HANDED", "2014-01-01", 20, isin="INE013A01015")
    tape.trade("HANDEDNEW", "2014-01-29", 90, isin="INE013A01015", previous=last)
    tape.renamed("HANDED", "HANDEDNEW", "29-JAN-2014")
    tape.trade("HANDED", "2014-05-01", 20, isin="INE014A01013", previous=30, price=33)

    # The vendor still quotes the old symbol of a share, and one that is in no bhavcopy.
    for symbol in ("OLDNAME", "QUOTED"):
        tape.quotes.append([symbol, "EQ", date(2020, 3, 2), None, "share", 100, 101])

    # A share's first day.
    tape.trade("FRESH", "2022-03-01", 1, isin="INE015A01010", previous=76, price=91)


IDENTITY = ("dbt_project/models/intermediate/securities", "dbt_project/models/staging/nse")


def run_identity(warehouse: Any) -> None:
    run = warehouse.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--select",
        *(f"path:{path}" for path in IDENTITY),
    )
    assert run.returncode == 0, run.output


@pytest.fixture(scope="module")
def known(built_once: Callable[[str, Callable[[Any], None]], Any]) -> Any:
    def build(warehouse: Any) -> None:
        tape = Tape()
        fill(tape)
        tape.lay(warehouse)
        run_identity(warehouse)

    return built_once("identity", build)


@pytest.fixture(scope="module")
def owners(known: Any) -> Callable[[str], list[int]]:
    """The securities of a symbol, in the order in which they had it."""
    rows = known.query(
        "select symbol, security_sk from intermediate.int_securities__symbols order by valid_from"
    )
    return lambda symbol: [security for name, security in rows if name == symbol]


def story(known: Any, symbol: str) -> list[tuple[Any, ...]]:
    """How the chain that holds the symbol was made: symbol, reason, second evidence."""
    return list(
        known.query(
            "select symbol, link_reason, second_evidence from intermediate.int_securities__chains "
            "where security_sk in (select security_sk from intermediate.int_securities__symbols "
            f"where symbol = '{symbol}') order by root_spell_key, chain_no"
        )
    )


def test_every_bar_has_one_security_and_no_session_of_it_two_bars(known: Any) -> None:
    bars, owned, doubled = known.query(
        "with owned as (select b.symbol, b.trade_date, s.security_sk "
        "from intermediate.int_prices__bars b join intermediate.int_securities__symbols s "
        "on b.symbol = s.symbol and b.trade_date between s.valid_from and s.valid_to) "
        "select (select count(*) from intermediate.int_prices__bars), count(*), "
        "count(*) - count(distinct (security_sk, trade_date)) from owned"
    )[0]
    assert bars == owned > 800
    assert doubled == 0


def test_fault_27_a_rename_chain_is_one_security(known: Any, owners: Any) -> None:
    assert owners("OLDNAME") == owners("NEWNAME")
    assert len(owners("OLDNAME")) == 1
    assert story(known, "NEWNAME") == [
        ("OLDNAME", "first_seen", None),
        ("NEWNAME", "renamed", "same_isin"),
    ]
    ranges = known.query(
        "select symbol, valid_from::varchar, valid_to::varchar "
        "from intermediate.int_securities__symbols where symbol like '%NAME' order by valid_from"
    )
    assert ranges == [
        ("OLDNAME", "2020-01-01", "2020-02-25"),
        ("NEWNAME", "2020-02-26", "9999-12-31"),
    ]


def test_names_without_a_bar_are_known_from_the_list(known: Any, owners: Any) -> None:
    for symbol, day in [
        ("FIRSTNAME", "2009-01-01"),
        ("MIDNAME", "2020-02-25"),
        ("LATERNAME", "2020-01-15"),
        ("LATERNAME", "2026-09-01"),
        ("NEWNAME", "2020-01-15"),
        ("OLDNAME", "2024-01-01"),
    ]:
        found = known.query(
            "select security_sk from intermediate.int_securities__aliases "
            f"where symbol = '{symbol}' and date '{day}' between valid_from and valid_to"
        )
        assert [row[0] for row in found] == owners("NEWNAME"), (symbol, day)


def test_fault_27_an_isin_that_changes_a_session_after_the_split(known: Any, owners: Any) -> None:
    assert len(owners("SPLIT")) == 1
    assert story(known, "SPLIT") == [
        ("SPLIT", "first_seen", None),
        ("SPLIT", "isin_changed", "same_issuer"),
    ]


def test_series_moves_and_the_main_board_keep_the_security(known: Any, owners: Any) -> None:
    for symbol in ("MOVES", "SMALL"):
        assert len(owners(symbol)) == 1
        assert story(known, symbol) == [(symbol, "first_seen", None)]


def test_a_recycled_symbol_is_two_securities(owners: Any) -> None:
    for symbol in ("DPL", "RECYCLED", "HANDED"):
        assert len(set(owners(symbol))) == 2, symbol
    assert owners("HANDED")[0] == owners("HANDEDNEW")[0]


def test_fault_27_a_relisting_keeps_the_security(known: Any, owners: Any) -> None:
    assert len(owners("RELIST")) == 1
    assert story(known, "RELIST") == [
        ("RELIST", "first_seen", None),
        ("RELIST", "relisted", "same_isin"),
    ]


def test_an_isin_on_both_sides_spans_a_spell_without_one(known: Any, owners: Any) -> None:
    assert len(owners("BETWEEN")) == 1
    assert story(known, "BETWEEN")[1:] == [("BETWEEN", "relisted", "same_issuer")] * 2


def test_eras_and_sessions_without_an_isin_break_nothing(known: Any, owners: Any) -> None:
    assert len(owners("MIXED")) == 1
    assert story(known, "MIXED") == [
        ("MIXED", "first_seen", None),
        ("MIXED", "isin_changed", "same_issuer"),
    ]


def test_a_rename_that_the_list_lacks_needs_the_price_too(known: Any, owners: Any) -> None:
    assert owners("QUIETOLD") == owners("QUIETNEW")
    assert story(known, "QUIETNEW")[-1] == ("QUIETNEW", "renamed", "price_continued")


def test_a_wrong_line_of_the_list_is_refused_with_a_reason(known: Any, owners: Any) -> None:
    assert owners("WRONGOLD") != owners("WRONGNEW")
    assert owners("FALSEOLD") != owners("FALSENEW")
    refused = known.query(
        "select symbol_path, refused_because from intermediate.int_securities__links "
        "where kind = 'symbol_change_list' and not is_accepted order by symbol_path"
    )
    assert refused == [
        ("FALSEOLD > FALSENEW", "the previous close is of another share"),
        ("WRONGOLD > WRONGNEW", "the ISIN is of another issuer"),
    ]


def test_an_isin_that_many_share_chains_nobody(owners: Any) -> None:
    assert owners("DUMMYA") != owners("DUMMYB")


def test_a_symbol_that_only_quotes_know_is_somebody(owners: Any) -> None:
    assert len(owners("QUOTED")) == 1


def test_a_rights_entitlement_is_not_its_share(owners: Any) -> None:
    assert owners("RIGHTS") != owners("RIGHTS-RE")


def test_a_line_that_maps_a_symbol_to_itself_is_dropped_visibly(known: Any) -> None:
    assert known.query(
        "select old_symbol from staging.stg_nse__symbol_changes where flaw = 'self_map'"
    ) == [("NEWNAME",)]


def test_fault_27_the_first_day_of_a_share_is_there(known: Any, owners: Any) -> None:
    assert len(owners("FRESH")) == 1
