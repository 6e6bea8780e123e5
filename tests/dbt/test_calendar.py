"""The calendar seed agrees with the sessions that the exchange's own files prove."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SEED = PROJECT / "dbt_project" / "seeds" / "nse_trading_calendar.csv"

# Sessions that took place, but whose files no public archive kept; the last one of 2022 was
# served as a workbook, and nobody kept the Muhurat file of 2016.
NOT_ARCHIVED = {
    date(2016, 2, 15),
    date(2016, 2, 16),
    date(2016, 10, 30),
    date(2018, 9, 10),
    date(2018, 9, 12),
    date(2022, 8, 8),
}


def read_seed() -> list[dict[str, str]]:
    with SEED.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def sessions(first: date, last: date) -> set[date]:
    listed = {date.fromisoformat(row["calendar_date"]): row["is_session"] for row in read_seed()}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {d for d in days if listed.get(d, "true" if d.weekday() < 5 else "false") == "true"}


def test_every_row_is_an_exception_listed_once() -> None:
    rows = read_seed()
    days = [row["calendar_date"] for row in rows]
    assert [day for day, n in Counter(days).items() if n > 1] == []
    assert days == sorted(days)
    for row in rows:
        day = date.fromisoformat(row["calendar_date"])
        closed = row["is_session"] == "false"
        assert row["description"], f"{day} does not say why it is listed"
        allowed = {""} if closed else {"muhurat", "special"}
        assert row["session_type"] in allowed, f"{day} has the type {row['session_type']}"
        # A closed weekend needs no row, and a special session on a weekday would be a regular one.
        assert not (closed and day.weekday() >= 5), f"{day} is a weekend and closed anyway"
        assert not (row["session_type"] == "special" and day.weekday() < 5), day


def test_every_year_has_its_holidays_and_one_muhurat_session() -> None:
    rows = read_seed()
    closed = Counter(row["calendar_date"][:4] for row in rows if row["is_session"] == "false")
    muhurat = Counter(row["calendar_date"][:4] for row in rows if row["session_type"] == "muhurat")
    years = [str(year) for year in range(2016, 2027)]
    assert sorted(closed) == years
    assert all(12 <= closed[year] <= 17 for year in years), closed
    assert muhurat == Counter(years)


@pytest.mark.real_data
def test_seed_names_exactly_the_sessions_that_were_observed(real_data: Path) -> None:
    observed_csv = real_data / "calendar" / "sessions_observed.csv"
    with observed_csv.open(newline="", encoding="utf-8") as lines:
        days = {date.fromisoformat(row["session_date"]) for row in csv.DictReader(lines)}
    observed = {day for day in days if day.year >= 2016}
    expected = sessions(date(2016, 1, 1), max(observed))
    assert observed - expected == set(), "traded, but the seed says closed"
    assert expected - observed == NOT_ARCHIVED, "the seed expects sessions that nobody saw"
