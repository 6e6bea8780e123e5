"""The page: its numbers are the marts' numbers, it asks for nothing, and it survives any data."""

import base64
import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import pytest
import vl_convert

from report import charts, read
from report.errors import PublishFailed
from report.page import render, write_page
from report.parquet import export_marts
from report.read import read_market

VOID = {"meta", "link", "br", "img", "input", "hr", "circle", "path"}
LOADERS = {"src", "srcset", "poster", "data", "action", "background", "formaction", "xlink:href"}


class Page(HTMLParser):
    """The page taken apart: elements, tables by caption, scripts, and the visible text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.tables, self.scripts, self.styles, self.text = [], {}, [], [], []
        self._stack, self._caption, self._rows = [], "", []
        self.feed(text)
        self.close()
        assert self._stack == [], "elements left open"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self._stack.append(tag)
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self._stack.pop() == tag
        if tag == "table":
            self.tables[" ".join(self._caption.split())] = [
                [" ".join(cell.split()) for cell in row] for row in self._rows
            ]

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        inside = self._stack[-1] if self._stack else ""
        if inside == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        elif inside == "style":
            self.styles.append(data)
        else:
            self.text.append(data)
            if "caption" in self._stack:
                self._caption += data
            elif self._rows and ("td" in self._stack or "th" in self._stack):
                self._rows[-1][-1] += data

    def body(self, caption_start):
        [rows] = [rows for name, rows in self.tables.items() if name.startswith(caption_start)]
        return rows[1:]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())

    @property
    def specs(self):
        return {
            attrs["data-for"]: json.loads(text)
            for attrs, text in self.scripts
            if attrs.get("class") == "chart-spec"
        }

    def values(self, name):
        """The rows that a chart draws."""
        return max(self.specs[name]["datasets"].values(), key=len)


def figure(text):
    """A number of the page as a Decimal: '▲ +1,23,456.70 %' is 123456.70; a dash is None."""
    kept = re.sub(r"[^\d.\u2212]", "", text).replace("\u2212", "-")
    return Decimal(kept) if kept else None


@pytest.fixture(scope="session")
def page(published):
    return Page(published.html())


@pytest.fixture(scope="session")
def marts(published):
    with duckdb.connect(published.warehouse, read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()


LAST = date(2024, 11, 1)


def test_page_asks_for_nothing_from_anywhere(page, published):
    for tag, attrs in page.elements:
        assert not LOADERS & set(attrs), (tag, attrs)
        if "href" in attrs:
            assert attrs["href"].startswith(("#", "data:")), attrs
        assert "on" not in {name[:2] for name in attrs}, "an inline event handler"
        assert "url(" not in attrs.get("style", "")
    for style in page.styles:
        assert "@import" not in style
        assert "url(" not in style
    assert {tag for tag, _ in page.elements}.isdisjoint({"iframe", "object", "embed", "base"})


def test_policy_allows_exactly_the_scripts_of_the_page(page):
    [policy] = [
        attrs["content"]
        for tag, attrs in page.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    runnable = [text for attrs, text in page.scripts if "type" not in attrs]
    hashes = {
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in runnable
    }
    assert hashes == allowed
    assert len(runnable) == 2, "Vega once, and the page's own script"


def test_page_stays_small(published):
    assert published.page.stat().st_size < 3_000_000


def test_every_chart_is_valid_vega_lite(page):
    assert set(page.specs) == {
        "chart-index", "chart-share", "chart-share-volume", "chart-breadth", "chart-distribution",
        "chart-ad-line", "chart-above", "chart-net-highs",
    }  # fmt: skip
    places = {attrs.get("id") for _, attrs in page.elements}
    for name, spec in page.specs.items():
        assert name in places
        vega = vl_convert.vegalite_to_vega(
            spec | {"config": charts.CONFIG}, vl_version=charts.VEGALITE_VERSION
        )
        assert vega["marks"]
        assert vl_convert.vegalite_to_svg(spec, vl_version=charts.VEGALITE_VERSION).count("<path")


def test_headline_is_the_newest_session_with_its_kind(page, marts):
    [(close, move)] = marts(
        "select round(close_price, 2), round(return_1d * 100, 2) from marts.fct_index_daily "
        "where index_name = 'NIFTY 50' and trade_date = ?",
        LAST,
    )
    assert "Fri 1 Nov 2024" in page.words
    assert "Muhurat session" in page.words
    assert "Diwali Laxmi Pujan" in page.words
    assert "Data as of 1 Nov 2024, 19:00 IST" in page.words
    sentence = re.search(r"The NIFTY 50 closed at ([\d,.]+), (up|down) ([\d.]+)", page.words)
    assert figure(sentence[1]) == close
    assert (sentence[2], float(sentence[3])) == ("up" if move > 0 else "down", abs(move))


@pytest.mark.parametrize(
    ("caption", "name", "value", "decimals"),
    [
        ("Gainers", "gainers", "turnover_cr", 2),
        ("Losers", "losers", "turnover_cr", 2),
        ("Most active by value", "most_active_value", "turnover_cr", 2),
        ("Most active by volume", "most_active_volume", "traded_volume / 100000.0", 2),
    ],
)
def test_movers_are_the_marts_in_their_order(page, marts, caption, name, value, decimals):
    expected = marts(
        f"select rank_no, symbol, round(close_price, 2), round(return_1d * 100, 2), "
        f"round({value}, {decimals}) from marts.rpt_movers_daily "
        "where trade_date = ? and list_name = ? order by rank_no",
        LAST,
        name,
    )
    shown = page.body(caption)
    assert len(shown) == len(expected) > 20
    for row, (rank, symbol, close, move, amount) in zip(shown, expected, strict=True):
        assert int(row[0]) == rank
        assert row[1].split()[0] == symbol
        assert figure(row[2]) == close
        assert float(figure(row[3])) == move
        assert float(figure(row[4])) == float(amount)


def test_index_levels_are_the_marts_with_nifty_50_first(page, marts):
    shown = {}
    for caption in ("Broad market", "Sectors", "Themes", "Strategies", "Others"):
        rows = page.body(caption)
        shown |= {row[0]: row for row in rows}
    assert next(iter(shown)) == "NIFTY 50"
    expected = marts(
        "select index_name, round(close_price, 2), round(return_1d * 100, 2), "
        "round(change_points, 2), round(low_52w, 2) from marts.fct_index_daily "
        "where trade_date = ?",
        LAST,
    )
    assert len(shown) == len(expected) == 32
    for name, close, move, points, low in expected:
        row = shown[name]
        assert figure(row[1]) == close
        assert float(figure(row[2])) == move
        assert figure(row[3]) == points
        assert figure(row[5]) == low  # None where the source says 0


def test_signs_agree_with_arrows_everywhere(page):
    cells = [cell for rows in page.tables.values() for row in rows for cell in row]
    moved = [cell for cell in cells if re.search("[▲▼].*%", cell)]
    assert len(moved) > 100
    for cell in moved:
        for arrow, sign in re.findall(r"([▲▼]) ?([+\u2212])", cell):
            assert (arrow, sign) in {("▲", "+"), ("▼", "\u2212")}


def test_breadth_table_and_chart_are_the_marts(page, marts, known):
    expected = marts(
        "select trade_date, advances, declines, unchanged, round(turnover_cr, 2) "
        "from marts.fct_market_breadth_daily where trade_date <> ? order by trade_date desc "
        f"limit {read.WINDOW_SESSIONS - 1}",
        known.stale_day,
    )
    rows = page.body("Newest session first")
    assert [(int(figure(r[1])), int(figure(r[2])), int(figure(r[3]))) for r in rows] == [
        one[1:4] for one in expected
    ]
    assert [figure(r[7]) for r in rows] == [one[4] for one in expected]
    drawn = page.values("chart-breadth")
    heights = {(v["s"][:10], v["k"]): v["n"] for v in drawn}
    for day, up, down, *_ in expected:
        assert heights[day.isoformat(), "advances"] == up
        assert heights[day.isoformat(), "declines"] == -down


def test_session_with_left_over_rows_only_is_named_and_not_drawn(page, known):
    assert "only left-over rows of them are loaded: 18 Oct (3 shares)" in page.words
    one_of_many = {"chart-ad-line", "chart-above", "chart-net-highs"}
    drawn = {name: spec for name, spec in page.specs.items() if name not in one_of_many}
    assert known.stale_day.isoformat() not in json.dumps(drawn)


def test_distribution_counts_every_share_once(page, marts):
    drawn = page.values("chart-distribution")
    counts = {v["b"]: v["n"] for v in drawn}
    [(total, flat, small_rise, big_fall)] = marts(
        "select count(*), count(*) filter (return_1d = 0), "
        "count(*) filter (return_1d > 0 and return_1d < 0.01), "
        "count(*) filter (return_1d <= -0.05 and return_1d > -0.06) "
        "from marts.fct_ohlc_daily where trade_date = ?",
        LAST,
    )
    assert sum(counts.values()) == total
    assert (counts["0"], counts[">0"], counts["≤\u22125"]) == (flat, small_rise, big_fall)


def test_candles_are_the_index_mart(page, marts):
    drawn = {(v["i"], v["s"][:10]): v for v in page.values("chart-index")}
    for name, day, *prices in marts(
        "select index_name, trade_date, open_price, high_price, low_price, close_price "
        "from marts.fct_index_daily join marts.dim_indices using (index_sk, index_name) "
        "where index_category in ('broad', 'sectoral')"
    ):
        one = drawn.pop((name, day.isoformat()))
        assert [one["o"], one["h"], one["l"], one["c"]] == [float(price) for price in prices]
    assert drawn == {}


def test_sector_table_and_map_are_the_marts(page, marts):
    expected = marts(
        "select round(turnover_cr, 2), securities, round(return_1d_turnover_weight * 100, 2) "
        "from marts.fct_sector_daily where trade_date = ? order by turnover_cr desc",
        LAST,
    )
    rows = page.body("Turnover-weighted return per session")
    shown = [(figure(r[1]), int(r[2]), float(figure(r[-2]))) for r in rows]
    assert shown == expected
    tiles = [a for _, a in page.elements if (a.get("class") or "").startswith("tile")]
    wide = tiles[:25]
    assert sum(float(re.search(r"([\d.]+)\s%\sof turnover", t["title"])[1]) for t in wide) == (
        pytest.approx(100, abs=1.5)
    )


def test_accounting_quarantine_quality_and_freshness_are_the_marts(page, marts):
    [(received,)] = marts("select sum(records)::bigint from marts.rpt_record_accounting")
    accounting = page.body("Where every received record went")
    assert int(figure(accounting[-1][-1])) == received
    for row in accounting:
        assert sum(int(figure(cell)) for cell in row[1:-1]) == int(figure(row[-1]))
    quarantine = {row[1]: int(row[2]) for row in page.body("Records in quarantine by reason")}
    assert quarantine == {"low above high": 18, "close outside range": 9}
    nulled = {
        row[0].split()[0]: int(row[2]) for row in page.body("Values that were missing or not plain")
    }
    assert nulled == {"per_change_365d": 126, "year_high": 54, "per_change_30d": 9}
    fresh = {row[0]: row[3] for row in page.body("How fresh each dataset is")}
    assert fresh == {"quotes": "✓ up to date", "index_quotes": "! 2 behind"}
    assert "Not up to date: index_quotes is 2 sessions behind on Fri 1 Nov 2024." in page.words


def test_semantics_every_table_has_a_caption_and_scoped_heads(page):
    tags = [tag for tag, _ in page.elements]
    assert tags.count("table") == tags.count("caption") == len(page.tables)
    assert all("scope" in attrs for tag, attrs in page.elements if tag == "th")
    assert tags.count("h1") == tags.count("main") == 1
    targets = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    links = {attrs["href"] for tag, attrs in page.elements if tag == "a"}
    assert {link[1:] for link in links} <= targets


def test_fault_29_names_that_are_markup_are_shown_as_text(place, known):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "update marts.rpt_movers_daily set company_name = ?, symbol = '</script><b>' "
            "where rank_no = 1",
            [known.hostile_name],
        )
        for table, column in (
            ("fct_index_daily", "index_name"),
            ("fct_sector_daily", "industry"),
            ("rpt_record_accounting", "reason"),
            ("rpt_data_freshness", "dataset_name"),
        ):
            connection.execute(
                f"update marts.{table} set {column} = '</script><script>steal()</script>' "
                f"|| coalesce({column}, '')"
            )
    here.publish()
    html = here.html()
    page = Page(html)
    assert known.hostile_name in page.words
    assert "<script>steal" not in html
    assert "<script>alert" not in html
    assert "</script><b>" not in html
    runnable = [text for attrs, text in page.scripts if "type" not in attrs]
    assert len(runnable) == 2
    assert "</script><script>steal()</script>NIFTY 50" in json.dumps(page.specs["chart-index"])


def test_one_session_alone_makes_a_page(place, known):
    here = place(sessions=known.sessions[-1:], stale_rows=0)
    result = here.publish()
    page = Page(here.html())
    assert result.written.session == known.sessions[-1]
    assert len(page.body("Broad market")) == len(known.indices["broad"])
    assert len(page.body("Newest session first")) == 1
    assert set(page.specs) == {"chart-breadth", "chart-distribution"}
    assert "Prices over time appear with the second session" in page.words
    assert "candles and trends appear with the second" in page.words
    for spec in page.specs.values():
        vl_convert.vegalite_to_vega(spec, vl_version=charts.VEGALITE_VERSION)


def test_empty_marts_make_a_page_that_says_what_to_do(place):
    here = place(sessions=())
    result = here.publish()
    page = Page(here.html())
    assert result.written.session is None
    assert "No session is loaded yet" in page.words
    assert "investiq run --source sandbox" in page.words
    assert page.specs == {}
    assert result.written.size_bytes < 50_000, "no charts, so no chart library"


def test_shares_without_industry_are_shown_as_such(place):
    here = place(industries=False)
    here.publish()
    page = Page(here.html())
    assert [row[0] for row in page.body("Turnover-weighted return")] == ["Industry not given"]
    assert "in shares whose industry the source does not give" in page.words


def test_marts_without_sectors_indices_or_movers_still_make_a_page(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        for table in (
            "fct_sector_daily", "fct_index_daily", "dim_indices", "rpt_movers_daily", "dim_dates",
            "rpt_record_accounting", "rpt_data_freshness", "rpt_data_quality_daily",
        ):  # fmt: skip
            connection.execute(f"delete from marts.{table}")
    here.publish()
    page = Page(here.html())
    assert "No share of this session has an industry" in page.words
    assert "No index is loaded" in page.words
    assert "No share qualifies" in page.words
    assert "Session type unknown" in page.words
    assert "rotation of sectors" not in page.words
    assert {"chart-breadth", "chart-distribution"} < set(page.specs)
    assert "chart-index" not in page.specs


def test_unknown_figures_are_dashes_and_never_zero(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute(
            "update marts.fct_index_daily set return_1d = null, change_points = null, "
            "open_price = null, low_52w = null, high_52w = null"
        )
        connection.execute("update marts.rpt_movers_daily set return_1d = null, turnover_cr = null")
        connection.execute("update marts.fct_sector_daily set return_1d_turnover_weight = null")
        for table in ("fct_ohlc_daily", "fct_indicators_daily"):
            connection.execute(f"update marts.{table} set return_1d = 'nan'::double")
    here.publish()
    page = Page(here.html())
    row = page.body("Broad market")[0]
    assert (row[2], row[3], row[5], row[7]) == ("\u2013",) * 4
    assert page.body("Gainers")[0][3:5] == ["\u2013", "\u2013"]
    assert page.body("Turnover-weighted return")[0][-2] == "\u2013"
    assert {"chart-distribution", "chart-index"}.isdisjoint(page.specs)


def test_same_marts_give_the_same_page_and_it_is_not_written_again(place):
    here = place()
    first = here.publish()
    before = here.page.stat()
    second = here.publish()
    assert (first.changed, second.changed) == (True, False)
    after = here.page.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert render(read_market(here.marts)) == here.html()


def test_changed_mart_changes_the_page(place):
    here = place()
    here.publish()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("update marts.rpt_movers_daily set company_name = 'Renamed Limited'")
    assert here.publish().written.changed
    assert "Renamed Limited" in here.html()


def test_missing_mart_and_missing_column_are_named(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("drop table marts.fct_sector_daily")
    with pytest.raises(PublishFailed, match=r"fct_sector_daily.*investiq build"):
        here.publish()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("create table marts.fct_sector_daily (trade_date date)")
    with pytest.raises(PublishFailed, match=r"(?s)industry.*investiq build"):
        here.publish()
    assert not here.page.exists()


def test_page_that_cannot_be_written_leaves_the_old_one(place, tmp_path):
    here = place()
    here.publish()
    old = here.html()
    with pytest.raises(PublishFailed, match="make the folder writable"):
        write_page(here.marts, here.warehouse / "index.html")
    assert here.html() == old


def test_page_killed_before_its_rename_leaves_the_old_one(place, known, run_python):
    here = place()
    here.publish()
    old = here.html()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("update marts.rpt_movers_daily set company_name = 'Renamed Limited'")
    killed = run_python(
        "from report.publish import publish\n"
        "import pathlib\n"
        "real = pathlib.Path.replace\n"
        "def replace(self, target):\n"
        "    return die() if self.name.endswith('.tmp') else real(self, target)\n"
        "pathlib.Path.replace = replace\n"
        "publish(*map(Path, sys.argv[1:]))\n",
        here.warehouse,
        here.marts,
        here.page,
    )
    assert killed.returncode == -9, killed.stderr
    assert here.html() == old
    here.publish()
    assert "Renamed Limited" in here.html()
    assert [path.name for path in here.page.parent.iterdir()] == ["index.html"]


def test_report_asks_for_no_column_that_the_contracts_do_not_promise(tmp_path, known):
    """Marts made of the contracts alone, one session in them, make a page."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        known.create_marts(connection)
        connection.execute(
            "insert into marts.fct_market_breadth_daily by name select date '2024-11-01' as "
            "trade_date, 'equity' as universe, 5 as securities_traded, 3 as advances, "
            "1 as declines, 1 as unchanged"
        )
    export_marts(tmp_path / "warehouse.duckdb", tmp_path / "marts")
    assert "Fri 1 Nov 2024" in Page(render(read_market(tmp_path / "marts"))).words


def test_move_that_rounds_to_nothing_has_no_arrow(place):
    here = place()
    with duckdb.connect(here.warehouse) as connection:
        connection.execute("update marts.fct_index_daily set return_1d = 0.00004")
        connection.execute("update marts.rpt_movers_daily set return_1d = -0.00004")
    here.publish()
    page = Page(here.html())
    assert page.body("Broad market")[0][2].replace("\u202f", " ") == "0.00 %"
    assert page.body("Gainers")[0][3].replace("\u202f", " ") == "0.00 %"
