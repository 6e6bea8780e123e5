"""Whose news is asked for: symbols of the exchange, with the names that newspapers use.

INVESTIQ_NEWS_TICKERS is a list (`INFY,SBIN=State Bank of India`) or a file with one a line;
the default is the NIFTY 50 of `nifty50.txt`. A name that is missing is taken from there.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ConfigurationError

_NIFTY50 = Path(__file__).with_name("nifty50.txt")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9&-]{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ticker:
    """A share as the exchange calls it; `name` is empty where nobody said it."""

    symbol: str
    name: str = ""

    @property
    def query(self) -> str:
        """What a news search is asked: the name as one phrase, and what is of the last days."""
        return f'"{self.name}" stock when:7d' if self.name else f"{self.symbol} NSE stock when:7d"


def tickers(configured: str | None) -> tuple[Ticker, ...]:
    """The tickers of a setting, in its order, each once.

    Raises:
        ConfigurationError: one of them is no symbol, or the file cannot be read.
    """
    known = {one.symbol: one for one in _parsed(_NIFTY50.read_text(encoding="utf-8"))}
    if not configured:
        return tuple(known.values())
    if os.path.isfile(configured):  # False also for what is no path at all
        path = Path(configured)
        try:
            configured = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(
                f"The list of tickers {path} cannot be read. Give a text file with one symbol a "
                "line in INVESTIQ_NEWS_TICKERS."
            ) from None
    chosen = [one if one.name else known.get(one.symbol, one) for one in _parsed(configured)]
    return tuple({one.symbol: one for one in chosen}.values())


def _parsed(text: str) -> list[Ticker]:
    lines = [line.split("#")[0] for line in text.splitlines()]
    parts = [part.strip() for line in lines for part in line.split(",") if part.strip()]
    found = []
    for part in parts:
        symbol, _, name = part.partition("=")
        symbol = symbol.strip().upper().removesuffix(".NS")
        if not _SYMBOL.fullmatch(symbol):
            raise ConfigurationError(
                f"{symbol[:40]!r} is no symbol of the exchange, and no file of that name is there. "
                "Set INVESTIQ_NEWS_TICKERS to symbols such as INFY,SBIN or to a file of them."
            )
        found.append(Ticker(symbol, name.strip()))
    return found
