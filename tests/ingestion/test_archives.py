"""The exchange's files, from landed bytes to rows of raw_data; all symbols are invented."""

import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_connection import connect
from ingestion.promotion import promote_object, promote_pending
from ingestion.promotion.archives import columns_of, judge
from ingestion.promotion.layouts import LAYOUTS
from ingestion.zones import TABULAR

AT = datetime(2024, 7, 8, 14, 0, tzinfo=UTC)
E1 = "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
E2 = E1 + "TOTALTRADES,ISIN,"
UDIFF = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
    "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
    "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
)
SEC = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
    "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER"
)
INDEX = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
    "Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
)


def text(*lines, end="\n"):
    return end.join([*lines, ""]).encode()


def zipped(content, member="cm08JUL2024bhav.csv"):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return target.getvalue()


# dataset, session asked for, bytes, what the row must hold
FILES = {
    "1994": (
        "bhavcopy_legacy",
        "1994-12-01",
        zipped(text(E1, "ACORN,EQ,715,716,714,715.5,715,0.0,100,71500,1-DEC-1994,")),
        {"symbol": "ACORN", "close_price": "715.5", "isin": None, "totaltrades": None},
    ),
    "2024": (
        "bhavcopy_legacy",
        "2024-07-05",
        zipped(text(E2, "A&B-C,EQ,36,36.3,35,36.1,36,35.5,90,3240.5,05-JUL-2024,7,INE000A01010,")),
        {"symbol": "A&B-C", "last_price": "36", "totaltrades": "7", "isin": "INE000A01010"},
    ),
    "2017, CRLF and no comma at the end": (
        "bhavcopy_legacy",
        "2017-07-10",
        zipped(
            text(
                E2[:-1],
                "ACORN,EQ,36,36.3,35,36.1,36,35.5,90,3240.5,10-JUL-2017,7,INE000A01010",
                end="\r\n",
            )
        ),
        {"trade_timestamp": "10-JUL-2017", "isin": "INE000A01010"},
    ),
    "2020, nested member and short year": (
        "bhavcopy_legacy",
        "2020-07-13",
        zipped(
            text(E2[:-1], "ACORN,BE,36,36.3,35,36.1,36,35.5,90,3240.5,13-Jul-20,7,INE000A01010"),
            "cm13JUL2020bhav.csv/cm13JUL2020bhav.csv",
        ),
        {"series": "BE", "trade_timestamp": "13-Jul-20"},
    ),
    "udiff": (
        "bhavcopy_udiff",
        "2024-07-08",
        zipped(
            text(
                UDIFF,
                "2024-07-08,2024-07-08,CM,NSE,STK,9,INE000A01010,ACORN,EQ,,,,,ACORN  & CO. 5%,"
                "10.10,11.00,10.00,10.50,,10.20,,10.40,,,900,9450.00,12,F1,1,,,,,",
            )
        ),
        {"tckr_symb": "ACORN", "fin_instrm_nm": "ACORN  & CO. 5%", "last_pric": None},
    ),
    "full bhavdata": (
        "sec_bhavdata",
        "2024-07-08",
        text(SEC, "ACORN, BE, 08-Jul-2024, 1, 2, 3, 4,, 6, 7, 8, 9.25, 10, -, -"),
        {"series": "BE", "turnover_lacs": "9.25", "last_price": None, "deliv_qty": "-"},
    ),
    "index closes": (
        "index_closes",
        "2023-04-10",
        text(INDEX, "Acorn 50,04-10-2023,-,-,-,.27,1,.1,-,-,-,-,-"),  # month first
        {"index_name": "Acorn 50", "closing_index_value": ".27", "p_e": "-"},
    ),
    "index closes with slashes": (
        "index_closes",
        "2014-06-26",
        text(INDEX, "Acorn 50,26/06/2014,1,1,1,1,1,1,1,1,1,1,1"),
        {"index_date": "26/06/2014"},
    ),
    "equity list": (
        "equity_list",
        "2024-07-08",
        text(
            "SYMBOL,NAME OF COMPANY, SERIES, DATE OF LISTING, PAID UP VALUE, MARKET LOT, "
            "ISIN NUMBER, FACE VALUE",
            "ACORN,Acorn Mills Limited,EQ,06-OCT-2008,5,1,INE000A01010,5",
        ),
        {"name_of_company": "Acorn Mills Limited", "paid_up_value": "5"},
    ),
    "symbol changes": (
        "symbol_changes",
        "2024-07-08",
        text(" Acörn Mills Ltd,OLDACORN,ACORN,30-OCT-2019"),
        {
            "company_name": "Acörn Mills Ltd",
            "old_symbol": "OLDACORN",
            "changed_on": "30-OCT-2019",
        },
    ),
    "constituents": (
        "index_constituents",
        "2024-07-08",
        text(
            "Company Name,Industry,Symbol,Series,ISIN Code",
            "Acorn Mills Ltd.,Textiles,ACORN,EQ,INE000A01010",
        ),
        {"list_name": "nifty50", "industry": "Textiles", "isin_code": "INE000A01010"},
    ),
    "corrections": (
        "adjustment_corrections",
        "2024-07-08",
        b'symbol,ex_date,share_factor,reason\nACORN,2023-05-04,10,"seen, and checked"',
        {"share_factor": "10", "evidence": "seen, and checked"},
    ),
    "website's corporate actions": (
        "corporate_actions",
        "2024-07-08",
        b'\xef\xbb\xbf"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE",'
        b'"RECORD DATE","BOOK CLOSURE START DATE","BOOK CLOSURE END DATE"\n'
        b'"ACORN","Acorn ""A"" Limited","EQ"," Bonus 1:2","10","05-Aug-2021","06-Aug-2021","-","-"',
        {
            "symbol": "ACORN",
            "comp": 'Acorn "A" Limited',
            "series": "EQ",
            "subject": "Bonus 1:2",
            "face_val": "10",
            "ex_date": "05-Aug-2021",
            "rec_date": "06-Aug-2021",
            "bc_start_date": "-",
            "bc_end_date": "-",
        },
    ),
    "corporate actions": (
        "corporate_actions",
        "2024-07-08",
        b'[{"symbol":"ACORN","series":"EQ","faceVal":"10","subject":"Bonus 1:2",'
        b'"exDate":"05-Aug-2021","bcStartDate":"-","caBroadcastDate":null}]',
        {
            "symbol": "ACORN",
            "series": "EQ",
            "face_val": "10",
            "subject": "Bonus 1:2",
            "ex_date": "05-Aug-2021",
            "bc_start_date": "-",
            "ca_broadcast_date": None,
        },
    ),
    "holidays": (
        "holidays",
        "2024-07-08",
        b'{"CM":[{"tradingDate":"26-Jan-2024","weekDay":"Friday","description":"Day","Sr_no":1}]}',
        {
            "segment": "CM",
            "trading_date": "26-Jan-2024",
            "week_day": "Friday",
            "description": "Day",
            "sr_no": 1,
        },
    ),
}


