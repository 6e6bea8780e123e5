"""Raw lines of the exchange's files through the real dbt: one key per share and per index."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

MODELS = (
    "+fct_prices_daily",
    "+dim_securities",
    "+dim_security_identities",
    "+dim_indices",
    "+rpt_record_accounting",
)
MARTS = (
    "fct_prices_daily",
    "dim_securities",
    "dim_security_identities",
    "fct_index_daily",
    "dim_indices",
)
NIFTY = ("S&P CNX Nifty", "CNX Nifty", "Nifty 50")


def closes(day: str, **levels: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Lines of an ind_close_all file: close, points change, and high with low where not a dash."""
    return [
        {
            "index_name": name.replace("_", " "),
            "index_date": day,
            "open_index_value": "-" if span == "-" else close,
            "high_index_value": "-" if span == "-" else span.split()[0],
            "low_index_value": "-" if span == "-" else span.split()[1],
            "closing_index_value": close,
            "points_change": points,
            "change_pct": ".27",
            "volume": "-",
            "turnover_rs_cr": "4798.17",
            "p_e": "19.22",
            "p_b": "-",
            "div_yield": "1.41",
        }
        for name, (close, points, span) in levels.items()
    ]


def changed(old: str, new: str, day: str) -> dict[str, Any]:
    return {"company_name": f"{new} Limited", "old_symbol": old, "new_symbol": new} | {
        "changed_on": day
    }


def first_load(warehouse: Any, make: SimpleNamespace) -> None:
    """A rename by the list, a split, a relisting, a first day, and a rename not yet listed."""
    legacy, udiff, delivery = make.legacy, make.udiff, make.delivery
    before, after = {"isin": "INE101A01011"}, {"isin": "INE101A01029"}
    files: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("nse_bhavcopy_legacy", "2022-01-10"): [
            legacy("RELIST", 100, isin="INE102A01019"),
            legacy("GONER", 50, isin="INE103A01017"),
        ],
        ("nse_bhavcopy_legacy", "2024-07-01"): [legacy("OLDCO", 900, 890, **before)],
        ("nse_bhavcopy_legacy", "2024-07-02"): [legacy("OLDCO", 91, 900, **before)],
        ("nse_bhavcopy_legacy", "2024-07-03"): [legacy("OLDCO", 92, 91, series="BE", **after)],
        ("nse_sec_bhavdata", "2024-07-04"): [
            delivery("OLDCO", 93, 92),
            delivery("LATEOLD", 40, 39),
        ],
        ("nse_bhavcopy_udiff", "2024-07-08"): [
            udiff("NEWCO", 94, 93, **after),
            udiff("RELIST", 20, 18, isin="INE102A01019"),
            udiff("NEWCO-RE", 5, 4, isin="INE101A20011", scty_srs="BE"),
        ],
        ("nse_sec_bhavdata", "2024-07-09"): [
            delivery("NEWCO", 95, 94),
            delivery("LATENEW", 41, 40),
        ],
        ("nse_bhavcopy_udiff", "2024-07-10"): [
            udiff("NEWCO", 96, 95, **after),
            udiff("FRESH", 130, 100, isin="INE104A01015"),
        ],
    }
    for (table, day), lines in files.items():
        warehouse.archive(table, lines, day)
    warehouse.archive(
        "nse_symbol_changes", [changed("OLDCO", "NEWCO", "08-JUL-2024")], "2024-07-10"
    )
    for day, levels in {
        "2012-10-01": {NIFTY[0]: ("5718.80", "15.50", "5722.95 5694")},
        "2015-11-06": {
            NIFTY[1]: ("7954.30", "-1.15", "7996.15 7926.15"),
            "CNX IT": ("11", "0", "-"),
        },
        "2015-11-10": {NIFTY[2]: ("7783.35", "-131.85", "7885.10 7772.85")},
        "2024-04-26": {NIFTY[2]: ("22419.95", "-150.40", "22620.40 22385.55")},
    }.items():
        warehouse.archive("nse_index_closes", closes(day, **levels), day)
    for day, price in (("25", 22570.35), ("26", 22422.0)):
        quoted = make.index("NIFTY 50", last_price=price, open=price, day_high=price, day_low=price)
        quoted |= {"last_update_time": f"{day}-Apr-2024 15:59:00", "previous_close": 22402.4}
        key = f"quotes of {day}"
        warehouse.load(key, [quoted], fetched_at=f"2024-04-{day} 11:00", asked=f"2024-04-{day}")


