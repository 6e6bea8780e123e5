"""What `investiq news` asks global news for: a range, what is missing, or nothing without a key."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.calendar import IST
from ingestion.errors import ConfigurationError
from ingestion.news_windows import Coverage
from ingestion.objectstore import ObjectStore
from ingestion.settings import Settings
from investiq.news import ingest_global
from investiq.sources import Source, SourceName, open_source
from investiq.steps import Span

DAY = date(2025, 10, 14)


@pytest.fixture
def asked(
    store: ObjectStore, tmp_path: Path
) -> Callable[[date | None, date | None], dict[str, list[tuple[datetime, datetime]]]]:
    """Bring a span of the sandbox's news; what has landed by topic afterwards."""

    def run(first: date | None, last: date | None) -> dict[str, list[tuple[datetime, datetime]]]:
        settings = Settings(home=tmp_path / "home", alphavantage_topics="finance,economy_macro")
        with open_source(SourceName.SANDBOX, settings, None) as source:
            if last:
                source.before_session(last)
            outcomes = ingest_global(settings, source, Span(first, last), store)
        assert {outcome.status for outcome in outcomes} <= {"ok", "unchanged"}
        return dict(Coverage.read(store, "alpha_vantage", "news").spans)

    return run


def test_a_range_is_asked_for_from_midnight_in_india(
    asked: Callable[..., dict[str, list[tuple[datetime, datetime]]]],
) -> None:
    begins = datetime(2025, 10, 14, tzinfo=IST).astimezone(UTC)
    evening = datetime(2025, 10, 15, 19, 0, tzinfo=IST).astimezone(UTC)
    landed = asked(DAY, date(2025, 10, 15))
    assert landed == {name: [(begins, evening)] for name in ("finance", "economy-macro")}


def test_days_in_the_sandbox_follow_each_other_without_a_gap(
    asked: Callable[..., dict[str, list[tuple[datetime, datetime]]]],
) -> None:
    asked(DAY, DAY)
    [(begins, _)] = asked(date(2025, 10, 15), date(2025, 10, 15))["finance"][:1]
    assert begins == datetime(2025, 10, 14, tzinfo=IST).astimezone(UTC)
    [[span], [other]] = asked(None, None).values()  # and what is missing up to the newest evening
    assert span == other == (begins, datetime(2025, 10, 24, 19, 0, tzinfo=IST).astimezone(UTC))


def test_a_range_that_ends_before_it_begins_is_refused(
    asked: Callable[..., dict[str, list[tuple[datetime, datetime]]]],
) -> None:
    with pytest.raises(ConfigurationError, match="Give --from before --to"):
        asked(DAY, date(2025, 10, 13))


def test_without_a_key_the_rest_goes_on(
    store: ObjectStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=tmp_path / "home", alphavantage_key=None)
    source = Source("live", settings, lambda: datetime.now(UTC))
    assert ingest_global(settings, source, Span(None, None), store) == []
    assert "INVESTIQ_ALPHAVANTAGE_KEY" in capsys.readouterr().err
