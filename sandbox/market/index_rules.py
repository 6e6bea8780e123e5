"""The indices of the simulated market: real NSE names, and the rule that picks constituents."""

from dataclasses import dataclass
from datetime import date

from sandbox.market.industries import INDUSTRIES


@dataclass(frozen=True, slots=True)
class IndexRule:
    """An index: ranks by size, or the largest of some industries, or the best by a score.

    `ranks` are half-open. `score` (momentum, calm) picks `count` securities within `ranks`.
    `has_year_range` is False where the feed serves 0 for the 52-week high and low.
    """

    name: str
    base: float
    ranks: tuple[int, int] = (0, 1_000_000)
    industries: frozenset[str] = frozenset()
    count: int = 1_000_000
    score: str | None = None
    equal_weight: bool = False
    has_year_range: bool = True
    launched: date | None = None


def _of(*groups: str) -> frozenset[str]:
    return frozenset(industry.text for industry in INDUSTRIES if industry.group in groups)


_PHARMA = frozenset({"PHARMACEUTICALS"})
_OIL = frozenset({"OIL EXPLORATION/PRODUCTION", "REFINERIES", "GAS"})
_FMCG = frozenset({"FOOD AND FOOD PROCESSING", "PERSONAL CARE", "BREW/DISTILLERIES"})
_METAL = frozenset({"STEEL AND STEEL PRODUCTS", "METALS", "MINING"})

RULES: tuple[IndexRule, ...] = (
    IndexRule("NIFTY 50", 13981.75, (0, 50)),
    IndexRule("NIFTY NEXT 50", 33130.2, (50, 100)),
    IndexRule("NIFTY MIDCAP 50", 5712.4, (100, 150)),
    IndexRule("NIFTY MIDCAP 100", 20842.6, (100, 200)),
    IndexRule("NIFTY MIDCAP 150", 7710.35, (100, 250)),
    IndexRule("NIFTY SMALLCAP 50", 3481.9, (250, 300)),
    IndexRule("NIFTY SMALLCAP 100", 7087.8, (250, 350)),
    IndexRule("NIFTY 100", 14122.05, (0, 100)),
    IndexRule("NIFTY 200", 7203.85, (0, 200)),
    IndexRule("NIFTY LARGEMIDCAP 250", 7569.5, (0, 250)),
    IndexRule("NIFTY TOTAL MARKET", 6231.15, (0, 750)),
    IndexRule("NIFTY AUTO", 9168.3, industries=_of("auto"), count=15),
    IndexRule("NIFTY BANK", 31264.05, industries=frozenset({"BANKS"}), count=12),
    IndexRule("NIFTY ENERGY", 16497.95, industries=_of("energy"), count=20),
    IndexRule("NIFTY FINANCIAL SERVICES", 15394.1, industries=_of("finance"), count=20),
    IndexRule("NIFTY FMCG", 34155.65, industries=_FMCG, count=15),
    IndexRule("NIFTY IT", 24251.35, industries=frozenset({"COMPUTERS - SOFTWARE"}), count=10),
    IndexRule("NIFTY MEDIA", 1661.2, industries=frozenset({"MEDIA & ENTERTAINMENT"}), count=10),
    IndexRule("NIFTY METAL", 3249.45, industries=_METAL, count=15),
    IndexRule("NIFTY PHARMA", 12879.1, industries=_PHARMA, count=20),
    IndexRule("NIFTY REALTY", 311.7, industries=frozenset({"CONSTRUCTION"}), count=10),
    IndexRule("NIFTY HEALTHCARE INDEX", 8017.75, industries=_of("health"), count=20),
    IndexRule("NIFTY OIL & GAS", 5641.6, industries=_OIL, count=15),
    IndexRule("NIFTY COMMODITIES", 3894.8, industries=_of("materials"), count=30),
    IndexRule("NIFTY INDIA CONSUMPTION", 5837.25, industries=_of("consumer"), count=30),
    IndexRule("NIFTY INFRASTRUCTURE", 3642.9, industries=_of("building"), count=30),
    IndexRule("NIFTY50 EQUAL WEIGHT", 16421.3, (0, 50), equal_weight=True, has_year_range=False),
    IndexRule(
        "NIFTY ALPHA 50", 17904.55, (0, 300), count=50, score="momentum", has_year_range=False
    ),
    IndexRule(
        "NIFTY100 LOW VOLATILITY 30", 10867.4, (0, 100), count=30, score="calm",
        has_year_range=False,
    ),
    IndexRule(
        "NIFTY200 MOMENTUM 30", 14873.2, (0, 200), count=30, score="momentum",
        has_year_range=False, launched=date(2024, 3, 28),
    ),
)  # fmt: skip
