"""What a row of a news list is: news, an advertisement, a pointer to related news, or nothing.

A marker in the page says it best. Where there is only a title, advertisements give themselves away
by the words of offers (a price to start from, an order to act, a promise) and by being cut short;
the rules below are general, they name no advertiser. In a list that repeats an advertisement every
few rows, a row in that rhythm needs less evidence than another.
"""

import re
from collections.abc import Sequence

NEWS, ADVERTISEMENT, RELATED, EMPTY = "news", "advertisement", "related", "empty"
_CERTAIN = 2  # points that make a title an advertisement by itself; in the rhythm one is enough
_READ = 1000  # signs of a title that are looked at; no headline has more
_CUT_AT = 62  # native advertisements are cut short at some sixty signs, headlines much later
_RHYTHM = 3  # of the four rows beside, at the same distance: no accident
_STEPS = range(3, 11)
_HEADINGS = re.compile(
    r"related (?:news|stories|articles|topics|searches)|(?:recommended|more) for you|read more"
    r"|(?:more|latest|other|top|trending|recommended) (?:news|stories|articles|headlines)"
    r"|people also (?:watch|read|ask)|trending(?: now| tickers)?|you may also like"
    r"|sponsored(?: links)?|advertisements?"
)
_MONEY = r"(?:₹|rs\.?|inr|\$|£|€)\s*\d[\d,.]*"
_INDIAN = r"\d[\d,.]*\s*(?:cr|crore|lac|lakh|lacs|lakhs|k)s?\b"
_SIGNS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (points, re.compile(form))
    for points, form in (
        # homes and land, sold by the room or the square foot
        (1, r"\b\d(?:\s*(?:&|,|and|-)\s*\d)*\s*bhk\b"),
        (1, r"\b(?:villas?|villaments?|plots|flats|townhouses?|apartments|interiors)\b"),
        (1, r"\bpsf\b|\bonwards\W*$|\bready to move\b|^pre\W*launch"),
        # prices to start from, and the star of the small print
        (2, rf"(?:{_MONEY}|{_INDIAN})\s*\+?\s*\*"),
        (1, rf"@\s*(?:{_MONEY}|{_INDIAN}|\d)"),
        (1, rf"\b(?:start(?:s|ing)?|only|just)\s*(?:from|at|@)?\s*(?:{_MONEY}|{_INDIAN})"),
        # orders to the reader
        (2, r"\b(?:shop|order|book|register|enrol+|sign up|enquire|call) (?:now|today|online)\b"),
        (2, r"\b(?:find out|learn more|read more) now\b"),
        (2, r"\b(?:grab|avail)\b.*\b(?:offers?|discounts?|lakhs?|savings)\b"),
        (2, r"^save (?:up to|over|more than|big)\b"),
        (1, r"\b(?:invest|buy|apply) (?:now|today)\b|\btake (?:a look|advantage)\b"),
        (1, r"\b(?:special|exclusive|limited|festive)\W+(?:time\W+)?(?:offers?|discounts?)\b"),
        (1, r"^(?:learn|discover|stop|get|try|play|check|compare|join(?:ing)?) \w+"),
        (1, r"\bdon'?t (?:miss|worry|wait|use|pay)\b"),
        (1, r"\bfor free\b|\bfree (?:trial|download|quote|demo)\b|\bno cost emi\b"),
        # promises, and whom they are made to
        (2, r"\b(?:might|may|will|could) (?:surprise|shock|amaze) you\b|\bchange your life\b"),
        (2, r"\bwere you born\b|^(?:for )?(?:people|men|women|seniors|drivers) (?:aged|born)\b"),
        (2, r"\b(?:how|ways?) to (?:boost|increase|double) (?:your )?(?:income|earnings)\b"),
        (2, r"\bboost your (?:income|earnings)\b|\bcfds?\b"),
        (1, r"\b(?:affordable|personali[sz]ed|luxury|effortless|hassle\W?free)\b"),
        (1, r"\b(?:tricks?|habits?|hacks?|secrets?)\b.*\bto (?:help|get|make)\b"),
        (1, r"\bthis (?:type|one|simple)\b|\b(?:for|to|built to|help) you(?:r \w+)?\W*$"),
        # courses and meetings, insurance, health, household
        (2, r"\b(?:course|bootcamp)s?\b.*\b(?:certificate|mentorship|placement|enrol+)\b"),
        (2, r"\b\w*(?:summit|expo|conference|webinar) (?:returns|is back)\b"),
        (2, r"\b(?:insurance|loans?|credit cards?)\b.*\b(?:discounts?|quotes|for seniors)\b"),
        (2, r"\b(?:high|blood) sugar levels?\b|\b(?:dry eyes|hair loss|belly fat|tinnitus)\b"),
        (1, r"\b(?:weight loss|joint pain|good skin|wrinkles|mattress|suitcase|hearing aids?)\b"),
        (1, r"\bhealth benefit|\bdebt relief\b|\bdental implants?\b|\badjustable beds?\b"),
        (2, r"^[\w .&-]+, [\w' ]*\bleading [\w ]+\b(?:company|brand|manufacturer|provider)\W*$"),
        (1, r"\|.*\b(?:offer|mentorship|apply|earn|book|visit)\b|\*$"),
    )
)
_FINANCE = re.compile(
    r"\((?:[a-z]+:)?[a-z]{1,12}\)|\b(?:shares?|stocks?|etfs?|earnings call|q[1-4]|quarter|revenues?"
    r"|profits?|nifty|sensex|ipo|analysts?|dividends?|index|futures|nyse|nse|bse|acqui\w+|investors?"
    r"|rbi|sebi|(?:annual|quarterly) earnings)\b"
)
_REPORTED = re.compile(
    r"\b(?:rises?|rose|falls?|fell|jumps?|slumps?|gains?|surges?|tumbles?|reports?|launche[sd]"
    r"|launch|signs?|wins?|bags|raises?|cuts?|sells?|sold|plans?|sales|demand|crore order)\b"
)


