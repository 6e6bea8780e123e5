"""What is no file of the exchange is refused with its reason; only structure is judged."""

import csv
import gzip
import io
import random
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.promotion.archives import judge, text_of
from ingestion.promotion.records import Refused
from ingestion.promotion.tables import csv_line, read_table
from ingestion.promotion.unpack import MAX_UNPACKED_BYTES, unpacked

DAY = date(2024, 7, 8)
HEADER = "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP"
LATER = f"{HEADER},TOTALTRADES,ISIN"


def row(symbol="ACORN", series="EQ", day="08-JUL-2024", isin="INE000A01010"):
    return f"{symbol},{series},36,36.3,35,36.1,36,35.5,90,3240.5,{day},7,{isin}"


def body(*rows, header=LATER):
    return "\n".join([header, *rows, ""])


def table(text, asked=DAY, dataset="bhavcopy_legacy"):
    return read_table(dataset, text, asked)


def refused(content, dataset="bhavcopy_legacy", asked=DAY):
    """(status, reason, detail) of a file as a source gave it."""
    content = content.encode() if isinstance(content, str) else content
    status, detail, records = judge(dataset, asked, content, "")
    assert records is None
    reason, _, said = detail.partition(": ")
    return status, reason, said


def packed(members, **options):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("header", "missing", "unknown"),
    [
        (LATER.replace("TOTTRDQTY", "VOLUME"), "tottrdqty", "volume"),
        (LATER.replace(",ISIN", ""), "isin", "none"),
        (LATER.replace("ISIN", "ISIN CODE"), "isin", "isin code"),
        (LATER.replace("TOTALTRADES,ISIN", "TRADES,CODE"), "totaltrades, isin", "trades, code"),
        (LATER.replace("CLOSE,LAST", "LAST"), "close", "none"),
        ("a,b", "symbol, series, open", "a, b"),
        ("", "symbol, series, open", "none"),
    ],
)
def test_a_missing_name_refuses_the_file_and_both_lists_are_told(header, missing, unknown):
    status, reason, detail = refused(body(row(), header=header))
    assert (status, reason) == ("failed", "schema_drift")
    assert f"missing columns: {missing}" in detail
    assert detail.endswith(f"unknown columns: {unknown}")


def test_a_name_that_stands_twice_refuses_the_file():
    said = refused(body(row(), header=LATER.replace("OPEN", "HIGH")))
    assert said == ("failed", "schema_drift", "the header names high twice")


def test_a_new_name_is_passed_over_and_said():
    found = table(body(f"{row()},3,x", header=f"{LATER},SETTLEMENT,Grade"))
    assert (found.added, list(found.lines)) == (("settlement", "grade"), [row()])
    assert judge(
        "bhavcopy_legacy", DAY, body(f"{row()},3", header=f"{LATER},New").encode(), ""
    ) == (
        "ok",
        "columns that no table takes: new",
        1,
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "empty_file"),
        (" \n\n", "empty_file"),
        (LATER, "empty_file"),
        (LATER + "\n", "empty_file"),
        (LATER + "\n\n\n", "empty_file"),
        (body(row())[:-1], "truncated"),  # no line end
        (body(row(), row("BASIL"))[:-20] + "\n", "truncated"),  # a line end within a line
        (body(row(day="05-JUL-2024")), "stale_copy"),
        (body(row(), row("BASIL", day="05-JUL-2024")), "mixed_dates"),
        (body(row(day="today")), "bad_date"),
        (body(row() + "\0"), "unreadable"),
        (b"\xff\xfe" + body(row()).encode("utf-16-le"), "unreadable"),
        ("<html><body>Resource not found</body></html>", "html_page"),
        (packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "x"}), "xlsx_workbook"),
        (gzip.compress(packed({"xl/workbook.xml": "x"})), "xlsx_workbook"),
        (packed({}), "archive_members"),
        (packed({"a.csv": "x", "b.csv": "y"}), "archive_members"),
        (packed({"a.exe": "x"}), "archive_members"),
        (packed({"a.csv": packed({"b.csv": body(row())})}), "archive_members"),
        (packed({"../a.csv": body(row())}), "path_trick"),
        (packed({"/etc/a.csv": body(row())}), "path_trick"),
        (packed({"x/..\\..\\a.csv": body(row())}), "path_trick"),
        (packed({"C:\\a.csv": body(row())}), "path_trick"),
        (packed({"a.csv": "0" * 20_000_000}), "zip_bomb"),
        (gzip.compress(b"0" * 20_000_000), "zip_bomb"),
        (packed({"a.csv": body(row())})[:-30], "truncated"),
        (gzip.compress(body(row()).encode())[:-9], "truncated"),
    ],
)
def test_each_kind_of_wrong_file_has_its_reason(content, expected):
    status, reason, detail = refused(content)
    assert reason == expected
    assert status == {"stale_copy": "stale", "html_page": "not_published"}.get(expected, "failed")
    assert detail


