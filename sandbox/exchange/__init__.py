"""The simulated exchange: an HTTP server that answers like the real upstreams."""

from sandbox.exchange.faults import (
    Body,
    BotPage,
    CutBody,
    Delay,
    EmptyArray,
    Fault,
    GzipBomb,
    Gzipped,
    Mutate,
    NoAnswer,
    QuotaText,
    SlowDrip,
    Status,
    TruncatedJson,
)
from sandbox.exchange.gate import Quota
from sandbox.exchange.server import Exchange

__all__ = [
    "Body",
    "BotPage",
    "CutBody",
    "Delay",
    "EmptyArray",
    "Exchange",
    "Fault",
    "GzipBomb",
    "Gzipped",
    "Mutate",
    "NoAnswer",
    "Quota",
    "QuotaText",
    "SlowDrip",
    "Status",
    "TruncatedJson",
]
