"""Files of the exchange that were downloaded elsewhere: recognised by content, dated by name."""

import gzip
import io
import json
import os
import zipfile
from datetime import UTC, date, datetime

import pytest

from ingestion import parallel
from ingestion.fetched import Fetched
from ingestion.ingest import ingest_directory
from ingestion.promotion import promote_pending
from ingestion.sources.directory import Unrecognised, files
from tests.ingestion.test_archives import E2, FILES, SEC, text

MODIFIED = datetime(2026, 8, 9, 20, 0, tzinfo=UTC)  # 10 August in India
LIMIT = 1_000_000


@pytest.fixture
def seen(tmp_path):
    """Write one file into a folder below and give what the directory source makes of it."""

    def look(name, content):
        path = tmp_path / "2024" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (MODIFIED.timestamp(), MODIFIED.timestamp()))
        [found] = files(tmp_path, LIMIT)
        return found

    return look


def unpacked(content):
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(archive.namelist()[0])
    return content


def zipped(content, member):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return target.getvalue()


@pytest.mark.parametrize("packing", ["plain", "gz", "zip"])
@pytest.mark.parametrize("case", FILES)
def test_each_format_is_recognised_by_content_however_packed(seen, case, packing):
    dataset, _, content, _ = FILES[case]
    ending = "json" if unpacked(content).startswith((b"[", b"{")) else "csv"
    content = unpacked(content)
    if packing == "gz":
        content = gzip.compress(content, mtime=0)
    elif packing == "zip":
        content = zipped(content, f"download.{ending}")
    found = seen(f"download (1).{ending}.{packing}", content)
    assert isinstance(found, Fetched)
    assert found.dataset == dataset
    assert found.source == ("operator" if dataset == "adjustment_corrections" else "nse")
    assert found.fetched_at == MODIFIED
    assert found.content == content
    kinds = {"gz": "application/gzip", "zip": "application/zip"}
    plain = "application/json" if ending == "json" else "text/csv"
    assert found.content_type == kinds.get(packing, plain)


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        ("1994", "1994-12-01"),  # what the file says
        ("2020, nested member and short year", "2020-07-13"),
        ("udiff", "2024-07-08"),
        ("full bhavdata", "2024-07-08"),
        ("index closes with slashes", "2014-06-26"),
        ("corporate actions", "2021-08-05"),  # the newest ex-date
        ("website's corporate actions", "2021-08-05"),
        ("equity list", "2026-08-10"),  # the day of the file, in India
        ("holidays", "2026-08-10"),
    ],
)
def test_a_name_without_a_date_leaves_it_to_the_content(seen, case, asked):
    assert seen("file", FILES[case][2]).trade_date == date.fromisoformat(asked)


@pytest.mark.parametrize(
    ("name", "dataset", "asked"),
    [
        ("cm05JUL2024bhav.csv.zip", "bhavcopy_legacy", "2024-07-05"),
        ("CM05jul2024BHAV.CSV", "bhavcopy_legacy", "2024-07-05"),
        ("BhavCopy_NSE_CM_0_0_0_20240708_F_0000.csv.zip", "bhavcopy_udiff", "2024-07-08"),
        ("sec_bhavdata_full_04052022_BADFETCH.csv.gz", "sec_bhavdata", "2022-05-04"),
        ("ind_close_all_01102012.csv", "index_closes", "2012-10-01"),
        ("EQUITY_L_2026-08-08.csv", "equity_list", "2026-08-08"),
        ("EQUITY_L.csv", "equity_list", "2026-08-10"),
        ("symbolchange_20260808.csv", "symbol_changes", "2026-08-08"),
        ("ind_nifty500list_2026-02-20.csv", "index_constituents", "2026-02-20"),
        ("nifty750list_2026.csv", "index_constituents", "2026-08-10"),
        ("CF-CA-equities-01-01-2024-to-31-12-2024.csv", "corporate_actions", "2026-08-10"),
        ("holiday-master_trading.json", "holidays", "2026-08-10"),
        ("adjustment_corrections.csv", "adjustment_corrections", "2026-08-10"),
    ],
)
@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b"PK\x03\x04", b"\x1f\x8b", b"a,b\n1,2\n"]
)
def test_a_file_that_is_not_what_its_name_says_lands_all_the_same(
    seen, name, dataset, asked, content
):
    found = seen(name, content)
    assert (found.dataset, found.trade_date) == (dataset, date.fromisoformat(asked))