def test_the_detail_of_a_stale_copy_names_both_sessions():
    _, _, said = refused(body(row(day="05-JUL-2024")))
    assert said == "asked for 2024-07-08, the file holds 2024-07-05"


def test_an_encrypted_member_is_refused():
    plain = bytearray(packed({"a.csv": body(row())}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        plain[plain.index(mark) + at] |= 1
    assert refused(bytes(plain))[1] == "encrypted"


def test_a_checksum_that_does_not_fit_means_a_cut():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:  # stored, so that a byte can be changed
        archive.writestr("a.csv", body(row()))
    spoiled = target.getvalue().replace(b"ACORN", b"BASIL", 1)
    assert refused(spoiled)[1] == "truncated"


def test_a_member_that_lies_about_its_size_is_read_no_further_than_the_limit():
    honest = packed({"a.csv": "0" * 5000})
    with pytest.raises(Refused, match="zip_bomb"):
        unpacked(honest, max_bytes=4999)
    assert len(unpacked(honest, max_bytes=5000)) == 5000
    declared = (5000).to_bytes(4, "little")
    with pytest.raises(Refused, match=r"truncated|zip_bomb"):
        unpacked(honest.replace(declared, (10).to_bytes(4, "little")), max_bytes=100)


def test_the_limit_is_that_of_a_fetch():
    assert MAX_UNPACKED_BYTES == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("<HTML><TITLE>Access Denied</TITLE>You don't have permission</HTML>", "blocked"),
        ("<!doctype html><p>Please sign in</p>", "blocked"),
        ("<html>The file is not available</html>", "not_published"),
    ],
)
def test_a_page_that_refuses_us_is_told_from_one_in_place_of_a_file(page, status):
    assert judge("sec_bhavdata", DAY, page.encode(), "text/html").status == status


def symbols(count):
    letters = random.Random(1)
    return sorted(
        {"".join(letters.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=7)) for _ in range(count)}
    )


def test_sorted_rows_that_end_before_t_were_cut():
    names = symbols(200)
    whole = [row(name) for name in names]
    early = [line for line in whole if line < "T"]
    assert table(body(*whole)).records_in == len(whole)
    _, reason, said = refused(body(*early))
    assert reason == "truncated"
    assert f"after {len(early)} rows" in said
    assert table(body(*early[:20])).records_in == 20  # so few may be all there are
    early[0], early[1] = early[1], early[0]
    assert table(body(*early)).records_in == len(early)  # not sorted: nothing is known


def test_a_line_with_a_wrong_number_of_fields_is_refused_alone():
    found = table(body(row("ACORN"), row("BASIL") + ",1,2", "CEDAR,EQ", row("DAISY")))
    assert [line[:5] for line in found.lines] == ["ACORN", "DAISY"]
    assert list(found.numbers) == [1, 4]
    assert [(r.record_no, r.reason, r.detail) for r in found.refused] == [
        (2, "field_count", "15 fields where 13 belong"),
        (3, "field_count", "2 fields where 13 belong"),
    ]
    assert found.refused[1].payload == "CEDAR,EQ"
    assert found.records_in == 4


def test_a_symbol_and_series_that_stand_twice_are_kept_once():
    found = table(body(row(), row(series="BE"), row(isin=""), row("BASIL")))
    assert list(found.numbers) == [1, 2, 4]
    [refused] = found.refused
    assert (refused.record_no, refused.reason) == (3, "duplicate_key")
    assert refused.detail == "ACORN EQ stands in line 1 already"
    assert refused.payload == row(isin="")


