"""Every statement with which Redshift is read is SQL in the eyes of sqlfluff."""

import re

from expectations import runner
from expectations.suites import archives, arrival, news, news_marts, ohlc
from expectations.thresholds import Thresholds
from investiq import chain, demo, status
from report import fetch, parts

LIMITS = Thresholds()
MART = parts.Mart(
    "marts",
    "fct_prices_daily",
    (("security_sk", "BIGINT"), ("trade_date", "DATE"), ("symbol", "VARCHAR"),
     ("close_price", "DECIMAL(18,4)"), ("return_1d", "DOUBLE"), ("is_official", "BOOLEAN")),
)  # fmt: skip
PARAMETER = re.compile(r"\$[a-z]\w*")
# sqlfluff 4.4 does not know the statement around it; AWS's page on DECLARE does.
CURSOR = re.compile(r"^declare \w+ cursor for ")
_CURSORS = ("fetch", "close")


class Recorder:
    """Writes down what Redshift would be asked, and answers that there is nothing."""

    engine = "redshift"

    def __init__(self) -> None:
        self.statements: list[str] = []

    def rows(self, sql: str) -> list[tuple]:
        self.statements.append(sql)
        return []


def hand_written() -> list[str]:
    recorder = Recorder()
    [part] = parts.parts_of(recorder, MART, 2022)
    assert list(fetch._batches(recorder, MART, [part], 2022)) == []
    suites = [
        *runner._CONCERNS.values(),
        arrival._REPLIES,
        arrival._measures_sql("redshift", LIMITS.arrival).replace("{keys}", "$k0, $k1"),
        arrival._QUARANTINED.replace("{keys}", "$k0, $k1"),
        arrival._REASONS,
        archives._FILES,
        news._NEWEST,
        news._objects_sql("redshift"),
        news._days_sql("redshift"),
        news_marts._SESSIONS,
    ]
    for mart in (ohlc.QUOTES, ohlc.PRICES):
        suites.append(ohlc._SESSIONS.format(sessions=mart.sessions))
        suites.append(ohlc._measures_sql(LIMITS.ohlc, mart))
    told = [
        text
        for module in (status, demo, chain)
        for name, text in vars(module).items()
        if re.fullmatch(r"_[A-Z]+", name) and isinstance(text, str)
    ]
    found = [*suites, *told, *(text for text in recorder.statements if text[:5] not in _CURSORS)]
    return [PARAMETER.sub("5", CURSOR.sub("", text)).strip() for text in found]


def test_sqlfluff_reads_and_passes_every_statement(redshift_complaints):
    statements = hand_written()
    assert len(set(statements)) > 30
    assert redshift_complaints(statements) == {}


def test_no_statement_speaks_only_to_duckdb():
    """What sqlfluff lets pass and Redshift does not."""
    foreign = re.compile(
        r"::|\bgroup by all\b|\border by all\b|\busing \(|\bfilter \(|\bunnest\b|\btry_|"
        r"\bmedian\(|\bany_value\b|\barg_max\b|->",
        re.IGNORECASE,
    )
    assert [text for text in hand_written() if foreign.search(text)] == []


def test_no_select_has_two_middles():
    """Redshift: within group ORDER BY clauses for aggregate functions must be the same."""
    for text in hand_written():
        for select in re.split(r"\bselect\b", text):
            assert select.count("within group") < 2, text
