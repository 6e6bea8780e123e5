"""A deterministic simulated stock market, shaped like the cash market of NSE."""

from sandbox.market.market import Market
from sandbox.market.model import DailyBar, Identity, IndexBar, Quote, Security

__all__ = ["DailyBar", "Identity", "IndexBar", "Market", "Quote", "Security"]
