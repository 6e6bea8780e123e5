"""Invented company names and symbols: no company of this market exists."""

from collections.abc import Iterable

import numpy as np

from sandbox.market.industries import BY_TEXT, Industry

# Symbols as awkward as real ones can be: ampersands, hyphens, leading digits.
AWKWARD: tuple[tuple[str, str, str], ...] = (
    ("M&N", "Melvaru & Norund Limited", "AUTOMOBILES - 4 WHEELERS"),
    ("ARUN-AUTO", "Arunvetha Auto Limited", "AUTOMOBILES - 2 AND 3 WHEELERS"),
    ("20NICKEL", "20 Nickel Foundries Limited", "METALS"),
    ("GELT&D", "Gelvanor Transmission & Distribution Limited", "ELECTRICAL EQUIPMENT"),
    ("KORV-TECH", "Korvelim Technologies Limited", "COMPUTERS - SOFTWARE"),
    ("9TIDES", "9 Tides Shipping & Logistics Limited", "TRAVEL AND TRANSPORT"),
    ("V&ZBANK", "Vendra & Zoruk Bank Limited", "BANKS"),
    ("404FOODS", "404 Foods Limited", "FOOD AND FOOD PROCESSING"),
    ("Z-PHARM", "Zethapur Pharmaceuticals Limited", "PHARMACEUTICALS"),
    ("IR&FCON", "Irvandel Roads & Flyovers Construction Limited", "CONSTRUCTION"),
)
_FIRST = "ar bel cor dha el fen gan hir jor kel lav mur nev oru pal qua rav sen tov ulm vek yas zin"
_MIDDLE = "a e i o u ave eru ind olo uma ithi ora una evi alu"
_LAST = "dan gor hal jit kesh lun mera nath pur rix sva tek vin wad zor bhi chel dru fal nok"


class NameMaker:
    """Gives every security a symbol and a name that no other has; the same for the same seed."""

    def __init__(self, generator: np.random.Generator, taken: Iterable[str] = ()) -> None:
        self._random = generator
        self._taken: set[str] = {symbol for symbol, _, _ in AWKWARD}.union(taken)

    def root(self) -> str:
        """A word that could be a name, such as `Velorudan`."""
        parts = [self._random.choice(part.split()) for part in (_FIRST, _MIDDLE, _LAST)]
        return "".join(str(part) for part in parts).capitalize()

    def company(self, industry: Industry) -> tuple[str, str]:
        """(symbol, company name) of a new company in `industry`."""
        while True:
            root = self.root()
            symbol = (root[:7] + industry.code).upper()[:12]
            if symbol not in self._taken:
                self._taken.add(symbol)
                return symbol, f"{root} {industry.word} Limited"


def awkward(place: int) -> tuple[str, str, Industry]:
    """The `place`-th of the awkward companies: symbol, name, industry."""
    symbol, name, text = AWKWARD[place]
    return symbol, name, BY_TEXT[text]
