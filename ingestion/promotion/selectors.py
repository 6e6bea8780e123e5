"""Where things stand on a news page: the one place to mend when a site changes its layout.

The browser waits for what is named here, promotion extracts it. Layouts are tried from the first
to the last; of a part, each selector in turn. A page that no layout knows is kept in quarantine:
look at its picture there, add a layout at the front, then run `investiq promote --again`.
"""

from dataclasses import dataclass

YAHOO, GOOGLE = "yahoo_finance", "google_news"


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a site has drawn its list of headlines; all are CSS selectors.

    Attributes:
        item: one row of the list.
        link: the anchor of the story, inside a row.
        publisher: the name of who wrote it; `byline` where name and time stand in one text.
        time: an element that tells the time, by its attribute `datetime` before its text.
    """

    name: str
    item: str
    title: tuple[str, ...]
    link: tuple[str, ...]
    publisher: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageSelectors:
    """What is known of one site.

    Attributes:
        extractor: name and version of these rules, recorded with every record.
        advert, related: what a row is, or lies in, or holds, when it is no news of the share.
        nothing: what the site shows where there is no news at all.
        consent: the buttons that end a consent wall; the one that refuses comes first.
    """

    site: str
    extractor: str
    layouts: tuple[Layout, ...]
    advert: tuple[str, ...]
    related: tuple[str, ...]
    nothing: tuple[str, ...]
    consent: tuple[str, ...]

    @property
    def items(self) -> str:
        """A row of any layout."""
        return ", ".join(layout.item for layout in self.layouts)


_ADVERTS = (
    '[data-testid^="ad-"]',
    '[data-testid$="-ad"]',
    '[data-testid*="sponsored"]',
    '[data-test-locator="native-ad"]',
    '[class*="native-ad"]',
    '[class*="gemini-ad"]',
    '[class*="sponsored"]',
    '[aria-label="Sponsored"]',
    '[aria-label="Advertisement"]',
    'a[rel~="sponsored"]',
)

YAHOO_PAGE = PageSelectors(
    site=YAHOO,
    extractor="yahoo-1",
    layouts=(
        Layout(
            name="storyitem",
            item='[data-testid="news-stream"] section[data-testid="storyitem"], '
            '[data-testid="news-stream"] section[data-testid="ad-item"]',
            title=("h3", "a[title]"),
            link=("a.titles[href]", "a.subtle-link[href]", "a[href]"),
            byline=(".publishing", ".footer"),
            time=("time",),
            summary=("p",),
        ),
        Layout(
            name="stream-content",
            item="li.js-stream-content, li.stream-item",
            title=("h3", "h2"),
            link=("h3 a[href]", "a.js-content-viewer[href]", "a[href]"),
            byline=('[class*="C(#959595)"]', '[class*="publishing"]', "div > span"),
            time=("time",),
            summary=("p",),
        ),
        Layout(
            name="headings",
            item='main li:has(h3 a[href*="/news/"]), main article:has(h3)',
            title=("h3",),
            link=("h3 a[href]", "a[href]"),
            byline=("footer", "small"),
            time=("time",),
            summary=("p",),
        ),
    ),
    advert=_ADVERTS,
    related=('[data-testid*="related"]', '[class*="related-news"]', '[aria-label="Related News"]'),
    nothing=('[data-testid="no-news"]', '[data-testid="news-stream"] [data-testid="empty"]'),
    consent=(
        'button[name="reject"]',
        "button.reject-all",
        'button[name="agree"]',
        "button.accept-all",
    ),
)

GOOGLE_PAGE = PageSelectors(
    site=GOOGLE,
    extractor="google-page-1",
    layouts=(
        Layout(
            name="jtkrv",
            item="article:has(a.JtKRv)",
            title=("a.JtKRv",),
            link=("a.JtKRv[href]",),
            publisher=(".vr1PYe",),
            time=("time[datetime]", "time"),
        ),
        Layout(
            name="headings",
            item="article:has(h3), article:has(h4)",
            title=("h3", "h4"),
            link=("h3 a[href]", "h4 a[href]", 'a[href*="./articles/"]', "a[href]"),
            publisher=("[data-n-tid]", "a.wEwyrc", ".source"),
            time=("time[datetime]", "time"),
        ),
        Layout(
            name="read-links",
            item='main :is(article, c-wiz, li):has(> a[href*="/read/"])',
            title=('a[href*="/read/"]:not(:empty)',),
            link=('a[href*="/read/"]',),
            publisher=(".source",),
            time=("time[datetime]", "time"),
        ),
    ),
    advert=_ADVERTS,
    related=('[aria-label="Related News"]', '[class*="related-news"]'),
    nothing=('[data-testid="no-results"]', "main .no-results"),
    consent=(
        'button[aria-label^="Reject all"]',
        'form[action*="consent"] button[name="reject"]',
        'button[aria-label^="Accept all"]',
        'form[action*="consent"] button',
    ),
)
