"""The tone of a session against the return of the next, as scipy finds it."""

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

DAYS = [date(2024, 4, d) for d in (22, 23, 24, 25, 26, 29)]
SHARES = ("INFY", "TCS", "WIPRO", "SBIN", "TITAN", "LT", "ITC", "CIPLA")


@pytest.fixture(scope="module")
def built(built_once: Any, news: Any) -> Any:
    def fill(warehouse: Any) -> None:
        generator = np.random.default_rng(4)
        press = news.press(warehouse)
        closes = dict.fromkeys(SHARES, 100.0)
        sessions: dict[str, dict[str, tuple[float, float]]] = {}
        for number, day in enumerate(DAYS):
            articles = []
            sessions[day.isoformat()] = {}
            for share in SHARES:
                before = closes[share]
                # Whole percents, so that there are ties; one share now and then does not trade.
                move = int(generator.integers(-3, 4))
                closes[share] = round(before * (1 + move / 100), 2)
                if generator.random() > 0.1 or not number:
                    sessions[day.isoformat()][share] = (closes[share], before)
                tone = round(float(np.clip(generator.integers(-4, 5) / 10, -1, 1)), 1)
                told = [news.about(f"{share}.NSE", "0.8", str(tone))]
                articles.append(
                    news.article(
                        f"{share} {day} {number}", f"{day:%Y%m%d}T050000", ticker_sentiment=told
                    )
                )
            press.articles(f"r{number}", articles, f"{day} 11:00:00")
        press.companies(sessions)
        run = warehouse.dbt("build", "--exclude-resource-type", "test", "unit_test")
        assert run.returncode == 0, run.output

    return built_once("next_day", fill)


def test_rank_ic_and_hit_rate_are_those_of_scipy_and_numpy(built: Any) -> None:
    pairs = np.array(
        built.query(
            "select tone.sentiment_mean, next.return_1d "
            "from marts.fct_news_sentiment_daily as tone "
            "join marts.dim_dates as dates on dates.calendar_date = tone.trade_date "
            "join marts.fct_indicators_daily as next on next.security_sk = tone.security_sk "
            "and next.trade_date = dates.next_session_date where next.return_1d is not null"
        )
    )
    assert len(pairs) >= 25
    tones, returns = pairs.T
    assert len(set(tones)) < len(tones)  # there are ties to be averaged
    [(n, sessions, tone, mean, hits, ic)] = built.query(
        "select n, sessions, sentiment_mean, next_return_mean, hit_rate, rank_ic "
        "from marts.rpt_sentiment_next_day where period = 'all' and sentiment_bucket = 'all'"
    )
    assert (n, sessions) == (len(pairs), len(DAYS) - 1)
    assert math.isclose(ic, spearmanr(tones, returns).statistic, abs_tol=1e-12)
    assert math.isclose(tone, tones.mean(), abs_tol=1e-12)
    assert math.isclose(mean, returns.mean(), abs_tol=1e-12)
    bets = (abs(tones) >= 0.15) & (returns != 0)
    assert math.isclose(hits, (np.sign(tones) == np.sign(returns))[bets].mean())


def test_the_buckets_share_out_the_pairs(built: Any) -> None:
    for period in ("all", "2024-04"):
        counted = dict(
            built.query(
                "select sentiment_bucket, n from marts.rpt_sentiment_next_day "
                f"where period = '{period}'"
            )
        )
        assert counted.pop("all") == sum(counted.values())
        assert len(counted) == 5
