"""Windows of news: nothing missing between the first that landed and now, however they came."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingestion.news_windows import Coverage, Window

NOON = datetime(2024, 4, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(first: float, last: float, *, asked: bool = False) -> Window:
    return Window("economy_macro", NOON + first * HOUR, NOON + last * HOUR, asked)


def test_the_first_run_looks_back_a_day() -> None:
    assert Coverage().routine("earnings", NOON) == (NOON - timedelta(days=1), NOON)


def test_the_next_run_goes_on_where_the_last_window_ended() -> None:
    known = Coverage()
    known.add(hours(-24, 0))
    span = known.routine("economy_macro", NOON + 6 * HOUR)
    assert span is not None
    assert known.next_window("economy_macro", *span) == hours(0, 6)
    assert known.routine("economy_macro", NOON + timedelta(minutes=10)) is None


def test_an_outage_of_months_is_made_up_for() -> None:
    known = Coverage()
    known.add(hours(-24, 0))
    span = known.routine("economy_macro", NOON + timedelta(days=90))
    assert span is not None
    due = known.next_window("economy_macro", *span)
    assert due == Window("economy_macro", NOON, NOON + timedelta(days=90))


def test_a_range_that_was_asked_for_moves_no_cursor() -> None:
    known = Coverage()
    known.add(hours(-24, 0))
    known.add(hours(10, 12, asked=True))
    now = NOON + 20 * HOUR
    span = known.routine("economy_macro", now)
    assert span is not None
    assert known.next_window("economy_macro", *span) == hours(0, 10)
    known.add(hours(0, 10))
    assert known.next_window("economy_macro", *span) == hours(12, 20)


def test_years_that_were_asked_for_do_not_make_all_since_then_due() -> None:
    known = Coverage()
    old = timedelta(days=900)
    known.add(Window("economy_macro", NOON - old, NOON - old + HOUR, asked=True))
    assert known.routine("economy_macro", NOON) == (NOON - timedelta(days=1), NOON)
    known.add(Window("economy_macro", NOON - 72 * HOUR, NOON - 48 * HOUR, asked=True))
    assert known.routine("economy_macro", NOON) == (NOON - 48 * HOUR, NOON)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=12),
    st.integers(1, 40),
)
def test_asking_for_what_is_missing_ends_with_all_of_it(
    landed: list[tuple[int, int]], reach: int
) -> None:
    """Whatever has landed and however short replies reach, no minute is left out or asked twice."""
    known, minute = Coverage(), timedelta(minutes=1)
    seen: set[int] = set()
    for first, length in landed:
        known.add(Window("ipo", NOON + first * minute, NOON + (first + length) * minute))
        seen |= set(range(first, first + length))
    while due := known.next_window("ipo", NOON, NOON + 400 * minute):
        first = (due.first - NOON) // minute
        last = min((due.last - NOON) // minute, first + reach)
        assert not seen & set(range(first, last))
        seen |= set(range(first, last))
        known.add(Window("ipo", due.first, NOON + last * minute))
    assert set(range(400)) <= seen
