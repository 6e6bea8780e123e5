"""The page in a real browser: headless Chromium draws it, clicks in it and prints it.

A frame of phone or desktop width shows the page from a loopback server, and a probe beside it,
of the same origin, looks at what came out. No driver is needed.
"""

import json
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from report.numbers import number

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: apt-get install chromium, then run this again"
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
    "--virtual-time-budget=15000",
)  # fmt: skip
PROBE = Path(__file__).with_name("probe.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(published):
    """The published folder and the probes on loopback, with the paths that were asked for."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append(urlsplit(self.path).path)
            if self.path.startswith("/probe/"):
                body = PROBE.replace("WIDTH", self.path.rpartition("/")[2]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    def make(*arguments):
        return Handler(*arguments, directory=str(published.home))

    server = ThreadingHTTPServer(("127.0.0.1", 0), make)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


@pytest.fixture
def chromium(tmp_path):
    def run(url, *flags):
        done = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, url],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        console = [
            line
            for line in done.stderr.splitlines()
            # What the browser's own pages say (offline: "Slow network") is not about ours.
            if "CONSOLE" in line and "source: chrome://" not in line
        ]
        return done.stdout, console

    return run


def newest_of(published):
    """What the page says first: the most traded share, its close and its averages."""
    with duckdb.connect(published.warehouse, read_only=True) as connection:
        [figures] = connection.execute(
            "select p.close_price, i.sma_20, i.sma_50, i.sma_200 "
            "from marts.fct_prices_daily as p join marts.fct_indicators_daily as i "
            "using (security_sk, trade_date) where trade_date = '2024-11-01' and security_sk = ("
            "select security_sk from marts.fct_prices_daily where trade_date in ("
            "select distinct trade_date from marts.fct_prices_daily "
            "where trade_date <> '2024-10-18' order by trade_date desc limit 20) "
            "group by security_sk order by sum(turnover_inr) desc limit 1)"
        ).fetchall()
    close, *averages = [number(figure) for figure in figures]
    named = zip((20, 50, 200), averages, strict=True)
    return f"₹ {close} on Fri, 1 Nov 2024; " + ", ".join(f"SMA {n} {value}" for n, value in named)


@pytest.mark.parametrize("width", [390, 1280])
def test_page_draws_fits_and_answers_clicks(site, chromium, published, width):
    base, asked = site
    asked.clear()
    dom, console = chromium(f"{base}/probe/{width}", "--window-size=1400,1000", "--dump-dom")
    assert console == []
    found = json.loads(dom.partition("<pre>")[2].partition("</pre>")[0].replace("&gt;", ">"))
    assert [name for name, _ in found["charts"]] == [
        "chart-index",
        "chart-share",
        "chart-share-volume",
        "chart-breadth",
        "chart-distribution",
        "chart-ad-line",
        "chart-above",
        "chart-net-highs",
    ]
    assert all(paths > 4 for _, paths in found["charts"])
    assert found["overflow"] <= 0
    assert found["wider"] == []
    assert found["scrolling"] == []
    assert (found["shown"], found["unfolded"]) == (10, 25)
    assert found["fold"] == ["BUTTON", "true", "Show ten"]
    assert found["light"] == ["Theme: light", "rgb(255, 255, 255)", "rgb(10, 95, 180)"]
    assert found["dark"] == ["Theme: dark", "rgb(20, 23, 27)", "rgb(116, 182, 245)"]
    assert found["sort"] == "ascending"
    assert found["sorted"] == sorted(found["sorted"])
    assert found["choices"] == 21
    assert found["redrawn"] is True
    assert found["unlabelled"] == []
    newest = newest_of(published)
    assert newest in found["share"]
    assert found["split"][1:] == [True, "false", True]
    assert "TCS Tcs Limited: ₹ " in found["split"][0]
    assert "Logarithmic axis" in found["split"][0]
    assert {"split 10 for 1", "as traded", "adjusted", "SMA 20", "SMA 50", "SMA 200"} <= set(
        found["words"]
    )
    assert found["bars"] > 400
    assert "ITC Itc Limited (until lately OLDNAME)" in found["former"][0]
    assert found["former"][1] is True
    assert found["unknown"][1:] == [False, "true", False]
    assert found["followed"][1].startswith(found["followed"][0] + " ")
    assert sorted(set(asked) - {"/favicon.ico"}) == [f"/probe/{width}", "/report/index.html"]


def test_page_opens_from_the_disk_in_the_systems_dark_theme(published, chromium, tmp_path):
    shot = tmp_path / "page.png"
    _, console = chromium(
        published.page.as_uri(),
        "--window-size=390,900",
        "--blink-settings=preferredColorScheme=0",
        f"--screenshot={shot}",
    )
    assert console == []
    assert shot.stat().st_size > 10_000


def test_page_prints(published, chromium, tmp_path):
    pdf = tmp_path / "page.pdf"
    _, console = chromium(published.page.as_uri(), f"--print-to-pdf={pdf}")
    assert console == []
    assert pdf.read_bytes().startswith(b"%PDF")


def test_policy_refuses_a_script_that_is_not_ours(published, chromium, tmp_path):
    """Were the escaping ever to fail, the browser still would not run what came in."""
    broken = tmp_path / "broken.html"
    broken.write_text(
        published.html().replace("<main", "<script>document.title = 'owned'</script><main"),
        encoding="utf-8",
    )
    dom, console = chromium(broken.as_uri(), "--dump-dom")
    assert "<title>owned" not in dom
    assert "Content Security Policy" in " ".join(console)
    assert dom.count("<svg") > 3
