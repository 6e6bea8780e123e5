"""The page that draws the boards, asked of a real Prometheus with known values."""

import time
from collections.abc import Iterator

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitoring.grafana.preview import Prometheus, main, page, seconds, shown
from sandbox.servers import free_ports
from tests.monitoring.vocabulary import running, tool

LATE = "dataset:investiq_session_lateness_seconds:current"
NEWEST = "dag:airflow_dagrun_failed:newest"
VALUES = {
    f'{LATE}{{dataset="quotes"}}': 0,
    f'{LATE}{{dataset="index_quotes"}}': 7200,
    'investiq_sessions_behind{dataset="quotes"}': 0,
    'investiq_sessions_behind{dataset="index_quotes"}': 2,
    'investiq_newest_session_timestamp_seconds{dataset="quotes"}': 1715558400,
    f'{NEWEST}{{dag_id="warehouse"}}': 1,
    f'{NEWEST}{{dag_id="nse_quotes"}}': 0,
}
BOARDS = ("investiq-freshness", "investiq-dags")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexborHTMLParser]:
    folder = tmp_path_factory.mktemp("prometheus")
    now = int(time.time())
    said = [
        f"{name} {value} {at}" for name, value in VALUES.items() for at in range(now - 600, now, 15)
    ]
    (folder / "values").write_text("\n".join([*said, "# EOF", ""]))
    tool(
        "promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "values", folder / "data"
    )
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 15s}\n")
    command = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
    ]
    with running(folder, "prometheus", *command) as url:
        yield LexborHTMLParser(page(Prometheus(url, now, 600, {"dag_id": "warehouse"}), BOARDS))


def panel(drawn: LexborHTMLParser, title: str) -> LexborNode:
    [found] = [one for one in drawn.css("div.panel") if one.css_first("b").text() == title]
    return found


def row(table: LexborNode, first: str) -> list[tuple[str, str]]:
    [found] = [
        r for r in table.css("tr") if r.css_first("td") and r.css_first("td").text() == first
    ]
    return [(cell.text(), cell.attributes["class"] or "") for cell in found.css("td")]


def test_a_value_has_its_unit_its_word_and_its_colour(drawn):
    wait = panel(drawn, "Longest wait").css_first(".stat div")
    assert (wait.text(), wait.attributes["class"]) == ("2.0 h", "orange")
    run = panel(drawn, "Newest run of warehouse").css_first(".stat div")
    assert (run.text(), run.attributes["class"]) == ("failed", "red")


def test_a_table_has_a_row_per_dataset(drawn):
    table = panel(drawn, "Every dataset")
    head = [cell.text() for cell in table.css("th")]
    assert head == ["Dataset", "Newest session", "Sessions behind", "Next due", "Overdue"]
    assert row(table, "quotes")[:3] == [
        ("quotes", ""), ("2024-05-13 Mon", ""), ("0", "green"),
    ]  # fmt: skip
    assert row(table, "index_quotes")[2:] == [("2", "red"), ("", ""), ("2.0 h", "orange")]
    assert row(panel(drawn, "DAGs"), "nse_quotes")[1] == ("well", "green")


def test_series_are_lines_and_fields_over_time(drawn):
    assert len(panel(drawn, "Minutes late").css("polyline")) == 2
    fields = panel(drawn, "Overdue").css(".hist")
    assert [one.css_first("span").text() for one in fields] == ["index_quotes", "quotes"]


def test_what_has_no_data_says_so_in_its_own_words(drawn):
    assert "none since the exporter started" in panel(drawn, "Runs that failed").text()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0, "none", "0"), (12345, "short", "12,345"), (0.0123, "percentunit", "1.2%"),
     (90, "s", "90 s"), (7200, "s", "2.0 h"), (3, "m", "3.0 min"), (5 * 1024**3, "bytes", "5 GiB")],
)  # fmt: skip
def test_values_are_shown_as_people_read_them(value, unit, text):
    assert shown(value, unit) == text
    assert seconds("30m") == 1800


def test_the_page_says_that_it_is_not_grafana(drawn):
    assert "This is not Grafana." in drawn.text()


def test_an_address_where_nobody_answers_is_told_with_the_next_step(monkeypatch, tmp_path):
    nobody = f"http://127.0.0.1:{free_ports(('web',), {})['web']}"
    monkeypatch.setattr("sys.argv", ["preview", nobody, str(tmp_path / "boards.html")])
    with pytest.raises(SystemExit, match="make monitoring"):
        main()
    assert not (tmp_path / "boards.html").exists()
