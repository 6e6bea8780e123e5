"""What happens to securities: typed, dated events from which feeds and archives are written."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Listing:
    """First session of a security; `date` may lie before the market's first session."""

    security_id: int
    date: dt.date
    symbol: str
    series: str
    issue_price: float


@dataclass(frozen=True, slots=True)
class Delisting:
    """`date` is the first session on which the security is gone."""

    security_id: int
    date: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """No trading from `date` to `last`, both included."""

    security_id: int
    date: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """`date` is the first session under the new series."""

    security_id: int
    date: dt.date
    old_series: str
    new_series: str


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """`date` is the first session under the new symbol and name; the ISIN stays."""

    security_id: int
    date: dt.date
    old_symbol: str
    new_symbol: str
    old_name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class IsinChange:
    """`date` is the first session under the new ISIN: one session after a split's ex-date."""

    security_id: int
    date: dt.date
    old_isin: str
    new_isin: str


@dataclass(frozen=True, slots=True)
class Split:
    """Face value divided; `factor` is what divides the raw price on `date`, the ex-date."""

    security_id: int
    date: dt.date
    record_date: dt.date
    old_face: float
    new_face: float

    @property
    def factor(self) -> float:
        """Shares after for each share before."""
        return self.old_face / self.new_face


@dataclass(frozen=True, slots=True)
class Consolidation:
    """A reverse split: face value multiplied, `factor` below one."""

    security_id: int
    date: dt.date
    record_date: dt.date
    old_face: float
    new_face: float

    @property
    def factor(self) -> float:
        """Shares after for each share before."""
        return self.old_face / self.new_face


@dataclass(frozen=True, slots=True)
class Bonus:
    """`new_shares` free shares for every `held` shares; `date` is the ex-date."""

    security_id: int
    date: dt.date
    record_date: dt.date
    new_shares: int
    held: int

    @property
    def factor(self) -> float:
        """Shares after for each share before."""
        return (self.new_shares + self.held) / self.held


@dataclass(frozen=True, slots=True)
class Dividend:
    """Rupees per share; `date` is the ex-date. It lowers the price and adjusts nothing."""

    security_id: int
    date: dt.date
    record_date: dt.date
    amount: float
    kind: str


@dataclass(frozen=True, slots=True)
class Rights:
    """`new_shares` offered for every `held` shares at face value plus `premium`; rupees."""

    security_id: int
    date: dt.date
    record_date: dt.date
    new_shares: int
    held: int
    face: float
    premium: float

    def after(self, price: float) -> float:
        """The price without the right when `price` was the one with it; no discount, no change."""
        offered, ratio = self.face + self.premium, self.new_shares / self.held
        return (price + ratio * offered) / (1.0 + ratio) if offered < price else price


@dataclass(frozen=True, slots=True)
class Demerger:
    """A part of the company leaves: `value` rupees per share, the new company's first price.

    The new company lists some weeks later in BE, with `value` as its previous close.
    """

    security_id: int
    date: dt.date
    record_date: dt.date
    new_security_id: int
    value: float

    def after(self, price: float) -> float:
        """The price without the part when `price` was the one with it."""
        return max(price - self.value, 0.2 * price)


@dataclass(frozen=True, slots=True)
class NameChange:
    """`date` is the first session under the new company name; symbol and ISIN stay."""

    security_id: int
    date: dt.date
    symbol: str
    old_name: str
    new_name: str


CapitalChange: TypeAlias = Split | Consolidation | Bonus
Event: TypeAlias = (
    Listing
    | Delisting
    | Suspension
    | SeriesChange
    | SymbolChange
    | IsinChange
    | CapitalChange
    | Dividend
    | Rights
    | Demerger
    | NameChange
)
