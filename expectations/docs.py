"""Data Docs without the network: GX's pages cleaned of everything remote, and an index of ours.

Great Expectations 1.24 pages pull their styles and scripts from six content networks, and a logo
whose URL carries the id of the context. Nothing of that may be fetched, so it is cut out and a
small style sheet put in its place; the index, which GX draws with those scripts, is written here.
"""

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path

from expectations.report import CheckReport, CheckResult

_REMOTE = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>|<style\b.*?</style>",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(r"""<a\b[^>]*href=["']https?://[^>]*>(.*?)</a>""", re.DOTALL | re.IGNORECASE)
_CLEAN = '<style data-offline="yes">'
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--ok:#18794e;--bad:#c62a2f;--warn:#ad5700}
@media (prefers-color-scheme:dark){:root{--ok:#4cc38a;--bad:#ff8589;--warn:#f1a10d}}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:76rem;padding:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
td:first-child{white-space:nowrap}a[data-toggle]{display:none}
th,td{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere}
.wide{overflow-x:auto}.ok{color:var(--ok)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.card,.top,.cooltip .top,thead[hidden]{display:none}nav ol{list-style:none;display:flex;gap:1rem;
padding:0}small{opacity:.75}.text-success:before{content:"\\2713 ";color:var(--ok)}
.text-danger:before{content:"\\2717 ";color:var(--bad)}
.fa-exclamation-triangle:before{content:"! ";color:var(--warn)}
"""


def make_readable_offline(site: Path) -> None:
    """Clean every page that GX wrote since the last time; the assets it copied go."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if _CLEAN not in text:
            text = _LINK.sub(r"\1", _REMOTE.sub("", text))
            text = text.replace("</head>", f"{_CLEAN}{_STYLE}</style></head>", 1)
            page.write_text(text, encoding="utf-8")
    shutil.rmtree(site / "static", ignore_errors=True)


def write_index(index: Path, newest: Sequence[CheckReport]) -> None:
    """One page that says what the newest run of each suite saw, with links to GX's own pages."""
    pages = sorted((index.parent / "validations").rglob("*.html"), reverse=True)
    links = "".join(
        f'<li><a href="{escape(page.relative_to(index.parent).as_posix())}">'
        f"{escape(' / '.join(page.relative_to(index.parent).parts[1:4]))}</a></li>"
        for page in pages
    )
    index.write_text(
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>Data checks</title>{_CLEAN}{_STYLE}</style></head><body>"
        f"<h1>Data checks</h1>{''.join(_section(report) for report in newest)}"
        f"<h2>Every stored run</h2><ul>{links}</ul></body></html>",
        encoding="utf-8",
    )


def _section(report: CheckReport) -> str:
    verdict = "<span class=ok>passed</span>" if report.passed else "<span class=bad>failed</span>"
    days = f"{report.sessions[0]} to {report.sessions[-1]}" if report.sessions else "no session"
    # What is broken comes first: that is what a reader opens the page for.
    rows = sorted(report.results, key=lambda result: (result.passed, result.severity))
    return (
        f"<h2>{escape(report.suite)}: {verdict}</h2><p>{days} ({len(report.sessions)}), checked "
        f"{report.checked_at:%Y-%m-%d %H:%M:%S} UTC in {report.seconds:.1f} s</p>"
        "<div class=wide><table><tr><th>Check<th>Observed<th>Expected<th>Why, and what to do"
        f"{''.join(_row(result) for result in rows)}</table></div>"
    )


def _row(result: CheckResult) -> str:
    mark = "ok" if result.passed else {"critical": "bad", "warning": "warn"}[result.severity]
    sign = {"ok": "&#10003;", "bad": "&#10007;", "warn": "!"}[mark]
    where = f"<br><small>{escape('; '.join(result.where))}</small>" if result.where else ""
    advice = "" if result.passed else f"<br><b>{escape(result.next_step)}</b>"
    return (
        f"<tr><td class={mark}>{sign} {escape(result.name)}<td>{escape(result.observed)}{where}"
        f"<td>{escape(result.expected)}<td>{escape(result.because)}{advice}"
    )
