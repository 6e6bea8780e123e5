"""Numbers as an Indian market reader expects them."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import numbers


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (1000, 0, "1,000"),
        (99999, 0, "99,999"),
        (100000, 0, "1,00,000"),
        (12345678, 0, "1,23,45,678"),
        (Decimal("22419.9500"), 2, "22,419.95"),
        (Decimal("2.675"), 2, "2.68"),
        (2.675, 2, "2.68"),
        (-150.4, 2, "\u2212150.40"),
        (-0.001, 2, "0.00"),
        (None, 2, "\u2013"),
        (float("nan"), 2, "\u2013"),
        (float("inf"), 2, "\u2013"),
    ],
)
def test_number_groups_by_lakh_and_crore(value, decimals, shown):
    assert numbers.number(value, decimals) == shown


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_number_reads_back_as_the_rounded_value(value):
    shown = numbers.number(value, 2, signed=True)
    assert re.fullmatch(
        r"[+\u2212]?\d{1,3}(?:\.\d\d)|[+\u2212]?\d{1,2}(?:,\d\d)*,\d{3}\.\d\d", shown
    )
    back = Decimal(shown.replace(",", "").replace("\u2212", "-"))
    assert back == value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert shown.startswith("+") == (back > 0)


def test_percent_is_of_a_fraction_and_signed():
    assert numbers.percent(0.0123).replace("\u202f", " ") == "+1.23 %"
    assert numbers.percent(-0.0066639).replace("\u202f", " ") == "\u22120.67 %"
    assert numbers.percent(0.0).replace("\u202f", " ") == "0.00 %"
    assert numbers.percent(None) == "\u2013"
    assert numbers.percent(float("nan")) == "\u2013"


def test_crore_names_its_unit_and_a_dash_does_not():
    assert numbers.crore(102345.6).replace("\u202f", " ") == "₹ 1,02,345.60 cr"
    assert numbers.crore(None) == "\u2013"


def test_volumes_are_in_lakh():
    assert numbers.lakh(38671332) == "386.71"
    assert numbers.lakh(3867133280) == "38,671.33"
    assert numbers.lakh(None) == "\u2013"


def test_sign_has_a_shape_and_not_only_a_colour():
    assert [numbers.arrow(value) for value in (0.1, -0.1, 0, None)] == ["▲", "▼", "", ""]
    assert [numbers.direction(value) for value in (0.1, -0.1, 0, None)] == [
        "up",
        "down",
        "flat",
        "flat",
    ]


def test_dates_are_unambiguous():
    assert numbers.day(date(2024, 11, 1)) == "Fri 1 Nov 2024"
    assert numbers.short_day(date(2024, 4, 26)) == "26 Apr"
    assert numbers.moment(datetime(2024, 4, 26, 15, 59)) == "26 Apr 2024, 15:59"
    assert numbers.day(None) == numbers.moment(None) == "\u2013"
