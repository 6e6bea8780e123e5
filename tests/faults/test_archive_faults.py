"""Faults 4, 19, 20, 21 and 30 where files of the exchange show them; the symbols are invented.

What the values mean (units, dates, broken prices) is judged by dbt: see tests/dbt.
"""

import gzip
import io
import json
import zipfile

import pytest

from ingestion.ingest import ingest_directory
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_connection import connect
from ingestion.promotion import promote_pending

LEGACY = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
    "TOTALTRADES,ISIN,"
)
UDIFF = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
    "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
    "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
)
FULL = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
    "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER"
)


def legacy(*symbols, day="05-JUL-2024", header=LEGACY, close="36.1"):
    rows = [
        f"{name},EQ,36,36.3,35,{close},36,35.5,90,3249,{day},7,INE000A01010," for name in symbols
    ]
    return "\n".join([header, *rows, ""])


def udiff(*symbols, day="2024-07-08"):
    rows = [
        f"{day},{day},CM,NSE,STK,9,INE000A01010,{name},EQ,,,,,{name} LTD,36.10,37.00,36.00,36.50,"
        "36.40,36.10,,36.45,,,100,3650.00,8,F1,1,,,,,"
        for name in symbols
    ]
    return "\n".join([UDIFF, *rows, ""])


