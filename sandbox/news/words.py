"""The words of the simulated press: templates by tone, invented publishers, rewordings."""

from collections.abc import Sequence

import numpy as np

PUBLISHERS: tuple[tuple[str, str], ...] = (
    ("Dalal Ledger", "dalalledger.example"),
    ("The Rupee Herald", "rupeeherald.example"),
    ("Paisa Post", "paisapost.example"),
    ("Bazaar Times", "bazaartimes.example"),
    ("Ticker & Tape", "tickerandtape.example"),
    ("Monsoon Markets", "monsoonmarkets.example"),
    ("Harbour Wire", "harbourwire.example"),
    ("Global Yield", "globalyield.example"),
)
TOPIC_OF_GROUP = {
    "finance": "Finance",
    "technology": "Technology",
    "health": "Life Sciences",
    "auto": "Manufacturing",
    "consumer": "Retail & Wholesale",
    "materials": "Manufacturing",
    "energy": "Energy & Transportation",
    "building": "Real Estate & Construction",
}
# From very bad to very good, the tones between in the middle: see `step_of`.
COMPANY: tuple[tuple[str, ...], ...] = (
    (
        "{name} slumps as debt worries mount and lenders turn wary",
        "{name} crashes on downgrade, analysts warn of losses",
        "Regulator probes {name} over alleged fraud, shares tumble",
        "{name} plunges after plant shutdown and loss of key client",
    ),
    (
        "{name} slips as margin pressure weighs on outlook",
        "Brokerage cuts target price of {name}, warns of weak demand",
        "{name} stake sale drags shares lower",
        "{name} falls on weak guidance, rising costs a concern",
    ),
    (
        "{name} to consider fund raising on {weekday}",
        "{name} appoints new chief financial officer",
        "What to watch in {name} this week",
        "{name} schedules analyst meet on {weekday}",
    ),
    (
        "{name} gains after board approves expansion plan",
        "{name} bags order worth ₹{crore} crore",
        "{name} margin improves, management upbeat on growth",
        "Brokerage sees upside in {name}, raises target price",
    ),
    (
        "{name} wins record ₹{crore} crore order, shares surge",
        "{name} soars as brokerage upgrades stock to strong buy",
        "{name} hits record high on robust growth outlook",
        "{name} rallies after approval of breakthrough product",
    ),
)
RESULTS: tuple[tuple[str, ...], ...] = (
    (
        "{name} posts surprise Q{quarter} loss, shares plunge",
        "{name} Q{quarter} profit plunges {pct}%, misses estimates badly",
    ),
    (
        "{name} Q{quarter} profit falls {pct}%, misses estimates",
        "{name} misses Q{quarter} revenue estimates, outlook cautious",
    ),
    (
        "{name} Q{quarter} results in line with estimates",
        "{name} Q{quarter} results: key takeaways",
    ),
    (
        "{name} Q{quarter} profit rises {pct}%, beats estimates",
        "{name} beats Q{quarter} revenue estimates, margin improves",
    ),
    (
        "{name} Q{quarter} profit jumps {pct}%, beats estimates by a wide margin",
        "{name} posts record Q{quarter} profit, raises guidance",
    ),
)
SECTOR: tuple[tuple[str, ...], ...] = (
    ("{sector} stocks crash as sell-off deepens", "{sector} shares plunge on heavy selling"),
    ("{sector} stocks under pressure as demand weakens", "{sector} shares slip on weak data"),
    ("{sector} stocks mixed ahead of policy decision", "{sector} sector: what to watch"),
    ("{sector} stocks gain on hopes of better demand", "{sector} shares firm as outlook improves"),
    ("{sector} stocks rally on strong demand", "{sector} shares surge to record high"),
)
MARKET: tuple[tuple[str, ...], ...] = (
    ("Nifty plunges as panic selling grips Dalal Street", "Bloodbath: Nifty crashes on war fears"),
    ("Nifty slips as foreign investors sell", "Markets fall on weak global cues"),
    ("Nifty flat ahead of central bank policy", "Rupee steady against dollar in early trade"),
    ("Nifty gains as foreign investors return", "Markets firm on strong global cues"),
    ("Nifty surges to record high on strong inflows", "Sensex, Nifty soar as bulls roar back"),
)
SUMMARY = (
    "{title}. The company did not comment beyond its filing with the exchange.",
    "{title}. Analysts polled by {publisher} expect the next sessions to show the effect.",
    "{title}. Volumes were above the average of the last twenty sessions, dealers said.",
)
_OTHER_WORDS = (
    ("shares", "stock"),
    ("profit", "net profit"),
    ("slumps", "sinks"),
    ("crashes", "tanks"),
    ("plunges", "tumbles"),
    ("slips", "eases"),
    ("falls", "drops"),
    ("gains", "rises"),
    ("bags", "secures"),
    ("wins", "secures"),
    ("soars", "surges"),
    ("rallies", "jumps"),
    ("posts", "reports"),
    ("Brokerage", "Analyst"),
    ("stocks", "shares"),
    ("Nifty", "Nifty 50"),
)
_ENDINGS = (": details here", "; what analysts say", ", says report", " today")


def step_of(tone: float) -> int:
    """Which of the five rows of templates a tone takes."""
    return sum(tone > edge for edge in (-0.55, -0.18, 0.18, 0.55))


def pick(generator: np.random.Generator, texts: Sequence[str]) -> str:
    """One of the texts."""
    return texts[int(generator.integers(len(texts)))]


def reworded(generator: np.random.Generator, title: str) -> str:
    """The title as another publisher prints it: one or two other words, perhaps an ending."""
    words = title.split(" ")
    changed = 0
    for old, new in _OTHER_WORDS:
        if old in words and changed < 2:
            words[words.index(old)] = new
            changed += 1
    ending = pick(generator, _ENDINGS) if not changed or generator.random() < 0.3 else ""
    return " ".join(words) + ending


def decorated(generator: np.random.Generator, title: str, tone: float) -> str:
    """Now and then an emoji, a word of Hindi, or quotation marks, as real headlines have them."""
    drawn = generator.random()
    if drawn < 0.03:
        return f"{title} {'🚀' if tone > 0 else '📉'}"
    if drawn < 0.05:
        return f"शेयर बाजार: {title}"
    if drawn < 0.08:
        return f"“{title}”, says analyst's note"
    return title
