"""The other half of the modes, in one short-lived Airflow: Lambdas promote, SQLite keeps the state.

The embedded S3 sends no events, so a loop sends what S3 would to the real handler.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote_plus

import pytest
from aws_lambda_powertools.utilities.batch.types import PartialItemFailures

from ingestion.loading.duckdb_connection import connect
from ingestion.objectstore import ObjectStore
from ingestion.promotion import pending_keys
from lambdas.promote.handler import handler
from sandbox.exchange import Exchange
from sandbox.market import Market
from tests.dags.client import started_airflow, until

NEWEST = date(2025, 3, 7)
FUNCTION = SimpleNamespace(
    function_name="promote",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:ap-south-1:123456789012:function:promote",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
)


@contextmanager
def lambdas(store: ObjectStore) -> Iterator[list[str]]:
    """The handler, called once for each object that lands; the keys that it was told of."""
    ended, told, failed = threading.Event(), list[str](), list[PartialItemFailures]()

    def deliver() -> None:
        while not ended.wait(0.3):
            for key in (key for key in pending_keys(store) if key not in told):
                created = {"bucket": {"name": store.bucket}, "object": {"key": quote_plus(key)}}
                body = json.dumps({"Records": [{"s3": created}]})
                sent = {"SentTimestamp": str(int(time.time() * 1000))}
                message = {"messageId": key, "body": body, "attributes": sent}
                failed.extend(handler({"Records": [message]}, FUNCTION)["batchItemFailures"])
                told.append(key)

    delivering = threading.Thread(target=deliver)
    delivering.start()
    try:
        yield told
    finally:
        ended.set()
        delivering.join()
    assert failed == []


@pytest.mark.timeout(300)
def test_lambdas_promote_and_the_run_waits_for_their_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.redshift.postgres._PROGRAMS", tmp_path)  # no PostgreSQL here
    home = tmp_path / "home"
    with (
        Exchange(Market.build(securities=70, start=date(2025, 2, 3), end=NEWEST)) as exchange,
        started_airflow(
            home, INVESTIQ_SANDBOX_URL=exchange.url, INVESTIQ_PROMOTION="lambda"
        ) as airflow,
    ):
        assert airflow.airflow.database.startswith("sqlite:")
        airflow.unpause("nse_quotes")
        until(lambda: airflow.runs("nse_quotes") != [], 60, "the run")
        run_id = airflow.runs("nse_quotes")[0]["dag_run_id"]

        def waits() -> bool:
            promoted = airflow.tasks("nse_quotes", run_id).get("promoted", {})
            return promoted.get("state") == "up_for_reschedule"

        until(waits, 90, "the run to wait for records")
        with lambdas(airflow.store) as told:
            assert airflow.wait("nse_quotes", run_id) == "success"

    [key] = told
    with connect(home / "warehouse.duckdb", read_only=True) as con:
        loaded = con.execute("select distinct source_key from raw_data.rapidapi_quotes").fetchall()
    assert loaded == [(key,)]