@pytest.fixture
def land_file(store):
    """Land bytes as a dataset's file of a session, and give the key."""

    def make(dataset, day, content, name="ind_nifty50list.csv", content_type="text/csv"):
        source = "operator" if dataset == "adjustment_corrections" else "nse"
        asked = date.fromisoformat(day)
        fetched = Fetched(
            source, dataset, asked, AT, content, content_type, notes={"file-name": name}
        )
        return land(store, fetched).key.landing

    return make


@pytest.fixture
def rows_of(store, warehouse):
    """Load all and give the rows of one raw table as dicts."""

    def read(table):
        load_pending(DATASETS[table], store, warehouse)
        with connect(warehouse.path, read_only=True) as con:
            found = con.execute(f"select * from raw_data.{table} order by record_no")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return read


def table_of(dataset):
    return dataset if dataset == "adjustment_corrections" else f"nse_{dataset}"


@pytest.mark.parametrize("name", FILES)
def test_each_format_arrives_in_its_raw_table(name, land_file, rows_of, store):
    dataset, day, content, expected = FILES[name]
    key = land_file(dataset, day, content)
    report = promote_object(store, key)
    assert (report.status, report.promoted, report.quarantined) == ("promoted", 1, 0)
    [row] = rows_of(table_of(dataset))
    held = json.loads(row["payload"]) if "payload" in row else row
    assert {column: held[column] for column in expected} == expected
    assert (row["source_key"], row["record_no"]) == (key, 1)
    assert row["trade_date"] == date.fromisoformat(day)
    assert row["fetched_at"] == AT.replace(tzinfo=None)
    if "payload" in row:
        assert set(held) == set(expected)


@pytest.mark.parametrize("name", FILES)
def test_what_promotes_is_judged_well(name):
    dataset, day, content, _ = FILES[name]
    assert judge(dataset, date.fromisoformat(day), content, "") == ("ok", "", 1)


def test_tables_and_keys_agree_about_what_is_tabular():
    tabular = {dataset for _, dataset in TABULAR}
    assert tabular == set(LAYOUTS) - {"corporate_actions"}
    for dataset in tabular:
        loaded = DATASETS[table_of(dataset)]
        assert loaded.form == "csv"
        names = tuple(name for name, _ in loaded.columns)
        assert names == (
            *columns_of(dataset),
            "record_no",
            "source_key",
            "fetched_at",
            "trade_date",
        )


def test_the_raw_object_is_csv_that_says_where_each_line_came_from(store, land_file):
    dataset, day, content, _ = FILES["full bhavdata"]
    key = land_file(dataset, day, content)
    promote_pending(store)
    [raw] = store.list("raw/")
    assert raw.key.endswith(".csv.gz")
    header, line, rest = gzip.decompress(store.read(raw.key).content).decode().split("\n")
    assert header.endswith("deliv_qty,deliv_per,record_no,source_key,fetched_at,trade_date")
    assert line.endswith(f",-,-,1,{key},2024-07-08 14:00:00,2024-07-08")
    assert rest == ""
