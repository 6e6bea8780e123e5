"""The real corporate actions of nine months: 1,176 records, each with a type and a place."""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.real_data

MODELS = (
    "adjustment_corrections",
    "stg_nse__corporate_actions",
    "stg_operator__adjustment_corrections",
    "int_corporate_actions__parsed",
    "int_corporate_actions__announcements",
    "int_corporate_actions__pieces",
    "int_corporate_actions__clauses",
    "int_corporate_actions__corrections",
    "int_corporate_actions__events",
)
FEED = "corporate_actions/nse_corporateActions_api_2022-08-29_to_2023-05-26.json"


@pytest.fixture(scope="module")
def records(real_data: Path) -> list[dict[str, Any]]:
    return list(json.loads((real_data / FEED).read_text("utf-8")))


@pytest.fixture(scope="module")
def typed(
    records: list[dict[str, Any]],
    built_once: Callable[[str, Callable[[Any], None]], Any],
    make: SimpleNamespace,
) -> Any:
    def fill(warehouse: Any) -> None:
        warehouse.execute(
            "create schema if not exists intermediate; create table "
            "intermediate.int_securities__aliases (security_sk bigint, symbol varchar, "
            "valid_from date, valid_to date, link_reason varchar)"
        )
        warehouse.execute(
            "insert into raw_data.nse_corporate_actions by name select $1::json as payload, 'feed' "
            "as source_key, $2 as record_no, timestamp '2023-05-26 13:00' as fetched_at, "
            "date '2023-05-26' as trade_date, now()::timestamp as loaded_at",
            [[json.dumps(make.snake_case(row)), n] for n, row in enumerate(records, start=1)],
        )
        run = warehouse.dbt("build", "--exclude-resource-type", "unit_test", "-s", *MODELS)
        assert run.returncode == 0, run.output

    return built_once("real_corporate_actions", fill)


def test_every_real_record_is_typed_and_has_a_place(
    typed: Any, records: list[dict[str, Any]]
) -> None:
    announced = "intermediate.int_corporate_actions__announcements"
    assert len(records) == 1176
    assert typed.query(f"select sum(records) from {announced}") == [(len(records),)]
    assert (
        typed.query(
            f"select subject from {announced} where announcement_sk not in "
            "(select announcement_sk from intermediate.int_corporate_actions__events)"
        )
        == []
    )


def test_every_real_text_is_read(typed: Any) -> None:
    assert (
        typed.query(
            "select said, flaw from intermediate.int_corporate_actions__clauses "
            "where event_type = 'unknown' or flaw = 'text_not_understood'"
        )
        == []
    )


def factor(subject: str) -> float | None:
    """The share factor in a text, read another way than the models do."""
    if bonus := re.fullmatch(r"Bonus (\d+):(\d+)", subject):
        return 1 + int(bonus[1]) / int(bonus[2])
    if subject.startswith("Face Value Split"):
        before, after = re.findall(r"R[se]\.? ?(\d+)", subject)
        return int(before) / int(after)
    return None


def test_real_splits_and_bonuses_have_their_factors_once(
    typed: Any, records: list[dict[str, Any]]
) -> None:
    expected: dict[tuple[str, Any], dict[str, float]] = {}
    for row in records:
        if found := factor(row["subject"]):
            day = datetime.strptime(row["exDate"], "%d-%b-%Y").date()
            expected.setdefault((row["symbol"], day), {})[row["subject"]] = found
    rows = typed.query(
        "select symbol, ex_date, share_factor from intermediate.int_corporate_actions__events "
        "where share_factor is not null and status is null"
    )
    factors: dict[tuple[str, Any], list[float]] = {}
    for symbol, day, value in rows:
        factors.setdefault((symbol, day), []).append(value)
    assert {key: prod(values) for key, values in factors.items()} == pytest.approx(
        {key: prod(values.values()) for key, values in expected.items()}
    )


def test_real_dividends_pay_every_amount_of_their_texts(
    typed: Any, records: list[dict[str, Any]]
) -> None:
    said = Counter[str]()
    for subject in {row["subject"] for row in records if row["series"] == "EQ"}:
        if "ividend" in subject and "Unit" not in subject:
            said[subject] += sum(float(n) for n in re.findall(r"\d+(?:\.\d+)?", subject))
    rows = typed.query(
        "select subject, coalesce(max(amount), 0) from (select subject, announcement_sk, "
        "sum(amount_inr) as amount from intermediate.int_corporate_actions__events group by all) "
        "where subject like '%ividend%' and subject not like '%Unit%' group by subject"
    )
    assert len(rows) > 200
    squeezed = {" ".join(subject.split()): amount for subject, amount in rows}
    assert squeezed == pytest.approx({" ".join(s.split()): total for s, total in said.items()})