def test_the_date_in_the_name_is_the_session_asked_for(seen):
    stale = text(SEC, "ACORN, EQ, 25-Jan-2023, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12")
    found = seen("sec_bhavdata_full_26012023.csv", stale)
    assert found.trade_date == date(2023, 1, 26)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Quote-Equity-ACORN-EQ.csv", b'"Date ","series ","OPEN ","HIGH ","close "\n1,2,3,4,5\n'),
        ("etf.csv", b"ACORN\nBASIL\n"),
        ("isin.csv", b"ISIN,SYMBOL\nINE000A01010,ACORN\n"),
        ("sec_list.csv", b"Symbol,Series,Band\nACORN,EQ,20\n"),
        ("news.json", b'{"items": "50", "feed": []}'),
        ("list.json", b'[{"symbol": "ACORN"}]'),
        ("dates.json", b"[1, 2]"),
        ("README.md", b"# Files\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("empty", b""),
    ],
)
def test_what_no_dataset_takes_is_named_and_left_alone(seen, name, content):
    found = seen(name, content)
    assert isinstance(found, Unrecognised)
    assert found.name == f"2024/{name}"


def test_a_folder_of_good_and_bad_files_leaves_one_outcome_each(tmp_path, store):
    folder = tmp_path / "files"
    (folder / "2024").mkdir(parents=True)
    good = text(E2, "ACORN,EQ,36,36.3,35,36.1,36,35.5,90,3240.5,05-JUL-2024,7,INE000A01010,")
    stale = good.replace(b"05-JUL", b"04-JUL")
    (folder / "2024" / "cm05JUL2024bhav.csv").write_bytes(good)
    (folder / "2024" / "cm08JUL2024bhav.csv").write_bytes(stale)
    (folder / "cm09JUL2024bhav.csv").write_bytes(good[:-20])
    (folder / "notes.txt").write_bytes(b"hello")
    found = {}
    for item in ingest_directory(folder, store, max_bytes=LIMIT):
        found[item.trade_date and item.trade_date.day] = (
            item.dataset_name,
            item.status,
            item.detail,
        )
    assert found[5] == ("bhavcopy_legacy", "ok", "")
    assert found[8][:2] == ("bhavcopy_legacy", "stale")
    assert found[8][2] == "stale_copy: asked for 2024-07-08, the file holds 2024-07-04"
    assert found[9][:2] == ("bhavcopy_legacy", "failed")
    assert found[None] == (
        "file",
        "unrecognised",
        "notes.txt: not a file of a dataset that can be ingested",
    )
    recorded = [item.key for item in store.list("outcomes/stage=fetch/")]
    assert len(recorded) == 4
    again = ingest_directory(folder, store, max_bytes=LIMIT)
    assert sorted(item.status for item in again) == ["failed", "stale", "unchanged", "unrecognised"]
    assert [item.key for item in store.list("outcomes/stage=fetch/")] == recorded
    reports = promote_pending(store)
    assert sorted(report.status for report in reports) == ["promoted", "quarantined", "quarantined"]


def test_many_files_are_shared_out_among_processes_with_the_same_result(
    tmp_path, store, monkeypatch
):
    folder = tmp_path / "files"
    folder.mkdir()
    for day in range(1, 21):
        name = f"cm{day:02d}JUL2024bhav.csv"
        line = f"ACORN,EQ,36,36.3,35,36.1,36,35.5,90,3240.5,{day:02d}-JUL-2024,7,INE000A01010,"
        (folder / name).write_bytes(text(E2, line))
    (folder / "other.txt").write_bytes(b"x")
    monkeypatch.setattr(parallel, "MANY", 5)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 2)
    told = []
    outcomes = ingest_directory(
        folder, store, max_bytes=LIMIT, progress=lambda *numbers: told.append(numbers)
    )
    assert [item.status for item in outcomes] == ["ok"] * 20 + ["unrecognised"]
    assert told == [(done, 21) for done in range(1, 22)]
    reports = promote_pending(store, progress=lambda *numbers: told.append(numbers))
    assert told[21:] == [(done, 20) for done in range(1, 21)]
    assert [report.promoted for report in reports] == [1] * 20
    shared = {item.key: store.read(item.key).content for item in store.list("raw/")}
    monkeypatch.setattr(parallel, "MANY", 10_000)
    assert promote_pending(store, again=True) == reports
    assert {item.key: store.read(item.key).content for item in store.list("raw/")} == shared
    details = [
        json.loads(store.read(item.key).content) for item in store.list("outcomes/stage=promote/")
    ]
    assert {detail["status"] for detail in details} == {"promoted"}
