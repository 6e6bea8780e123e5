"""Files downloaded elsewhere: what they are is read in them; odd ones are named, never followed."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.fetched import Fetched
from ingestion.sources.directory import Unrecognised, files

LIMIT = 1_000_000


def one(folder, limit=LIMIT):
    [found] = files(folder, limit)
    return found


@pytest.fixture
def written(tmp_path, quote):
    """Write a file of quotes into a folder of its own, and give that folder."""

    def write(name, body=None):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        content = body if isinstance(body, bytes) else json.dumps(body or [quote()]).encode()
        (folder / name).write_bytes(content)
        return folder

    return write


def test_the_first_real_sample_is_recognised_whole(real_data):
    found = {
        getattr(item, "name", None) or item.dataset: item
        for item in files(real_data / "first_sample", 64 << 20)
    }
    quotes, news = found.pop("quotes"), found.pop("news")
    assert isinstance(quotes, Fetched)
    assert (quotes.source, quotes.dataset) == ("rapidapi", "quotes")
    assert quotes.trade_date == date(2024, 4, 26)
    assert quotes.fetched_at == datetime(2024, 4, 26, 13, 4, 36, tzinfo=UTC)
    assert quotes.notes == {"file-name": "nse_data_26042024130436.json"}
    assert len(json.loads(quotes.content)) == 828
    assert (news.source, news.trade_date) == ("alpha_vantage", date(2024, 4, 28))
    assert news.fetched_at == datetime(2024, 4, 28, 13, 33, 32, tzinfo=UTC)
    assert set(found) == {"headline_list"}


@pytest.mark.parametrize(
    ("name", "fetched_at"),
    [
        ("nse_data_26042024130436.json", "2024-04-26T13:04:36"),
        ("NSE_DATA_26042024130436 (1).JSON", "2024-04-26T13:04:36"),
        ("quotes.json", "2024-04-26T10:29:52"),  # the newest quote, in UTC
        ("nse_data_.json", "2024-04-26T10:29:52"),
        ("nse_data_99992024130436.json", "2024-04-26T10:29:52"),  # no such day
        ("nse_data_26042023130436.json", "2024-04-26T10:29:52"),  # before what it holds
        ("nse_data_26040001130436.json", "2024-04-26T10:29:52"),
        ("nse_data_31129999235959.json", "2024-04-26T10:29:52"),
        ("a b;'$(id).txt", "2024-04-26T10:29:52"),
    ],
)
def test_when_it_was_fetched_is_the_same_in_every_copy(written, name, fetched_at):
    folder = written(name)
    os.utime(folder / name, (1, 1))
    found = one(folder)
    assert found.fetched_at == datetime.fromisoformat(fetched_at).replace(tzinfo=UTC)
    assert found.trade_date == date(2024, 4, 26)


@pytest.mark.parametrize(
    ("times", "trade_date"),
    [
        (["26-Apr-2024 15:59:52", "26-Apr-2024 15:30:00", "19-Apr-2024 15:00:00"], "2024-04-26"),
        (["19-Apr-2024 15:00:00", "19-Apr-2024 15:00:00", "26-Apr-2024 15:59:52"], "2024-04-19"),
        (["25-Apr-2024 15:00:00", "26-Apr-2024 15:00:00"], "2024-04-26"),  # a draw: the newest
        (["01-Jan-0001 00:00:00", "31-Dec-9999 23:59:59", "26-Apr-2024 15:00:00"], "2024-04-26"),
    ],
)
def test_the_session_is_the_one_that_most_records_carry(written, quote, times, trade_date):
    found = one(written("x.json", [quote(lastUpdateTime=time) for time in times]))
    assert found.trade_date == date.fromisoformat(trade_date)


@pytest.mark.parametrize("name", ["nse_data_26042024200000.json", "nse_data_26040101200000.json"])
def test_a_file_named_as_quotes_lands_even_broken(written, name):
    """So that it goes to quarantine with its reason; a key has a year of four digits."""
    folder = written(name, b'[{"symbol": "REL')
    os.utime(folder / name, (1714156200, 1714156200))
    found = one(folder)
    assert isinstance(found, Fetched)
    assert found.fetched_at.year == 2024
    assert found.trade_date in (date(2024, 4, 26), date(2024, 4, 27))


@pytest.mark.parametrize(
    "body",
    [b"", b"SYMBOL,OPEN\n", b"\x00\x01", [1, 2], [{"lastUpdateTime": "yesterday"}], {"a": 1}],
)
def test_what_no_dataset_takes_is_named_and_left_alone(written, body):
    found = one(written("something.json", body))
    assert found == Unrecognised("something.json", "not a file of a dataset that can be ingested")


def test_folders_below_are_entered_and_links_are_not_followed(written, tmp_path):
    outside = tmp_path / "secret.json"
    outside.write_text("[]")
    folder = written("quotes.json")
    (folder / "link.json").symlink_to(outside)
    (folder / "dangling.json").symlink_to(tmp_path / "nothing")
    (folder / "below").mkdir()
    (folder / "below" / "quotes.json").write_bytes((folder / "quotes.json").read_bytes())
    (folder / "below" / "odd name.txt").write_bytes(b"")
    (folder / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.json")
    found = list(files(folder, LIMIT))
    refused = [item.name for item in found if isinstance(item, Unrecognised)]
    assert refused == ["dangling.json", "elsewhere", "link.json", "pipe.json", "below/odd_name.txt"]
    assert len(found) == 7


def test_a_file_over_the_limit_is_not_read(written):
    folder = written("quotes.json")
    size = (folder / "quotes.json").stat().st_size
    assert isinstance(one(folder, size), Fetched)
    assert "INVESTIQ_MAX_BODY_BYTES" in one(folder, size - 1).reason


def test_a_file_that_cannot_be_read_is_named(written, monkeypatch):
    folder = written("quotes.json")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "Permission denied" in one(folder).reason


def test_a_name_that_is_no_text_is_made_plain(written):
    folder = written(os.fsdecode(b"quotes-\xff\n.json"))
    assert one(folder).notes == {"file-name": "quotes-__.json"}


def test_the_order_is_that_of_the_names(written):
    for name in ("b.json", "a.json", "c.json"):
        folder = written(name)
    assert [item.notes["file-name"] for item in files(folder, LIMIT)] == [
        "a.json",
        "b.json",
        "c.json",
    ]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="Give the folder"):
        list(files(tmp_path / "nothing", LIMIT))
