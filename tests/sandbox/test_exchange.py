"""The exchange over real sockets: payload shape, keys, quotas, clock, paths, start and stop."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.calendar import IST
from sandbox.exchange import Exchange, Quota
from sandbox.exchange.gate import DAILY, NO_KEY, NOT_SUBSCRIBED, PER_SECOND
from sandbox.market import Market

REAL = Path(os.environ.get("INVESTIQ_REAL_DATA", "../shared/data"))
KEYS = [
    "identifier", "change", "dayHigh", "dayLow", "lastPrice", "lastUpdateTime", "meta", "open",
    "pChange", "perChange30d", "perChange365d", "previousClose", "symbol", "totalTradedValue",
    "totalTradedVolume", "yearHigh", "yearLow",
]  # fmt: skip


def get(exchange: Exchange, client: requests.Session, path: str = "/any", **query: str) -> Any:
    reply = client.get(exchange.url + path, params=query, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_any_has_the_keys_in_the_order_of_the_real_reply(
    exchange: Exchange, session: requests.Session
) -> None:
    rows = get(exchange, session)
    assert {tuple(row) for row in rows} == {tuple(KEYS)}
    assert {tuple(row["meta"]) for row in rows} == {("companyName", "industry", "isin")}


def types_of(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.items():
            found.setdefault(key, set()).add(type(value).__name__)
        for key, value in row["meta"].items():
            found.setdefault(f"meta.{key}", set()).add(type(value).__name__)
    return found


@pytest.mark.real_data
def test_shape_and_types_equal_those_of_the_real_reply(
    market: Market, session: requests.Session
) -> None:
    path = REAL / "first_sample" / "nse_data_26042024130436.json"
    if not path.exists():
        pytest.skip(f"the real reply is not at {path}; set INVESTIQ_REAL_DATA")
    real = json.loads(path.read_text())
    with Exchange(market, now=datetime(2024, 4, 26, 18, 0)) as exchange:
        served = get(exchange, session)
    assert [list(row) for row in served[:1]] == [list(row) for row in real[:1]]

    def split(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        indices = [row for row in rows if row["identifier"] == row["symbol"]]
        return indices, [row for row in rows if row["identifier"] != row["symbol"]]

    for ours, theirs in zip(split(served), split(real), strict=True):
        our_types, their_types = types_of(ours), types_of(theirs)
        assert our_types.keys() == their_types.keys()
        for key, types in their_types.items():
            # We may by chance lack the whole number among decimals, never have another type.
            assert our_types[key] <= types | ({"int"} if "float" in types else set()), key
            assert our_types[key] >= types - {"int"}, key


def test_the_quirks_of_the_real_feed_are_there(market: Market, session: requests.Session) -> None:
    with Exchange(market, now=datetime(2024, 4, 26, 18, 0)) as exchange:
        rows = get(exchange, session)
    indices = [row for row in rows if row["identifier"] == row["symbol"]]
    shares = [row for row in rows if row["identifier"] != row["symbol"]]
    assert 20 <= len(indices) <= 62
    assert rows.index(indices[0]) == 0
    assert rows.index(indices[1]) > 10, "indices stand among the shares"
    assert all(set(row["meta"].values()) == {None} for row in indices)
    assert any(row["yearHigh"] == 0 and row["yearLow"] == 0 for row in indices)
    assert all(row["identifier"][len(row["symbol"]) :] in {"EQN", "BEN", "BZN", "SMN"}
               for row in shares)  # fmt: skip
    assert any(row["perChange365d"] == "-" for row in shares)
    assert any(isinstance(row["lastPrice"], int) for row in shares)
    assert any(row["meta"]["industry"] is None and row["meta"]["isin"] for row in shares)
    assert any(row["meta"]["companyName"] is None for row in shares)
    assert any(re.search(r"\d\.\d{6,}", json.dumps(row["change"])) for row in indices)
    assert any("&" in row["symbol"] for row in shares)
    assert any("-" in row["symbol"] for row in shares)
    assert any(row["symbol"][0].isdigit() for row in shares)
    days = Counter(row["lastUpdateTime"][:11] for row in shares)
    assert days.most_common(1)[0][0] == "26-Apr-2024"
    assert len(days) > 1
    assert {row["lastUpdateTime"] for row in indices} == {"26-Apr-2024 16:00:00"}


def test_a_moved_share_appears_under_both_series(market: Market, session: requests.Session) -> None:
    twice = 0
    with Exchange(market) as exchange:
        for day in range(2, 27, 8):
            exchange.set_clock(datetime(2024, 2, day, 20, 0))
            rows = get(exchange, session)
            count = Counter(row["symbol"] for row in rows)
            twice += sum(number == 2 for number in count.values())
    assert twice > 0


def test_whole_numbers_have_no_point(exchange: Exchange, session: requests.Session) -> None:
    text = session.get(exchange.url + "/any", timeout=10).text
    assert not re.search(r"\d\.0[,}]", text)


def test_headers_are_right(exchange: Exchange, session: requests.Session) -> None:
    reply = session.get(exchange.url + "/any", timeout=10)
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert int(reply.headers["Content-Length"]) == len(reply.content)
    assert reply.headers["x-ratelimit-requests-limit"] == "10000"
    assert reply.headers["x-ratelimit-requests-remaining"] == "9999"
    assert reply.headers["x-ratelimit-requests-reset"] == str(4 * 3600)
    assert "ETag" not in reply.headers


def test_price_gives_an_index_and_its_shares(exchange: Exchange, session: requests.Session) -> None:
    rows = get(exchange, session, "/price", Indices="NIFTY 50", Identifier="")
    assert rows[0]["symbol"] == "NIFTY 50"
    inside = exchange.market.constituents("NIFTY 50", date(2024, 4, 26))
    assert len(rows) - 1 >= len(inside) - 1
    wanted = rows[3]["identifier"]
    only = get(exchange, session, "/price", Indices="NIFTY 50", Identifier=wanted)
    assert [row["identifier"] for row in only] == [wanted]
    assert get(exchange, session, "/price", Indices="NO SUCH INDEX") == []


def test_prices_without_an_index_gives_all(exchange: Exchange, session: requests.Session) -> None:
    assert get(exchange, session, "/prices") == get(exchange, session, "/any")


def test_ampersands_survive_the_address(exchange: Exchange, session: requests.Session) -> None:
    rows = get(exchange, session, "/prices", Identifier="M&NEQN")
    assert [row["symbol"] for row in rows] == ["M&N"]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"X-RapidAPI-Key": None}, 401, NO_KEY),
        ({"X-RapidAPI-Key": "revoked"}, 401, NO_KEY),
        ({"X-RapidAPI-Key": "elsewhere"}, 403, NOT_SUBSCRIBED),
        ({"X-RapidAPI-Host": "another.p.rapidapi.com"}, 404, "API doesn't exists"),
        ({"X-RapidAPI-Host": None}, 404, "API doesn't exists"),
    ],
)
def test_refusals_use_the_gateways_words(
    exchange: Exchange,
    session: requests.Session,
    headers: dict[str, str | None],
    status: int,
    message: str,
) -> None:
    exchange.gate.valid_keys = frozenset({"any-key", "elsewhere"})
    exchange.gate.unsubscribed_keys = frozenset({"elsewhere"})
    reply = session.get(exchange.url + "/any", headers=headers, timeout=10)  # type: ignore[arg-type]
    assert (reply.status_code, reply.json()) == (status, {"message": message})
    assert session.get(exchange.url + "/any", timeout=10).status_code == 200


def test_the_daily_quota_ends_and_comes_back_with_the_day(
    small_market: Market, session: requests.Session
) -> None:
    quota = Quota(per_day=3, per_second=1000)
    with Exchange(small_market, datetime(2024, 4, 26, 18, 0), quota) as exchange:
        left = []
        for _ in range(3):
            reply = session.get(exchange.url + "/any", timeout=10)
            left.append(reply.headers["x-ratelimit-requests-remaining"])
        refused = session.get(exchange.url + "/any", timeout=10)
        assert left == ["2", "1", "0"]
        assert (refused.status_code, refused.json()) == (429, {"message": DAILY})
        assert refused.headers["x-ratelimit-requests-remaining"] == "0"
        assert refused.headers["Retry-After"] == str(6 * 3600)
        other = session.get(exchange.url + "/any", headers={"X-RapidAPI-Key": "b"}, timeout=10)
        assert other.status_code == 200
        exchange.set_clock(datetime(2024, 4, 29, 18, 0))
        assert session.get(exchange.url + "/any", timeout=10).status_code == 200


def test_the_rate_per_second_is_in_real_time(
    small_market: Market, session: requests.Session
) -> None:
    quota = Quota(per_day=1000, per_second=2)
    with Exchange(small_market, datetime(2024, 4, 26, 18, 0), quota) as exchange:
        session.get(exchange.url + "/price", params={"Identifier": "X"}, timeout=10)
        session.get(exchange.url + "/price", params={"Identifier": "X"}, timeout=10)
        refused = session.get(exchange.url + "/price", timeout=10)
        assert (refused.status_code, refused.json()) == (429, {"message": PER_SECOND})
        assert refused.headers["Retry-After"] == "1"
        time.sleep(1.05)
        again = session.get(exchange.url + "/price", params={"Identifier": "X"}, timeout=10)
        assert again.status_code == 200


def test_unknown_paths_and_methods_get_404(exchange: Exchange, session: requests.Session) -> None:
    assert session.get(exchange.url + "/nothing", timeout=10).status_code == 404
    assert session.post(exchange.url + "/any", timeout=10).status_code == 404


def test_the_clock_moves_by_code_and_by_http(exchange: Exchange, session: requests.Session) -> None:
    before = get(exchange, session)
    exchange.set_clock(datetime(2024, 4, 25, 14, 30, tzinfo=IST))
    assert exchange.now == datetime(2024, 4, 25, 14, 30)
    assert get(exchange, session)[0]["lastUpdateTime"] == "25-Apr-2024 14:30:00"
    body = {"now": "2024-04-26T20:00:00+05:30"}
    moved = session.put(exchange.url + "/_sandbox/clock", json=body, timeout=10)
    assert moved.json()["now"] == "2024-04-26T20:00:00"
    assert get(exchange, session) == before


def test_bad_control_requests_say_what_is_possible(
    exchange: Exchange, session: requests.Session
) -> None:
    for method, path, body in [
        ("PUT", "clock", {"now": "yesterday"}),
        ("PUT", "clock", ["now"]),
        ("PUT", "clock", {"now": "2001-01-01T12:00:00"}),
        ("POST", "faults", {"path": "/any", "fault": "meteor"}),
        ("POST", "faults", {"path": "/any", "fault": "status", "options": {"colour": 1}}),
        ("POST", "faults", {"path": "/any", "fault": "mutate", "options": {"how": "softly"}}),
        ("GET", "nothing", None),
    ]:
        reply = session.request(method, f"{exchange.url}/_sandbox/{path}", json=body, timeout=10)
        assert reply.status_code == 400, path
        assert "PUT /_sandbox/clock" in reply.json()["help"]
    assert exchange.pending == {}


def test_requests_are_recorded(exchange: Exchange, session: requests.Session) -> None:
    get(exchange, session, "/price", Indices="NIFTY 50")
    (asked,) = exchange.requests
    assert (asked.method, asked.path, asked.query) == ("GET", "/price", {"Indices": "NIFTY 50"})
    assert asked.headers["x-rapidapi-key"] == "any-key"
    assert asked.simulated_at == datetime(2024, 4, 26, 20, 0)


def test_many_clients_at_once_get_the_same_bytes(exchange: Exchange) -> None:
    headers = {"X-RapidAPI-Key": "k", "X-RapidAPI-Host": exchange.api_host}
    bodies: list[bytes] = []

    def ask() -> None:
        bodies.append(requests.get(exchange.url + "/any", headers=headers, timeout=20).content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 8
    assert len(set(bodies)) == 1


def test_it_starts_and_stops_at_once(small_market: Market, session: requests.Session) -> None:
    began = time.perf_counter()
    with Exchange(small_market) as exchange:
        session.get(exchange.url + "/any", timeout=10)
        port = int(exchange.url.rsplit(":", 1)[1])
        stopping = time.perf_counter()
    assert time.perf_counter() - stopping < 1.0
    assert time.perf_counter() - began < 5.0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_runs_as_a_program() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.exchange", "--securities", "30",
         "--now", "2024-04-26T18:00:00"],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    state = requests.get(f"{url}/_sandbox/state", timeout=10).json()
    assert state["now"] == "2024-04-26T18:00:00"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
