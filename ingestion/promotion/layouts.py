"""The headers of the exchange's files, as data: which name in a file is which column of raw_data.

Source: https://nsearchives.nseindia.com. The bhavcopy of shares has had three headers: 11 names
until 2011-06-21, 13 until 2024-07-05 and the 34 of UDiFF since; which one a file has, it says.
A header is looked up by name, without regard to case, blanks, order or a byte order mark. A name
that is missing is an error; a name that is new is passed over and reported.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """One header of one dataset.

    Attributes:
        columns: of the raw table, in its order; what the header lacks stays NULL.
        names: name in the header as `plain` writes it → column; all of them are required.
        session: the column that says of which session a row is, where there is one.
        key: the columns that name a row once per file.
        is_sorted: whether the exchange sorts the rows by symbol, so that a cut shows.
        ends_with_line_end: whether a file without one was cut.
        takes_more: whether a new name beside all the known ones may be passed over.
        has_header: False for the one file that begins with data.
    """

    dataset: str
    columns: tuple[str, ...]
    names: Mapping[str, str]
    session: str = ""
    key: tuple[str, ...] = ()
    is_sorted: bool = False
    ends_with_line_end: bool = True
    takes_more: bool = True
    has_header: bool = True


def plain(name: str) -> str:
    """A name of a header as it is compared: `" OPEN_PRICE "` → `open_price`."""
    return re.sub(r"\s+", " ", name.replace("\ufeff", "").strip().strip('"').strip()).lower()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _of(columns: Iterable[str], header: str) -> dict[str, str]:
    names = [plain(name) for name in header.split(",")]
    return dict(zip(names, columns, strict=True))


_LEGACY = _words(
    "symbol series open_price high_price low_price close_price last_price prevclose tottrdqty "
    "tottrdval trade_timestamp totaltrades isin"
)
_LEGACY_HEADER = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
    "TOTALTRADES,ISIN"
)
_SINCE_2011 = Layout(
    dataset="bhavcopy_legacy",
    columns=_LEGACY,
    names=_of(_LEGACY, _LEGACY_HEADER),
    session="trade_timestamp",
    key=("symbol", "series"),
    is_sorted=True,
)
_BEFORE_2011 = Layout(
    dataset="bhavcopy_legacy",
    columns=_LEGACY,
    names=_of(_LEGACY[:11], _LEGACY_HEADER.removesuffix(",TOTALTRADES,ISIN")),
    session="trade_timestamp",
    key=("symbol", "series"),
    is_sorted=True,
    takes_more=False,  # with one more name it would be a later file whose names changed
)

_UDIFF = _words(
    "trad_dt biz_dt sgmt src fin_instrm_tp fin_instrm_id isin tckr_symb scty_srs xpry_dt "
    "fininstrm_actl_xpry_dt strk_pric optn_tp fin_instrm_nm opn_pric hgh_pric lw_pric cls_pric "
    "last_pric prvs_clsg_pric undrlyg_pric sttlm_pric opn_intrst chng_in_opn_intrst "
    "ttl_tradg_vol ttl_trf_val ttl_nb_of_txs_exctd ssn_id new_brd_lot_qty rmks rsvd1 rsvd2 "
    "rsvd3 rsvd4"
)
_UDIFF_LAYOUT = Layout(
    dataset="bhavcopy_udiff",
    columns=_UDIFF,
    names=_of(
        _UDIFF,
        "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
        "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
        "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
        "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4",
    ),
    session="trad_dt",
    key=("tckr_symb", "scty_srs"),
)

_SEC_BHAVDATA = _words(
    "symbol series date1 prev_close open_price high_price low_price last_price close_price "
    "avg_price ttl_trd_qnty turnover_lacs no_of_trades deliv_qty deliv_per"
)
_SEC_BHAVDATA_LAYOUT = Layout(
    dataset="sec_bhavdata",
    columns=_SEC_BHAVDATA,
    names={name: name for name in _SEC_BHAVDATA},
    session="date1",
    key=("symbol", "series"),
    is_sorted=True,
)

_INDEX_CLOSES = _words(
    "index_name index_date open_index_value high_index_value low_index_value "
    "closing_index_value points_change change_pct volume turnover_rs_cr p_e p_b div_yield"
)
_INDEX_CLOSES_LAYOUT = Layout(
    dataset="index_closes",
    columns=_INDEX_CLOSES,
    names=_of(
        _INDEX_CLOSES,
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
        "Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield",
    ),
    session="index_date",
    key=("index_name",),
)

_EQUITY_LIST = _words(
    "symbol name_of_company series date_of_listing paid_up_value market_lot isin_number face_value"
)
_EQUITY_LIST_LAYOUT = Layout(
    dataset="equity_list",
    columns=_EQUITY_LIST,
    names={name.replace("_", " "): name for name in _EQUITY_LIST},
)

_SYMBOL_CHANGES_LAYOUT = Layout(
    dataset="symbol_changes",
    columns=("company_name", "old_symbol", "new_symbol", "changed_on"),
    names={},
    has_header=False,
)

_CONSTITUENTS = _words("company_name industry symbol series isin_code")
_CONSTITUENTS_LAYOUT = Layout(
    dataset="index_constituents",
    columns=_CONSTITUENTS,
    names={name.replace("_", " "): name for name in _CONSTITUENTS},
)

_CORRECTIONS = _words("symbol ex_date share_factor evidence")
_CORRECTIONS_LAYOUTS = tuple(
    Layout(
        dataset="adjustment_corrections",
        columns=_CORRECTIONS,
        names={**{name: name for name in _CORRECTIONS[:3]}, why: "evidence"},
        ends_with_line_end=False,  # written by hand
    )
    for why in ("reason", "evidence")
)

_WEBSITE_ACTIONS = _words(
    "symbol comp series subject face_val ex_date rec_date bc_start_date bc_end_date"
)
_API_ACTIONS = _words(
    "symbol series ind face_val subject ex_date rec_date bc_start_date bc_end_date "
    "nd_start_date nd_end_date comp isin ca_broadcast_date"
)
_ACTIONS_LAYOUTS = (
    Layout(
        dataset="corporate_actions",
        columns=_WEBSITE_ACTIONS,
        names=_of(
            _WEBSITE_ACTIONS,
            "SYMBOL,COMPANY NAME,SERIES,PURPOSE,FACE VALUE,EX-DATE,RECORD DATE,"
            "BOOK CLOSURE START DATE,BOOK CLOSURE END DATE",
        ),
        ends_with_line_end=False,
    ),
    Layout(
        dataset="corporate_actions",
        columns=_API_ACTIONS,
        names=_of(
            _API_ACTIONS,
            "symbol,series,ind,faceVal,subject,exDate,recDate,bcStartDate,bcEndDate,ndStartDate,"
            "ndEndDate,comp,isin,caBroadcastDate",
        ),
        ends_with_line_end=False,
    ),
)

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "bhavcopy_legacy": (_BEFORE_2011, _SINCE_2011),
    "bhavcopy_udiff": (_UDIFF_LAYOUT,),
    "sec_bhavdata": (_SEC_BHAVDATA_LAYOUT,),
    "index_closes": (_INDEX_CLOSES_LAYOUT,),
    "equity_list": (_EQUITY_LIST_LAYOUT,),
    "symbol_changes": (_SYMBOL_CHANGES_LAYOUT,),
    "index_constituents": (_CONSTITUENTS_LAYOUT,),
    "corporate_actions": _ACTIONS_LAYOUTS,
    "adjustment_corrections": _CORRECTIONS_LAYOUTS,
}
