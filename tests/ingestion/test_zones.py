"""Keys say what was asked and when; a key that was not written by us is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import ConfigurationError
from ingestion.zones import ObjectKey, extension_of, safe_name

FOLDER = "source=rapidapi/dataset=quotes/trade_date=2024-04-26/fetched_at=20240426T130436Z"
LANDING = f"landing/{FOLDER}/0123456789abcdef.json"

NAMES = st.text("az09_", min_size=1, max_size=8)
KEYS = st.builds(
    ObjectKey,
    source=NAMES,
    dataset=NAMES,
    trade_date=st.dates(),
    fetched_at=st.datetimes(min_value=datetime(1992, 1, 1), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    sha_head=st.text("09af", min_size=16, max_size=16),
    extension=st.sampled_from(["json", "html", "csv.zip", "bin"]),
)


@given(KEYS)
def test_a_key_survives_the_way_through_its_text(key):
    assert ObjectKey.parse(key.landing) == key
    for zone in (key.raw, key.quarantine):
        assert ObjectKey.parse(zone) == replace(key, extension="ndjson.gz")


def test_the_zones_differ_in_their_first_folder_only():
    key = ObjectKey.parse(LANDING)
    assert (key.source, key.dataset, key.trade_date) == ("rapidapi", "quotes", date(2024, 4, 26))
    assert key.fetched_at == datetime(2024, 4, 26, 13, 4, 36, tzinfo=UTC)
    assert key.landing == LANDING
    assert key.raw == f"raw/{FOLDER}/0123456789abcdef.ndjson.gz"
    assert key.quarantine == f"quarantine/{FOLDER}/0123456789abcdef.ndjson.gz"
    assert key.promote_outcome == f"outcomes/stage=promote/{FOLDER}/0123456789abcdef.json"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "landing/",
        "landing/readme.txt",
        LANDING.replace("landing", "outcomes"),
        f"x/{LANDING}",
        f"{LANDING}\n",
        f"{LANDING}/../../raw/x",
        LANDING.replace(".json", "..json"),
        LANDING.replace("json", "js'on"),
        LANDING.replace("quotes", "../quotes"),
        LANDING.replace("quotes", "quotes'; drop table x; --"),
        LANDING.replace("quotes", "quötes"),
        LANDING.replace("quotes", "*"),
        LANDING.replace("2024-04-26", "2024-13-45"),
        LANDING.replace("2024-04-26", "2023-02-29"),
        LANDING.replace("2024-04-26", "२०२४-04-26"),
        LANDING.replace("20240426T130436Z", "20249926T130436Z"),
        LANDING.replace("20240426T130436Z", "२२२४0426T130436Z"),
        LANDING.replace("0123456789abcdef", "0123456789ABCDEF"),
        LANDING.replace("0123456789abcdef", "0123"),
    ],
)
def test_a_key_that_is_not_ours_is_refused_with_what_to_do(key):
    with pytest.raises(ConfigurationError, match="--source directory"):
        ObjectKey.parse(key)


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [
        ("application/json", "json"),
        ("Application/JSON; charset=utf-8", "json"),
        (" text/html ", "html"),
        ("text/csv", "csv"),
        ("application/../../etc", "bin"),
        ("", "bin"),
    ],
)
def test_the_ending_follows_the_content_type(content_type, extension):
    assert extension_of(content_type) == extension


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("nse_data_26042024130436.json", "nse_data_26042024130436.json"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\quotes.json", "quotes.json"),
        ("a b;'\n.json", "a_b___.json"),
        ("मूल्य.json", "_____.json"),
        ("\udcff.json", "_.json"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_file_name_becomes_plain(name, safe):
    assert safe_name(name) == safe