def second_load(warehouse: Any) -> None:
    """A newer list that knows one more rename, and an index file that came late."""
    lines = [changed("OLDCO", "NEWCO", "08-JUL-2024"), changed("LATEOLD", "LATENEW", "09-JUL-2024")]
    late = {"loaded_at": "2026-02-01 00:00:00"}
    warehouse.archive("nse_symbol_changes", lines, "2024-07-11", **late)
    day = closes("2015-11-09", **{NIFTY[2]: ("7915.20", "-39.10", "7938.00 7771.70")})
    warehouse.archive("nse_index_closes", day, "2015-11-09", **late)


@pytest.fixture(scope="module")
def known(
    built_once: Callable[[str, Callable[[Any], None]], Any], make: SimpleNamespace
) -> SimpleNamespace:
    """What three builds left: the first load, the second on top of it, and all from nothing."""

    def run(warehouse: Any, *more: str) -> None:
        done = warehouse.dbt("run", "--select", *MODELS, *more)
        assert done.returncode == 0, done.output

    def build(warehouse: Any) -> None:
        first_load(warehouse, make)
        run(warehouse)
        warehouse.copy(warehouse.folder / "first")
        second_load(warehouse)
        run(warehouse)
        warehouse.copy(warehouse.folder / "second")
        run(warehouse, "--full-refresh")

    last = built_once("identity-marts", build)
    first, second = (type(last)(last.folder / name) for name in ("first", "second"))
    return SimpleNamespace(first=first, second=second, afresh=last)


def test_a_rename_and_a_late_file_reach_what_a_full_refresh_reaches(known: Any) -> None:
    for mart in MARTS:
        rows = known.afresh.query(f"select * from marts.{mart} order by all")
        assert rows, mart
        assert known.second.query(f"select * from marts.{mart} order by all") == rows, mart


def test_fault_27_one_security_through_rename_isin_change_and_series(known: Any) -> None:
    rows = known.first.query(
        "select symbol, series, isin, trade_date::varchar, close_price::int, "
        "previous_close_price::int from marts.fct_prices_daily where security_sk = (select "
        "security_sk from marts.dim_securities where symbol = 'NEWCO') order by trade_date"
    )
    assert rows == [
        ("OLDCO", "EQ", "INE101A01011", "2024-07-01", 900, 890),
        ("OLDCO", "EQ", "INE101A01011", "2024-07-02", 91, 900),
        ("OLDCO", "BE", "INE101A01029", "2024-07-03", 92, 91),
        ("OLDCO", "EQ", None, "2024-07-04", 93, 92),
        ("NEWCO", "EQ", "INE101A01029", "2024-07-08", 94, 93),
        ("NEWCO", "EQ", None, "2024-07-09", 95, 94),
        ("NEWCO", "EQ", "INE101A01029", "2024-07-10", 96, 95),
    ]
    assert known.first.query(
        "select symbol, isin, valid_from::varchar, valid_to::varchar, link_reason, evidence "
        "from marts.dim_security_identities where symbol in ('OLDCO', 'NEWCO') order by valid_from"
    ) == [
        (
            "OLDCO",
            "INE101A01011",
            "2024-07-01",
            "2024-07-02",
            "first_seen",
            "OLDCO first seen 2024-07-01",
        ),
        (
            "OLDCO",
            "INE101A01029",
            "2024-07-03",
            "2024-07-07",
            "isin_changed",
            "OLDCO with ISIN INE101A01029 after INE101A01011 2024-07-03 "
            "(same symbol, same issuer in the ISIN)",
        ),
        (
            "NEWCO",
            "INE101A01029",
            "2024-07-08",
            "9999-12-31",
            "renamed",
            "renamed OLDCO > NEWCO 2024-07-08 (symbol change list, same ISIN)",
        ),
    ]