def zipped(content, member="cm05JUL2024bhav.csv", method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(member, content)
    return target.getvalue()


class Desk:
    """A folder of downloaded files, brought in by the steps that a user runs."""

    def __init__(self, folder, store, warehouse):
        self.folder, self.store, self.warehouse = folder, store, warehouse
        folder.mkdir()

    def bring(self, **files):
        for name, content in files.items():
            name = name.replace("__", ".")
            body = content.encode() if isinstance(content, str) else content
            (self.folder / name).write_bytes(body)
        outcomes = ingest_directory(self.folder, self.store, max_bytes=64 << 20)
        promote_pending(self.store)
        return {(item.dataset_name, item.status): item.detail for item in outcomes}

    def rows(self, query):
        for dataset in DATASETS.values():
            if any(self.store.list(dataset.prefix)) or dataset.table in query:
                load_pending(dataset, self.store, self.warehouse)
        with connect(self.warehouse.path, read_only=True) as con:
            return con.execute(query).fetchall()

    def quarantine(self):
        return self.rows("select reason, detail from raw_data.quarantined_records order by all")

    def symbols(self, table):
        return [name for (name,) in self.rows(f"select symbol from raw_data.{table} order by all")]


@pytest.fixture
def desk(tmp_path, store, warehouse):
    return Desk(tmp_path / "files", store, warehouse)


@pytest.mark.parametrize("kept", [20, 100, -30, -1])
def test_fault_04_a_cut_zip_is_evidence_until_the_whole_one_comes(desk, kept):
    whole = zipped(legacy("ACORN", "BASIL"))
    [(key, said)] = desk.bring(cm05JUL2024bhav__csv__zip=whole[:kept]).items()
    assert key == ("bhavcopy_legacy", "failed")
    assert said.startswith("truncated: ")
    assert desk.symbols("nse_bhavcopy_legacy") == []
    assert [reason for reason, _ in desk.quarantine()] == ["truncated"]
    desk.bring(cm05JUL2024bhav__csv__zip=whole)
    assert desk.symbols("nse_bhavcopy_legacy") == ["ACORN", "BASIL"]
    assert len(list(desk.store.list("landing/"))) == 2  # both are kept


@pytest.mark.parametrize(
    "cut",
    [
        lambda text: text[:-1],  # only the last line end
        lambda text: text[:-9],  # within the last field, which still parses
        lambda text: text[:-60] + "\n",  # someone has ended the line
    ],
)
def test_fault_04_a_cut_text_is_never_a_short_session(desk, cut):
    desk.bring(cm05JUL2024bhav__csv=cut(legacy("ACORN", "BASIL")))
    assert desk.symbols("nse_bhavcopy_legacy") == []
    assert [reason for reason, _ in desk.quarantine()] == ["truncated"]


def test_fault_19_reordered_padded_and_marked_files_are_the_same_rows(desk):
    names = LEGACY.rstrip(",").split(",")
    turned = "\n".join(
        ", ".join(reversed(line.rstrip(",").split(","))) for line in legacy("ACORN").splitlines()
    )
    desk.bring(
        cm05JUL2024bhav__csv="\ufeff" + turned.replace(names[0], f"{names[0].title()} ") + "\n",
        plain__csv=legacy("ACORN"),
    )
    rows = desk.rows(
        "select symbol, open_price, close_price, isin, trade_timestamp, count(*) "
        "from raw_data.nse_bhavcopy_legacy group by all"
    )
    assert rows == [("ACORN", "36", "36.1", "INE000A01010", "05-JUL-2024", 2)]
    assert desk.quarantine() == []


def test_fault_19_an_added_column_is_told_and_loses_nothing(desk):
    text = FULL + ", GRADE\nACORN, EQ, 05-Jul-2024, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, A\n"
    outcomes = desk.bring(sec_bhavdata_full_05072024__csv=text)
    assert outcomes == {("sec_bhavdata", "ok"): "columns that no table takes: grade"}
    assert desk.rows("select symbol, deliv_per from raw_data.nse_sec_bhavdata") == [("ACORN", "12")]
    told = "select detail from raw_data.ingestion_outcomes where stage = 'promote'"
    assert desk.rows(told) == [("columns that no table takes: grade",)]
    [landed] = desk.store.list("landing/")
    assert b"GRADE" in desk.store.read(landed.key).content  # nothing is lost of it


def test_fault_19_a_renamed_column_puts_the_file_aside_and_names_it(desk):
    renamed = legacy("ACORN", header=LEGACY.replace("TOTTRDQTY", "QUANTITY"))
    outcomes = desk.bring(cm05JUL2024bhav__csv=renamed)
    assert set(outcomes) == {("bhavcopy_legacy", "failed")}
    assert desk.symbols("nse_bhavcopy_legacy") == []
    [(reason, detail)] = desk.quarantine()
    assert reason == "schema_drift"
    assert detail == "missing columns: tottrdqty; unknown columns: quantity"


def test_fault_20_the_header_and_not_the_date_says_which_format_a_file_has(desk):
    """A session of the overlap in both formats, and a late file in the format of the nineties."""
    old = legacy("CEDAR", header=LEGACY.replace(",TOTALTRADES,ISIN", "")).replace(
        ",7,INE000A01010,", ","
    )
    outcomes = desk.bring(
        cm05JUL2024bhav__csv__zip=zipped(legacy("ACORN")),
        BhavCopy_NSE_CM_0_0_0_20240705_F_0000__csv=udiff("ACORN", day="2024-07-05"),
        cm04JUL2024bhav__csv=old.replace("05-JUL-2024", "4-JUL-2024"),
        sec_bhavdata_full_05072024__csv=FULL
        + "\nACORN, EQ, 05-Jul-2024, 35.5, 36, 36.3, 35, 36, 36.1, 36.1, 90, 0.03, 7, 60, 66.67\n",
    )
    assert set(status for _, status in outcomes) == {"ok"}
    assert desk.rows(
        "select symbol, isin, totaltrades from raw_data.nse_bhavcopy_legacy order by all"
    ) == [("ACORN", "INE000A01010", "7"), ("CEDAR", None, None)]
    assert desk.rows("select tckr_symb, ttl_trf_val from raw_data.nse_bhavcopy_udiff") == [
        ("ACORN", "3650.00")
    ]
    lakhs = desk.rows("select symbol, turnover_lacs from raw_data.nse_sec_bhavdata")
    assert lakhs == [("ACORN", "0.03")]  # as it stands: the unit is in the column's name
    assert desk.quarantine() == []


def test_fault_20_a_file_under_the_name_of_another_format_is_read_by_its_header(desk):
    desk.bring(cm08JUL2024bhav__csv__zip=zipped(udiff("ACORN")))
    assert desk.rows("select tckr_symb, trade_date::varchar from raw_data.nse_bhavcopy_udiff") == [
        ("ACORN", "2024-07-08")
    ]


@pytest.mark.parametrize("value", ["-", "", "NaN", "Infinity", "-inf", "1e400", "0x1F", "=1+1"])
def test_fault_21_no_value_is_judged_or_changed_before_dbt(desk, value):
    desk.bring(cm05JUL2024bhav__csv=legacy("ACORN", "BASIL", close=value))
    rows = desk.rows("select close_price from raw_data.nse_bhavcopy_legacy")
    assert rows == [(value or None,)] * 2
    assert desk.quarantine() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped(b"0" * 30_000_000), "zip_bomb"),
        (gzip.compress(b"0" * 30_000_000), "zip_bomb"),
        (zipped(legacy("ACORN"), "../../evil.csv"), "path_trick"),
        (zipped(legacy("ACORN"), "/tmp/evil.csv"), "path_trick"),
        (zipped("<Types/>", "[Content_Types].xml"), "xlsx_workbook"),
        ("<html>Access Denied</html>", "html_page"),
    ],
)
def test_fault_30_a_hostile_archive_is_opened_within_limits_and_put_aside(
    desk, content, reason, tmp_path
):
    before = sorted(path.name for path in tmp_path.iterdir())
    outcomes = desk.bring(cm05JUL2024bhav__csv__zip=content)
    assert {dataset for dataset, _ in outcomes} == {"bhavcopy_legacy"}
    assert "ok" not in {status for _, status in outcomes}
    assert desk.symbols("nse_bhavcopy_legacy") == []
    assert [found for found, _ in desk.quarantine()] == [reason]
    [record] = desk.store.list("outcomes/stage=promote/")
    assert json.loads(desk.store.read(record.key).content)["status"] == "quarantined"
    new = {path.name for path in tmp_path.iterdir()} - set(before)
    assert {name.split(".")[0] for name in new} <= {"warehouse"}  # nothing was unpacked anywhere
