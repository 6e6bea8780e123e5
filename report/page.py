"""Makes the one self-contained HTML page from the published Parquet files.

Source: `var/marts/*.parquet`. Lands in `var/report/index.html`, written in one step. The page
asks no network for anything, and its content security policy forbids it to.
Run alone: `python -m report --only page`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from report import charts, figures, model, news, numbers, sections
from report.atomic import write_if_changed
from report.charts_history import event_label, share_data
from report.errors import PublishFailed
from report.read import read_market

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PageResult:
    """The page as it is now; `changed` is False when it was the same before."""

    path: Path
    changed: bool
    size_bytes: int
    session: date | None


def write_page(marts_dir: Path, page: Path, notice: str = "") -> PageResult:
    """Write the page of the marts in `marts_dir` to `page`, or leave it when nothing changed.

    `notice` stands above everything else, such as that the market is simulated.

    Raises PublishFailed where a mart is missing or the disk refuses; the old page stays then.
    """
    market = read_market(marts_dir)
    content = render(market, notice).encode()
    try:
        changed = write_if_changed(page, content)
    except OSError as error:
        raise PublishFailed(
            f"The page could not be written to {page} ({error}); the previous one is untouched. "
            "Free space or make the folder writable, then run `investiq report` again."
        ) from error
    session = market.session.trade_date if market.session else None
    return PageResult(page, changed, len(content), session)


def render(market: model.Market, notice: str = "") -> str:
    """The whole page as text; the same market gives the same text."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(numbers, name)
        for name in ("number", "percent", "crore", "lakh", "direction", "arrow", "day", "short_day",
                     "moment", "moment_day")
    }  # fmt: skip
    environment.filters |= {
        "industry": sections.industry,
        "heat": sections.heat,
        "rank_heat": sections.rank_heat,
        "event_label": event_label,
        "tone": news.tone,
        "tone_label": news.tone_label,
        "tone_heat": news.tone_heat,
    }
    environment.globals |= {"sparkline": figures.sparkline, "range_bar": figures.range_bar}
    specs = charts.specs(market)
    scripts = ["".join(map(_asset, ("page.js", "news.js", "shares.js")))]
    if specs:
        scripts.insert(0, _vega_bundle())
    return environment.get_template("page.html.j2").render(
        market=market,
        notice=notice,
        view=sections.view(market),
        specs={name: _json(spec) for name, spec in specs.items()},
        chart_config=_json(charts.CONFIG),
        share_data=_json(share_data(market.history)) if market.history.shares else "",
        news_data=_json(news.news_data(market)) if "chart-share-news" in specs else "",
        style=Markup(_asset("page.css")),
        scripts=[Markup(script) for script in scripts],
        script_hashes=[_csp_hash(script) for script in scripts],
    )


def _json(value: Any) -> Markup:
    """JSON that can stand inside a script element: no character of it opens or closes a tag."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _asset(name: str) -> str:
    text = (_HERE / "assets" / name).read_text(encoding="utf-8")
    if "</script" in text.lower() or "</style" in text.lower():
        raise PublishFailed(f"report/assets/{name} ends its own element. Take the closing tag out.")
    return text


@cache
def _vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the installed vl-convert wheel."""
    bundle: str = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=charts.VEGALITE_VERSION
    )
    if "</script" in bundle.lower():
        raise PublishFailed(
            "The Vega bundle holds a closing script tag and cannot be put into a page. "
            "Install the vl-convert-python version of the lock file (`make setup`)."
        )
    return bundle


def _csp_hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
