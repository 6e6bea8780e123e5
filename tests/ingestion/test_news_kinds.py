"""Which rows of a news list are news: by words that nobody wrote the rules from."""

import csv
import io
from collections import Counter

import pytest

from ingestion.promotion.india_news import judge
from ingestion.promotion.news_kinds import kind_of, kinds_in_list

# Written after the rules, in the manner of Indian papers and of the offers between their lines.
NEWS = (
    "Maruti launches new hatchback in India, prices start at Rs 6.49 lakh",
    "Ola Electric scooters now starting at Rs 79,999 after price cut",
    "Net profit rises to Rs 540 crore from Rs 450 crore a year ago",
    "RBI cuts repo rate by 25 bps; home loan rates to fall",
    "DLF sells luxury flats worth Rs 8,000 crore in Gurugram in three days",
    "Godrej Properties buys 40-acre plot in Bengaluru for Rs 1,200 crore",
    "Eli Lilly launches weight loss drug Mounjaro in India",
    "Foxconn plans $1.5 billion investment in Tamil Nadu",
    "Why your health insurance premium may rise next year",
    "Should you buy, sell or hold Tata Steel after Q2 results?",
    "Reliance signs exclusive deal with Disney for streaming",
    "Festive offers lift car sales in October: dealers' body",
    "LIC Housing Finance to raise Rs 2,500 crore via NCDs",
    "Sensex ends 300 points higher; IT stocks lead gains",
    "Infosys bags $1.5 bn deal from European client",
    "People over 60 may get higher FD rates at these banks",
    "Wipro, HCL Tech among five shares to buy today",
    "HDFC Bank credit card spends jump 18% in September",
    "Insurance companies see growth in new premiums",
    "Markets at close: Nifty slips below 25,000",
    "Adani Green commissions 500 MW solar park in Rajasthan",
    "TCS to hire 40,000 freshers this year",
    "Bajaj Finance launches free credit report service",
    "Zomato rebrands as Eternal: what changes for you",
    "India's leading airline IndiGo adds 10 international routes",
    "Vodafone Idea's lenders meet on Rs 25,000 crore loan",
    "Mumbai home registrations rise 12% in September",
    "Global Investors Summit begins in Bhopal",
    "Stop-loss: Titan, Trent among stocks to watch",
    "Learn from Buffett: hold cash when prices are high, says fund manager",
    "Karnataka to host tech summit; Infosys founder to speak",
    "Gold loan companies gain as RBI eases rules",
    "Sun Pharma gets USFDA nod for dry eye drug",
    "Prestige launches 2 and 3 BHK project in Chennai, eyes Rs 700 crore revenue",
    "Samsung Galaxy S25 gets Rs 10,000 discount: check price",
    "Check out today's gold rates in Delhi, Mumbai",
    "Tata Motors demerger: key dates you should know",
    "Premiumisation helps Nestle margins",
    "Big blow to Byju's as court rejects plea",
    "UPI for NRIs: how it works",
)
OFFERS = (
    "Sea-facing 4 BHK in Worli starting @ 12 Cr* | Enquire now",
    "Luxury Villas near Devanahalli from ₹1.9 Cr onwards",
    "Plots in Yelahanka starting ₹ 45 Lacs* | Book a visit...",
    "2 & 3 BHK flats at Whitefield, pay 10% now & rest on...",
    "Hurry! Festive discounts of Rs 5 lakhs on ready homes...",
    "Earn $900 a day from home with this simple trick",
    "Doctors Say: Do This If You Have High Blood Sugar Levels",
    "Seniors Born Before 1966 Get These Benefits This Month",
    "MBA without quitting your job | Apply Now",
    "Data Science Course with Placement | Enrol Today",
    "New hearing aids take India by storm (see prices)",
    "Shop now: 60% off on winter jackets",
    "Get term insurance of 1 crore @ Rs 490/month*",
    "Car insurance quotes might surprise you",
    "Compare personal loans for free in 2 minutes",
    "How to double your income with forex trading",
    "Invest in Amazon CFDs with just ₹20,000",
    "Don't buy a mattress before you read this",
    "Play this strategy game for free, no install",
    "Villas in Goa with assured rental returns of 8%*",
    "Full mouth dental implants: see what they cost in...",
    "Grab up to 70% savings on furniture this weekend",
    "Personalized modular kitchens for your budget.",
    "Forget gym: this simple tip melts belly fat",
    "SUVs are almost being given away in Bangalore: see...",
    "Study in Canada: book free counselling session",
    "Unsold furniture is now almost free: take a look",
    "German hearing technology now in your city...",
)


def test_no_headline_is_taken_for_an_advertisement():
    assert [title for title in NEWS if kind_of(title) != "news"] == []


def test_most_offers_give_themselves_away():
    """Words alone cannot find all of them; a page that marks its offers does better."""
    found = [title for title in OFFERS if kind_of(title) == "advertisement"]
    assert len(found) >= 0.8 * len(OFFERS)


@pytest.mark.parametrize("title", ["Related News", "  RELATED  NEWS: ", "You may also like"])
def test_a_heading_is_related(title):
    assert kind_of(title) == "related"


@pytest.mark.parametrize("title", [None, "", "  ", "\0", "\u00a0"])
def test_a_row_without_words_is_empty(title):
    assert kind_of(title) == "empty"


def test_a_mark_of_the_page_counts_for_more_than_words():
    assert kind_of("Sensex ends higher", advert=True) == "advertisement"
    assert kind_of("Sensex ends higher", related=True) == "related"
    assert kind_of(OFFERS[0], by_words=False) == "news"


def test_a_slogan_in_the_rhythm_of_the_offers_is_one_too():
    news = iter(NEWS)
    titles = [
        "Quiet power" if place == 10 else OFFERS[place // 5] if place % 5 == 0 else next(news)
        for place in range(21)
    ]
    kinds = kinds_in_list(titles)
    assert kinds[10] == "advertisement"
    assert Counter(kinds) == {"advertisement": 5, "news": 16}
    assert kinds_in_list(["Quiet power", *NEWS]) == ["news"] * 41


@pytest.mark.real_data
def test_the_real_lists_load_with_their_junk_rows_classified(real_data):
    """259 rows of three lists; the places of the advertisements are as a person read them."""
    advertisements = {
        "INFY": {9, 14, 19, 24, 29, *range(38, 134, 5), 142, 147, 152, 157, 162, 167, 172, 177},
        "JIOFIN": set(range(10, 31, 5)),
        "SBIN": set(range(10, 56, 5)),
    }
    total: Counter[str] = Counter()
    for ticker, places in advertisements.items():
        content = (real_data / "first_sample" / f"{ticker}.csv").read_bytes()
        rows = list(csv.reader(io.StringIO(content.decode())))[1:]
        assert judge("headline_list", content).records == len(rows)
        kinds = kinds_in_list([title for _, _, title in rows])
        found = {int(row[0]) for row, kind in zip(rows, kinds, strict=True) if kind[0] == "a"}
        assert found == places
        total.update(kinds)
    assert total == {"news": 200, "advertisement": 48, "empty": 9, "related": 2}