def test_one_row_without_a_date_does_not_lose_the_others():
    found = table(body(row(), row("BASIL", day="-")))
    assert [r.reason for r in found.refused] == ["bad_date"]
    assert len(found.lines) == 1


def test_a_line_longer_than_a_warehouse_takes_is_refused_alone():
    found = table(body(row(), row("BASIL", isin="X" * 70_000)))
    assert [(r.record_no, r.reason) for r in found.refused] == [(2, "too_large")]


def test_an_open_quote_at_the_end_means_a_cut():
    text = 'symbol,ex_date,share_factor,evidence\nACORN,2023-05-04,10,"seen, and'
    assert refused(text, "adjustment_corrections")[1] == "truncated"


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (date(2023, 4, 6), "04-06-2023"),
        (date(2023, 4, 10), "04-10-2023"),
        (date(2023, 4, 11), "11-04-2023"),
        (date(2015, 3, 2), "02/03/2015"),
    ],
)
def test_an_ambiguous_date_is_what_was_asked_or_nothing(asked, written):
    header = (
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
        "Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
    )
    text = f"{header}\nAcorn 50,{written},1,1,1,1,1,1,1,1,1,1,1\n"
    assert table(text, asked, "index_closes").session == asked
    assert refused(text, "index_closes", date(2020, 1, 1))[:2] == ("stale", "stale_copy")


def test_an_empty_list_is_no_data_yet_and_an_object_is_no_list():
    assert refused("[]", "corporate_actions")[:2] == ("not_published", "empty_list")
    assert refused("{}", "corporate_actions")[:2] == ("failed", "not_an_array")
    assert refused('[{"symbol": "ACO', "corporate_actions")[:2] == ("failed", "truncated")
    assert refused("[]", "holidays")[:2] == ("failed", "not_an_array")


values = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n\t,"\u00a0'), max_size=8)


@st.composite
def files(draw):
    """The same rows, written as the exchange does and in some other way."""
    names = draw(st.lists(st.from_regex(r"[A-S]{1,6}", fullmatch=True), unique=True, min_size=1))
    rows = [
        [name, "EQ", *(draw(values).strip() for _ in range(8)), "08-JUL-2024", "7", "X"]
        for name in names
    ]
    columns = LATER.split(",")
    order = draw(st.permutations(range(len(columns))))
    pad = draw(st.sampled_from(["", " ", "  ", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    tail = draw(st.sampled_from(["", ","]))
    start = draw(st.sampled_from(["", "\ufeff"]))
    quoted = draw(st.booleans())
    casing = draw(st.sampled_from([str.lower, str.upper, str.title]))

    def written(fields):
        cells = [fields[at] for at in order]
        cells = [f'"{cell}"' for cell in cells] if quoted else [pad + cell + pad for cell in cells]
        return ",".join(cells) + tail

    other = start + end.join([casing(written(columns)), *map(written, rows), ""])
    return body(*(",".join(fields) for fields in rows)), other


@given(files())
def test_order_case_blanks_quotes_and_marks_change_nothing(pair):
    plain, other = pair
    assert list(table(plain).lines) == list(table(text_of(other.encode())).lines)


@given(st.lists(st.text(st.characters(exclude_characters="\0"))))
def test_a_written_line_is_read_back(fields):
    [read] = list(csv.reader(io.StringIO(csv_line(fields), newline=""))) or [[]]
    assert read == fields or fields in ([], [""])


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"["]))
def test_no_bytes_raise_anything_but_a_refusal(noise, start):
    for dataset in ("bhavcopy_legacy", "corporate_actions", "holidays", "symbol_changes"):
        assert judge(dataset, DAY, start + noise, "").status in {"ok", "failed", "not_published"}


@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_a_spoiled_byte_of_a_zip_is_a_refusal_or_harmless(at, value, cut):
    content = bytearray(packed({"a.csv": body(row(), row("BASIL"))}))
    at %= len(content)
    content[at] = value
    status, _, _ = judge("bhavcopy_legacy", DAY, bytes(content[:at] if cut else content), "")
    assert status in {"ok", "failed"}
