"""What lies under var/gx: results that can be read back, Data Docs that need no network."""

import fcntl
import json
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from expectations import runner
from expectations.report import CheckReport
from ingestion.errors import CheckFailed, ConfigurationError, WarehouseBusy


class _Links(HTMLParser):
    """Everything a browser would fetch or follow from a page."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def _pages(output: Path) -> list[Path]:
    return sorted((output / "docs").rglob("*.html"))


def test_data_docs_can_be_read_without_a_network(market):
    market.check("arrival")
    market.check("ohlc")
    pages = _pages(market.output)
    assert {page.name for page in pages} >= {
        "index.html", "arrival_replies.html", "arrival_sessions.html", "ohlc_sessions.html",
    }  # fmt: skip
    for page in pages:
        text = page.read_text()
        assert "://" not in re.sub(r"<td.*?</td>", "", text, flags=re.DOTALL), page
        links = _Links()
        links.feed(text)
        for link in links.found:
            target = link.partition("#")[0]
            assert not target or (page.parent / target).resolve().is_file(), (page, link)
    assert sum(page.stat().st_size for page in pages) < 600_000
    assert not (market.output / "docs" / "static").exists()


def test_data_docs_show_what_is_broken_first_and_escape_what_they_show(market):
    market.outcomes = [(date(2024, 4, 29), "<script>alert(1)</script>")]
    market.check("arrival", as_of=date(2024, 4, 29))
    index = (market.output / "docs" / "index.html").read_text()
    assert "<script" not in index
    assert "&lt;script&gt;alert(1)" in index
    assert index.index("recent_sessions_arrived") < index.index("records_vs_last_good")
    assert "arrival: <span class=bad>failed</span>" in index


def test_great_expectations_stored_what_the_report_says(market):
    market.ohlc.loc[market.rows(), "vwap"] = None
    report = market.check("ohlc")
    (stored,) = (market.output / "uncommitted" / "validations").rglob("*.json")
    result = json.loads(stored.read_text())
    assert result["success"] is False
    assert result["statistics"]["evaluated_expectations"] == len(report.results) > 10
    failed = [r for r in result["results"] if not r["success"]]
    assert [r["expectation_config"]["meta"]["name"] for r in failed] == ["null_share_vwap"]
    assert failed[0]["expectation_config"]["severity"] == "critical"


def test_a_report_survives_its_json(market):
    report = market.check("arrival")
    stored = json.loads((market.output / "reports" / "arrival.json").read_text())
    assert CheckReport.from_json(stored) == report
    assert len(report.checked) == 10


def test_the_same_data_gives_the_same_report(market):
    first, second = market.check("ohlc"), market.check("ohlc")
    assert first.results == second.results
    assert first.sessions == second.sessions


def test_old_runs_are_pruned(market, monkeypatch):
    from expectations import store

    monkeypatch.setattr(store, "RUNS_KEPT", 2)
    for _ in range(3):
        market.check("ohlc")
    assert len(list((market.output / "uncommitted" / "validations").rglob("*.json"))) == 2
    index = (market.output / "docs" / "index.html").read_text()
    assert index.count("<li>") == 2


def test_a_store_that_cannot_be_written_is_no_pass(market):
    market.output.write_text("a file where the folder belongs")
    with pytest.raises(CheckFailed, match="unrecorded audit is no audit"):
        market.check("ohlc")


def test_a_broken_store_is_no_pass(market):
    market.output.mkdir()
    (market.output / "great_expectations.yml").write_text("config_version: [")
    with pytest.raises(CheckFailed, match="unrecorded audit is no audit"):
        market.check("ohlc")


def test_a_store_that_loses_results_is_no_pass(market, monkeypatch):
    from great_expectations.data_context.store import ValidationResultsStore

    monkeypatch.setattr(ValidationResultsStore, "get", lambda self, key: None)
    with pytest.raises(CheckFailed, match="did not store them"):
        market.check("ohlc")


def test_a_measure_that_is_unknown_is_no_pass(market, monkeypatch):
    from expectations.suites import ohlc

    honest = ohlc.read

    def forgetful(*arguments) -> pd.DataFrame:
        frame = honest(*arguments)
        return frame.assign(jump_share=None) if "jump_share" in frame else frame

    monkeypatch.setattr(ohlc, "read", forgetful)
    with pytest.raises(CheckFailed, match="jump_share of ohlc_sessions could not be measured"):
        market.check("ohlc")


def test_a_torn_report_is_an_error(market):
    market.check("arrival")
    (market.output / "reports" / "arrival.json").write_text('{"suite": "arr')
    with pytest.raises(CheckFailed, match="Delete it and check again"):
        market.check("ohlc")


def test_two_checks_at_once_do_not_write_into_each_other(market):
    market.output.mkdir()
    with (market.output / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WarehouseBusy, match="Another check writes"):
            market.check("ohlc", wait_seconds=0.2)
    assert market.check("ohlc", wait_seconds=0.2).passed


@pytest.mark.parametrize(
    ("accepted", "complaint"),
    [
        ("trade_date,reason\n2024-04-23,\n", "2024-04-23 without a reason"),
        ("trade_date,reason\n23.4.2024,why\n", "not a list of"),
        ("day,reason\n2024-04-23,why\n", "not a list of"),
    ],
)
def test_a_session_is_accepted_with_a_date_and_a_reason(market, accepted, complaint):
    market.accepted = accepted
    with pytest.raises(ConfigurationError, match=complaint):
        market.check("arrival")


def test_the_shipped_list_accepts_nothing():
    assert runner._accepted(runner.ACCEPTED_SESSIONS) == frozenset()


def test_arguments_that_make_no_sense_are_refused(market):
    with pytest.raises(
        ConfigurationError, match="Choose one of arrival, archives, news, ohlc, prices"
    ):
        market.check("volumes")
    with pytest.raises(ConfigurationError, match="give 1 or more"):
        market.check("ohlc", sessions=0)


def test_importing_the_package_does_not_import_great_expectations():
    code = (
        "import sys, expectations.runner, expectations.report, expectations.__main__;"
        "print([m for m in sys.modules if m.startswith('great_expectations')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