def test_fault_27_delisted_is_kept_relisted_is_one_and_a_first_day_is_there(known: Any) -> None:
    rows = known.first.query(
        "select s.symbol, s.security_type, s.is_current, s.is_delisted_guess, s.isins_count, "
        "count(*), count(distinct p.security_sk) from marts.dim_securities s "
        "join marts.fct_prices_daily p using (security_sk) "
        "where s.symbol in ('GONER', 'RELIST', 'FRESH', 'NEWCO-RE') group by all order by all"
    )
    assert rows == [
        ("FRESH", "equity", True, False, 1, 1, 1),
        ("GONER", "equity", False, True, 1, 1, 1),
        ("NEWCO-RE", "rights_entitlement", True, False, 1, 1, 1),
        ("RELIST", "equity", True, False, 1, 2, 1),
    ]
    assert known.first.query(
        "select explanation from marts.dim_securities where symbol = 'RELIST'"
    ) == [
        (
            "RELIST first seen 2022-01-10; "
            "RELIST absent 910 days until 2024-07-08 (same symbol, same ISIN)",
        )
    ]


def test_a_rename_that_is_learned_later_joins_what_was_two(known: Any) -> None:
    query = (
        "select count(distinct security_sk) from marts.fct_prices_daily where symbol like 'LATE%'"
    )
    assert known.first.query(query) == [(2,)]
    assert known.second.query(query) == [(1,)]
    assert known.second.query(
        "select explanation from marts.dim_securities where symbol = 'LATENEW'"
    ) == [
        (
            "LATEOLD first seen 2024-07-04; renamed LATEOLD > LATENEW 2024-07-09 "
            "(symbol change list, previous close continues)",
        )
    ]


def test_only_what_the_rename_concerns_has_another_version(known: Any) -> None:
    query = "select security_sk, identity_version from intermediate.int_securities__versions"
    before, after = dict(known.first.query(query)), dict(known.second.query(query))
    changed = {security for security in before if before[security] != after.get(security)}
    rows = known.first.query(
        "select security_sk from marts.dim_securities where symbol in ('LATEOLD', 'LATENEW')"
    )
    assert changed == {security for (security,) in rows}
    assert len(before) == len(after) + 1 > 5


def test_an_index_is_one_through_its_names_and_the_file_beats_the_quote(known: Any) -> None:
    rows = known.second.query(
        "select printed_name, trade_date::varchar, close_price::double, change_points::double, "
        "high_52w::double, is_official from marts.fct_index_daily "
        "where index_name = 'NIFTY 50' order by trade_date"
    )
    assert rows == [
        ("S&P CNX Nifty", "2012-10-01", 5718.8, 15.5, 5722.95, True),
        ("CNX Nifty", "2015-11-06", 7954.3, -1.15, 7996.15, True),
        ("Nifty 50", "2015-11-09", 7915.2, -39.1, 7996.15, True),
        ("Nifty 50", "2015-11-10", 7783.35, -131.85, 7996.15, True),
        ("NIFTY 50", "2024-04-25", 22570.35, 167.95, 120.0, False),
        ("Nifty 50", "2024-04-26", 22419.95, -150.4, 22620.4, True),
    ]
    assert known.second.query(
        "select index_name, index_category, names_count from marts.dim_indices order by all"
    ) == [("NIFTY 50", "broad", 3), ("NIFTY IT", "sectoral", 1)]


def test_every_index_record_is_accounted_for(known: Any) -> None:
    rows = known.second.query(
        "select dataset_name, disposition, reason, sum(records)::int "
        "from marts.rpt_record_accounting where dataset_name in ('index_closes', 'quotes') "
        "group by all order by all"
    )
    assert rows == [
        ("index_closes", "mart_index", "latest", 6),
        ("quotes", "mart_index", "on_asked_date", 1),
        ("quotes", "superseded", "official_close", 1),
    ]
