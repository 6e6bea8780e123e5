"""Times as news sites write them, relative to the moment of the fetch or not."""

from datetime import UTC, datetime

import pytest

from ingestion.promotion.news_times import read_time

FETCHED = datetime(2024, 5, 3, 12, 30, tzinfo=UTC)  # 18:00 in India, a Friday


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("Fri, 03 May 2024 09:15:42 GMT", "2024-05-03 09:15:42", "second"),
        ("2024-05-03T09:15:42Z", "2024-05-03 09:15:42", "second"),
        ("2024-05-03T14:45:42.120+05:30", "2024-05-03 09:15:42", "second"),
        ("Fri, 03 May 2024 14:45:42 IST", "2024-05-03 09:15:42", "second"),
        ("Fri, May 3, 2024 at 2:45 PM GMT+5:30", "2024-05-03 09:15:00", "minute"),
        ("3 May 2024, 05:15 EDT", "2024-05-03 09:15:00", "minute"),
        ("5 minutes ago", "2024-05-03 12:25:00", "minute"),
        ("just now", "2024-05-03 12:30:00", "minute"),
        ("an hour ago", "2024-05-03 11:30:00", "hour"),
        ("2h ago", "2024-05-03 10:30:00", "hour"),
        # what is known to a day stands at midnight in India, so that its date is right there
        ("yesterday", "2024-05-01 18:30:00", "day"),
        ("3d ago", "2024-04-29 18:30:00", "day"),
        ("May 2, 2024", "2024-05-01 18:30:00", "day"),
        ("2 May", "2024-05-01 18:30:00", "day"),
        ("02-05-2024", "2024-05-01 18:30:00", "day"),
        ("Dec 30", "2023-12-29 18:30:00", "day"),
        # a clock without a zone, or of one nobody knows, says no more than its day
        ("2024-05-02 09:15", "2024-05-01 18:30:00", "day"),
        ("Thu, 02 May 2024 09:15:00 XYZ", "2024-05-01 18:30:00", "day"),
        # weeks and months are no day at all
        ("2 weeks ago", "2024-04-18 18:30:00", None),
        ("2 months ago", "2024-03-03 18:30:00", None),
        ("3 mo ago", "2024-02-02 18:30:00", None),
        # the clocks of two machines differ a little, but nothing is published after it was read
        ("2024-05-03T12:35:00Z", "2024-05-03 12:35:00", "second"),
        ("2024-05-03T18:00:00Z", None, None),
        ("Tue, 03 May 2044 09:15:42 GMT", None, None),
        ("0001-01-01T00:00:00Z", None, None),
        ("31 Feb 2024", None, None),
        ("99:99", None, None),
        ("9999 years ago", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
        ("9" * 1_000_000, None, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_time_is_as_exact_as_its_text(text, at, precision):
    assert read_time(text, FETCHED) == (at, precision)


def test_a_morning_in_india_is_not_yet_that_day_in_utc():
    early = datetime(2024, 5, 3, 20, 0, tzinfo=UTC)  # 01:30 of the 4th in India
    assert read_time("today", early).at == "2024-05-03 18:30:00"
    assert read_time("yesterday", early).at == "2024-05-02 18:30:00"
