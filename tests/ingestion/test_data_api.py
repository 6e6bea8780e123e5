"""The client of Redshift's Data API: rows, pages, patience, and errors that say what to do."""

import time

import pytest

from ingestion.errors import ConfigurationError, LoadFailed
from ingestion.loading import DATASETS, PendingObject
from ingestion.loading.data_api import DataApi, StatementFailed, StillRunning
from ingestion.loading.redshift_bootstrap import as_administrator
from ingestion.loading.redshift_warehouse import RedshiftWarehouse
from ingestion.settings import load_settings

QUOTES = DATASETS["rapidapi_quotes"]
DIGITS = " union all ".join(f"select {n} as n" for n in range(10))


@pytest.fixture
def settings(redshift_warehouse):
    return load_settings()


@pytest.fixture
def api(settings) -> DataApi:
    return DataApi.of(settings)


def test_values_are_pythons_own(api):
    assert api.query("select 1, 'a', null, true, cast(0.5 as double precision), '' as e") == [
        (1, "a", None, True, 0.5, "")
    ]
    assert api.query("set query_group to 'x'") == []


def test_a_parameter_is_text_whatever_it_says(api):
    said = "'; drop table raw_data.load_lock; -- :other"
    assert api.query("select :said as said", said=said) == [(said,)]


def test_a_result_of_many_pages_is_read_to_its_end(api):
    numbers = (
        f"with d as ({DIGITS}) select a.n + 10 * b.n + 100 * c.n + 1000 * e.n as number "
        "from d as a cross join d as b cross join d as c cross join (select 0 as n union all "
        "select 1 union all select 2) as e order by 1"
    )
    assert api.query(numbers) == [(n,) for n in range(3000)]


def test_a_failed_batch_keeps_nothing_and_says_what_redshift_said(api):
    insert = "insert into raw_data.load_receipts values ('t', 'k', 'e', 's', 1, sysdate)"
    with pytest.raises(StatementFailed, match=r"nowhere.*does not exist.*Look at the statement"):
        api.batch([insert, "select * from raw_data.nowhere"])
    assert api.query("select count(*) from raw_data.load_receipts") == [(0,)]


def test_patience_ends_and_the_statement_goes_on(api, prepared_redshift):
    prepared_redshift.script("slow", match="41 as n", seconds=1.5)
    hasty = DataApi(api.client, api.target, deadline_seconds=0.2)
    token = "x" * 64
    with pytest.raises(StillRunning, match=r"goes on in the warehouse.*Run the same command"):
        hasty.wait(hasty.submit(["select 41 as n"], token))
    done = api.wait(api.submit(["select 41 as n"], token))
    assert list(api.rows(f"{done.id}:1")) == [(41,)]


def test_waiting_looks_less_and_less_often(api, prepared_redshift, monkeypatch):
    prepared_redshift.script("slow", match="42 as n", seconds=2)
    pauses: list[float] = []
    sleep = time.sleep

    def noted(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", noted)
    assert api.wait(api.submit(["select 42 as n"])).is_well
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1 < 0.5 < pauses[-1]
    assert len(pauses) < 12


def test_a_provisioned_cluster_is_asked_as_a_database_user(redshift_warehouse, settings, store):
    """And what COPY could not read is read back from stl_load_errors."""
    cluster = settings.model_copy(
        update={
            "redshift_workgroup": None,
            "redshift_cluster": "investiq",
            "redshift_db_user": "investiq_loader",
        }
    )
    api = DataApi.of(cluster)
    assert not api.is_serverless
    assert api.query("select cast(current_user as varchar(64))") == [("investiq_loader",)]
    warehouse = RedshiftWarehouse(api, store, redshift_warehouse.copying)
    key = f"{QUOTES.prefix}bad.ndjson"
    store.put(key, b'{"record_no": 1}\n{"record_no": "two"}\n', "application/x-ndjson", {})
    with pytest.raises(LoadFailed, match=rf"{key}', line [12], column '\w+'"):
        warehouse.load(QUOTES, [PendingObject(key, "e", "landing/bad", "x", 2)])


def test_packed_and_plain_objects_are_not_read_by_one_copy(redshift_warehouse):
    batch = [PendingObject(key, "e", key, None, 1) for key in ("raw/a.gz", "raw/b")]
    with pytest.raises(LoadFailed, match="Some of the 2 objects"):
        redshift_warehouse.load(QUOTES, batch)


def test_a_database_that_is_not_prepared_says_who_must_do_what(settings, prepared_redshift, store):
    administrator = as_administrator(settings, prepared_redshift.admin_user)
    administrator.query("create database unprepared")
    api = DataApi.of(settings.model_copy(update={"redshift_database": "unprepared"}))
    with pytest.raises(ConfigurationError, match=r"not prepared.*investiq redshift init"):
        RedshiftWarehouse(api, store, None).receipts(QUOTES)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"redshift_workgroup": None}, r"No Redshift is named.*INVESTIQ_REDSHIFT_WORKGROUP"),
        ({"redshift_secret_arn": None, "redshift_database": ""}, r"INVESTIQ_REDSHIFT_DATABASE"),
    ],
)
def test_what_is_missing_is_named(settings, changes, said):
    with pytest.raises(ConfigurationError, match=said):
        DataApi.of(settings.model_copy(update=changes)).query("select 1")


def test_nobody_there_and_no_credentials(settings, clean_environment):
    clean_environment.setenv("AWS_ENDPOINT_URL_REDSHIFT_DATA", "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=r"cannot be reached.*investiq doctor"):
        DataApi.of(settings).query("select 1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        clean_environment.delenv(name)
    clean_environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    clean_environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(ConfigurationError, match=r"NoCredentialsError.*Check the AWS credentials"):
        DataApi.of(settings).query("select 1")