def kind_of(
    title: str | None, *, advert: bool = False, related: bool = False, by_words: bool = True
) -> str:
    """The kind of one row.

    Args:
        advert, related: the page itself marks it so.
        by_words: whether the title may give an advertisement away.
    """
    said = plain(title)
    if not said:
        return EMPTY
    if advert:
        return ADVERTISEMENT
    if related or _HEADINGS.fullmatch(said.rstrip(" :…")):
        return RELATED
    return ADVERTISEMENT if by_words and points(title) >= _CERTAIN else NEWS


def kinds_in_list(titles: Sequence[str | None]) -> list[str]:
    """The kinds of all rows of a list that has no markers, with an ear for its rhythm."""
    kinds = [kind_of(title) for title in titles]
    doubtful = [
        number
        for number, title in enumerate(titles)
        if kinds[number] == NEWS and points(title) + _is_slogan(title) == _CERTAIN - 1
    ]
    for number in doubtful:
        if any(_in_rhythm(kinds, number, step) for step in _STEPS):
            kinds[number] = ADVERTISEMENT
    return kinds


def points(title: str | None) -> int:
    """How much speaks for an advertisement; what is reported, and of shares, speaks against."""
    said = plain(title)
    found = sum(worth for worth, form in _SIGNS if form.search(said))
    if said.endswith(("...", "…")) and len(said) <= _CUT_AT:
        found += 2
    found -= 2 if _FINANCE.search(said) else 0
    return found - (1 if _REPORTED.search(said) else 0)


def _in_rhythm(kinds: Sequence[str], number: int, step: int) -> bool:
    """Whether at least three of the four rows beside it, `step` apart, are advertisements."""
    beside = [number + step * away for away in (-2, -1, 1, 2)]
    known = [kinds[place] for place in beside if 0 <= place < len(kinds)]
    return known.count(ADVERTISEMENT) >= _RHYTHM


def _is_slogan(title: str | None) -> bool:
    """Three words and no figure: few headlines do with that."""
    said = plain(title)
    return len(said.split()) <= 3 and not re.search(r"\d", said)


def plain(title: str | None) -> str:
    """The title in lower case on one line, with the apostrophe of typewriters."""
    shown = (title or "")[:_READ].replace("\0", "").replace("\u2019", "'")
    return " ".join(shown.lower().split())
