"""What companies make the news with: the market's own events, results, and plain talk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sandbox.market import Market
from sandbox.market.events import (
    Bonus,
    Consolidation,
    Delisting,
    Demerger,
    Dividend,
    Event,
    Listing,
    NameChange,
    Rights,
    Split,
    Suspension,
    SymbolChange,
)
from sandbox.news import words


@dataclass(frozen=True, slots=True)
class Happening:
    """A reason to write about a company; `lean` is the tone that lies in the reason itself."""

    security_id: int
    by_step: tuple[tuple[str, ...], ...]
    lean: float = 0.0
    topics: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def talk(cls, security_id: int) -> "Happening":
        """Nothing in particular: orders, ratings, managers."""
        return cls(security_id, words.COMPANY)

    @classmethod
    def results(cls, security_id: int) -> "Happening":
        """The results of a quarter."""
        return cls(security_id, words.RESULTS, topics=("Earnings",))

    @classmethod
    def event(
        cls, security_id: int, title: str, lean: float, topic: str = "", **fields: str
    ) -> "Happening":
        """Something that has one title, whatever the tone."""
        return cls(security_id, ((title,),) * 5, lean, (topic,) if topic else (), fields)

    def titles(self, step: int) -> tuple[str, ...]:
        """The templates for a tone."""
        return self.by_step[step]


def happenings(market: Market, day: date) -> Iterator[Happening]:
    """What the events of the day and of the session to come give to write about."""
    for event in market.events_between(day, day):
        if told := _told(event):
            yield told
    for event in market.events_between(day + timedelta(days=1), day + timedelta(days=1)):
        if isinstance(event, Split | Bonus | Dividend | Rights) and (told := _told(event)):
            yield told


def _told(event: Event) -> Happening | None:
    at, tell = event.security_id, Happening.event
    match event:
        case Split():
            ratio = f"{event.old_face:g} to {event.new_face:g}"
            return tell(at, "{name} stock split from ₹{ratio}: ex-date nears", 0.3, ratio=ratio)
        case Bonus():
            ratio = f"{event.new_shares}:{event.held}"
            return tell(at, "{name} rewards shareholders with {ratio} bonus", 0.6, ratio=ratio)
        case Consolidation():
            return tell(at, "{name} consolidates its shares, liquidity a concern", -0.3)
        case Dividend():
            amount = f"{event.amount:g}"
            text = "{name} to pay dividend of ₹{amount} per share"
            return tell(at, text, 0.4, "Earnings", amount=amount)
        case Rights():
            return tell(at, "{name} opens rights issue, dilution worries investors", -0.4)
        case Demerger():
            text = "{name} demerger to unlock value, say analysts"
            return tell(at, text, 0.4, "Mergers & Acquisitions")
        case Delisting():
            return tell(at, "{name} to be delisted from the exchange", -1.0)
        case Suspension():
            return tell(at, "Trading in {name} suspended over non-compliance", -1.2)
        case SymbolChange() | NameChange():
            old = event.old_name.removesuffix(" Limited")
            return tell(at, "{old} is now {name} after change of name", 0.0, old=old)
        case Listing():
            return tell(at, "{name} makes market debut", 0.2, "IPO")
    return None
