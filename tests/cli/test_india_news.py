"""What `investiq news` asks the Indian sites for: whose news, which sites, without a browser."""

from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.news_tickers import tickers
from ingestion.settings import Settings
from investiq.news import ingest_india
from investiq.sources import SourceName, open_source


@pytest.fixture
def bring(store, tmp_path):
    """The Indian news of the sandbox, with settings of one's own; the outcomes."""

    def run(browser=True, **changes):
        settings = Settings(home=tmp_path / "home", **changes)
        with open_source(SourceName.SANDBOX, settings, None) as source:
            return ingest_india(source, store, browser=browser)

    return run


def test_without_chromium_one_outcome_says_so_and_the_feeds_still_come(bring, tmp_path, capsys):
    outcomes = bring(chromium=tmp_path / "no-chromium")
    missing, *feeds = outcomes
    assert (missing.dataset_name, missing.status) == ("yahoo_page", "no_browser")
    assert "apt-get install chromium chromium-driver" in missing.detail
    assert [(one.dataset_name, one.status) for one in feeds] == [("google_feed", "ok")] * 10
    assert "INVESTIQ_CHROMIUM" in " ".join(capsys.readouterr().err.split())


def test_who_wants_no_browser_is_told_nothing_about_it(bring):
    outcomes = bring(browser=False, chromium=Path("/nowhere"), news_tickers="KORV-TECH,M&N=Melvaru")
    assert [(one.dataset_name, one.status) for one in outcomes] == [("google_feed", "ok")] * 2
    assert [one.detail.split(":")[0] for one in outcomes] == ["KORV-TECH", "M&N"]


def test_a_site_that_nobody_knows_is_refused(bring):
    with pytest.raises(ConfigurationError, match="yahoo, google_page, google"):
        bring(news_sources="yahoo,bing")


def test_the_default_is_the_nifty_50_by_name():
    chosen = tickers(None)
    assert len({one.symbol for one in chosen}) == len(chosen) == 50
    assert all(one.name for one in chosen)
    infosys = next(one for one in chosen if one.symbol == "INFY")
    assert infosys.query == '"Infosys" stock when:7d'


def test_a_list_may_be_given_or_lie_in_a_file(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# mine\ninfy.ns, SBIN = State Bank\n\nNEWCO\nINFY\n", encoding="utf-8-sig")
    for configured in ("infy.ns,SBIN=State Bank,NEWCO,INFY", str(path)):
        found = tickers(configured)
        assert [(one.symbol, one.name) for one in found] == [
            ("INFY", "Infosys"), ("SBIN", "State Bank"), ("NEWCO", ""),
        ]  # fmt: skip
    assert found[2].query == "NEWCO NSE stock when:7d"


@pytest.mark.parametrize("wrong", ["/no/such/file.txt", "IN FY", "a" * 5000, "\0", "INFY;SBIN"])
def test_what_is_no_symbol_and_no_file_names_the_variable(wrong):
    with pytest.raises(ConfigurationError, match="INVESTIQ_NEWS_TICKERS"):
        tickers(wrong)
