"""Reads the published Parquet files into the values of the page.

Source: one resolved set of `var/marts/*.parquet`; the warehouse is not touched, so a page can be
made while dbt writes.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from report import model
from report.read_history import PARTIAL_BELOW, nothing, read_history
from report.read_news import no_news, read_news
from report.source import IST, Marts, opened

WINDOW_SESSIONS = 60
HEAT_SESSIONS = 10
_TAIL_PERCENT = 8
MARTS = (
    "bridge_news_securities", "dim_dates", "dim_indices", "dim_securities",
    "fct_corporate_actions", "fct_index_daily", "fct_indicators_daily",
    "fct_market_breadth_daily", "fct_news_articles", "fct_news_sentiment_daily", "fct_ohlc_daily",
    "fct_prices_daily", "fct_sector_daily", "rpt_adjustment_review", "rpt_data_freshness",
    "rpt_data_quality_daily", "rpt_movers_daily", "rpt_news_mapping_quality",
    "rpt_news_sectors_daily", "rpt_record_accounting", "rpt_sentiment_next_day",
)  # fmt: skip


def read_market(marts_dir: Path) -> model.Market:
    """All that the page shows, from the Parquet files in `marts_dir`.

    Raises PublishFailed where a mart or a column of the contract is missing.
    """
    with opened(marts_dir, MARTS) as marts:
        return _Reader(marts).market()


class _Reader:
    def __init__(self, marts: Marts) -> None:
        self._marts = marts
        self._rows, self._all = marts.rows, marts.all

    def market(self) -> model.Market:
        breadth = self._breadth()
        fullest = max((one.securities_traded for one in breadth), default=0)
        whole = tuple(b for b in breadth if b.securities_traded >= fullest * PARTIAL_BELOW)
        partial = tuple(b for b in breadth if b.securities_traded < fullest * PARTIAL_BELOW)
        day = whole[-1].trade_date if whole else None
        heat_days = tuple(b.trade_date for b in whole[-HEAT_SESSIONS:])
        return model.Market(
            session=self._session(day) if day else None,
            indices=self._indices(whole[0].trade_date, day) if day else (),
            breadth=whole,
            partial_sessions=partial,
            distribution=self._distribution(day) if day else (),
            movers=self._movers(day) if day else {},
            heat_days=heat_days,
            sectors=self._sectors(day, heat_days) if day else (),
            freshness=self._freshness(),
            quarantined=self._quarantined(),
            nulled=self._nulled(),
            accounting=self._accounting(),
            history=(history := read_history(self._marts, day) if day else nothing()),
            news=read_news(self._marts, day, history) if day else no_news(),
        )

    def _session(self, day: date) -> model.Session:
        [row] = self._rows(
            f"""
            select $1 as trade_date, any_value(d.session_type) as session_type,
                any_value(d.description) as description,
                (select max(quoted_at_ist) from fct_ohlc_daily where trade_date = $1)
                    as quoted_at_ist,
                greatest(
                    (select max(fetched_at) from fct_ohlc_daily where trade_date = $1),
                    (select max(fetched_at) from fct_prices_daily where trade_date = $1)
                ) + {IST} as fetched_at_ist,
                (select count(*) from fct_prices_daily where trade_date = $1 and is_official)
                    as official_shares,
                (select count(*) from fct_prices_daily where trade_date = $1 and not is_official)
                    as quoted_shares
            from dim_dates as d where d.calendar_date = $1
            """,
            day,
        )
        return model.Session(**{**row, "trade_date": day})

    def _breadth(self) -> tuple[model.Breadth, ...]:
        newest_first = self._all(
            model.Breadth,
            """
            select b.trade_date, d.session_type, securities_traded, advances, declines, unchanged,
                new_highs_52w, new_lows_52w, turnover_cr
            from fct_market_breadth_daily as b
            left join dim_dates as d on d.calendar_date = b.trade_date
            where b.universe = 'equity'
            order by b.trade_date desc limit ?
            """,
            WINDOW_SESSIONS,
        )
        return newest_first[::-1]

    def _indices(self, first: date, last: date) -> tuple[model.Index, ...]:
        bars: dict[str, list[model.Bar]] = defaultdict(list)
        newest: dict[str, dict[str, Any]] = {}
        for row in self._rows(
            """
            select f.index_name as name, coalesce(i.index_category, 'other') as category,
                f.trade_date, f.open_price, f.high_price, f.low_price, f.close_price,
                f.change_points, f.return_1d, f.low_52w, f.high_52w
            from fct_index_daily as f left join dim_indices as i using (index_sk)
            where f.trade_date between ? and ?
            order by f.index_name, f.trade_date
            """,
            first,
            last,
        ):
            bars[row["name"]].append(model.Bar(**_only(model.Bar, row)))
            newest[row["name"]] = row
        return tuple(
            model.Index(**_only(model.Index, row), bars=tuple(bars[name]))
            for name, row in newest.items()
        )

    def _distribution(self, day: date) -> tuple[model.Bucket, ...]:
        """Shares per whole percent of return, from falls to rises; unchanged ones by themselves."""
        counted = {
            row["bucket"]: row["shares"]
            for row in self._rows(
                """
                select (sign(move) * (least($2, floor(abs(move))) + 1))::integer as bucket,
                    count(*) as shares
                from (
                    select round(return_1d * 100, 6) as move from (
                        select trade_date, return_1d from fct_indicators_daily
                        union all
                        select trade_date, return_1d from fct_ohlc_daily where not exists (
                            from fct_indicators_daily
                            where trade_date = $1 and return_1d is not null
                        )
                    )
                    where trade_date = $1 and isfinite(return_1d)
                )
                group by bucket
                """,
                day,
                _TAIL_PERCENT,
            )
        }
        if not counted:
            return ()
        return tuple(
            model.Bucket(*_limits(number), shares=counted.get(number, 0))
            for number in range(-_TAIL_PERCENT - 1, _TAIL_PERCENT + 2)
        )

    def _movers(self, day: date) -> dict[str, tuple[model.Mover, ...]]:
        lists: dict[str, list[model.Mover]] = defaultdict(list)
        for row in self._rows(
            """
            select list_name, rank_no, symbol, series, company_name, close_price, return_1d,
                turnover_cr, traded_volume, relative_volume, delivery_pct
            from rpt_movers_daily where trade_date = ? order by list_name, rank_no
            """,
            day,
        ):
            lists[row.pop("list_name")].append(model.Mover(**row))
        return {name: tuple(rows) for name, rows in lists.items()}

    def _sectors(self, day: date, heat_days: Sequence[date]) -> tuple[model.Sector, ...]:
        returns: dict[str, dict[date, float]] = defaultdict(dict)
        for row in self._rows(
            "select industry, trade_date, return_1d_turnover_weight as r from fct_sector_daily "
            "where trade_date >= ? and r is not null and isfinite(r)",
            heat_days[0],
        ):
            returns[row["industry"]][row["trade_date"]] = row["r"]
        rows = self._rows(
            """
            select industry, securities, advances, declines,
                return_1d_turnover_weight as return_1d, turnover_cr, leader_symbol,
                leader_return_1d, laggard_symbol, laggard_return_1d
            from fct_sector_daily where trade_date = ?
            order by turnover_cr desc nulls last, industry
            """,
            day,
        )
        return tuple(
            model.Sector(
                **row, returns=tuple(returns[row["industry"]].get(one) for one in heat_days)
            )
            for row in rows
        )

    def _freshness(self) -> tuple[model.Freshness, ...]:
        return self._all(
            model.Freshness,
            f"""
            select dataset_name, latest_trade_date, expected_trade_date, sessions_behind,
                latest_fetched_at + {IST} as fetched_at_ist, as_of_date
            from rpt_data_freshness order by sessions_behind desc nulls first, dataset_name
            """,
        )

    def _quarantined(self) -> tuple[model.Reason, ...]:
        return self._all(
            model.Reason,
            """
            select dataset_name, coalesce(reason, 'no reason given') as reason,
                sum(records)::bigint as records
            from rpt_record_accounting where disposition = 'quarantined'
            group by all order by records desc, dataset_name, reason
            """,
        )

    def _nulled(self) -> tuple[model.NulledValue, ...]:
        return self._all(
            model.NulledValue,
            """
            select dataset_name, column_name, reason, sum(records_checked)::bigint
                as records_checked, sum(records_affected)::bigint as records_affected
            from rpt_data_quality_daily
            group by all having sum(records_affected) > 0
            order by records_affected desc, dataset_name, column_name, reason
            """,
        )

    def _accounting(self) -> tuple[model.Accounted, ...]:
        """Per dataset and session asked for, newest first."""
        found: dict[tuple[str, date | None], dict[str, int]] = defaultdict(dict)
        for row in self._rows(
            """
            select dataset_name, trade_date, disposition, sum(records)::bigint as records
            from rpt_record_accounting group by all
            order by dataset_name, trade_date desc nulls last, disposition
            """
        ):
            key = (row["dataset_name"], row["trade_date"])
            found[key][row["disposition"]] = row["records"]
        return tuple(model.Accounted(name, day, counts) for (name, day), counts in found.items())


def _limits(bucket: int) -> tuple[int | None, int | None]:
    """The percents between which a bucket lies: 2 is 1 to 2, -2 is -2 to -1, 0 is no move."""
    if bucket == 0:
        return 0, 0
    near, far = abs(bucket) - 1, None if abs(bucket) > _TAIL_PERCENT else abs(bucket)
    if bucket > 0:
        return near, far
    return (None if far is None else -far), -near


def _only(kind: type[Any], row: dict[str, Any]) -> dict[str, Any]:
    wanted = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in row.items() if name in wanted}
