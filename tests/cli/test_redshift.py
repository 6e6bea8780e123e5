"""`investiq redshift init` and `investiq doctor` on Redshift: who may do what, and who is told."""

import os
import subprocess
import sys

import pytest

from ingestion.errors import ConfigurationError, InvestiqError
from ingestion.loading.data_api import DataApi, StatementFailed
from ingestion.loading.redshift_bootstrap import Users, as_administrator, raw_tables, script
from ingestion.settings import Settings, load_settings, project_root
from investiq.doctor_redshift import redshift_findings
from investiq.redshift import initialise

USERS = {
    "INVESTIQ_REDSHIFT_LOADER_USER": "investiq_loader",
    "INVESTIQ_REDSHIFT_TRANSFORMER_USER": "investiq_transformer",
    "INVESTIQ_REDSHIFT_READER_USER": "investiq_reader",
}


@pytest.fixture
def settings(prepared_redshift, store, clean_environment) -> Settings:
    for name, value in {**prepared_redshift.environment, **USERS}.items():
        clean_environment.setenv(name, value)
    clean_environment.setenv("INVESTIQ_BUCKET", store.bucket)
    return load_settings()


@pytest.fixture
def as_user(settings, prepared_redshift):
    """The Data API as one of the database's users."""

    def signed_in(user: str) -> DataApi:
        return as_administrator(settings, user)

    yield signed_in
    signed_in(prepared_redshift.admin_user).batch(["drop table if exists marts.rpt_later"])


def test_init_says_what_it_did_and_can_be_run_again(settings, prepared_redshift, capsys):
    administrator = prepared_redshift.admin_user
    initialise(settings, dry_run=False, secret_arn=administrator, db_user=None)
    said = capsys.readouterr().out
    assert "role investiq_loader_role: is there" in said
    assert "raw tables, receipts and lock in raw_data: done" in said
    assert "investiq_reader_role for investiq_reader: done" in said
    api = as_administrator(settings, administrator)
    assert api.query("select count(*) from raw_data.load_lock") == [(1,)]


def test_a_user_who_is_not_there_yet_is_told_of(settings, prepared_redshift, capsys):
    odd = settings.model_copy(
        update={
            "redshift_loader_user": 'IAMR:x"; drop schema raw_data; --',
            "redshift_reader_user": None,
        }
    )
    initialise(odd, dry_run=False, secret_arn=prepared_redshift.admin_user, db_user=None)
    said = " ".join(capsys.readouterr().out.split())
    assert "there is no such user yet" in said
    assert "nobody has been given that role: set INVESTIQ_REDSHIFT_READER_USER" in said


def test_init_needs_an_administrator(settings):
    with pytest.raises(ConfigurationError, match=r"permission denied.*--dry-run"):
        initialise(settings, dry_run=False, secret_arn=None, db_user=None)


def test_dry_run_prints_what_init_would_run(clean_environment, capsys):
    settings = Settings(redshift_transformer_user="investiq_transformer")
    initialise(settings, dry_run=True, secret_arn=None, db_user=None)
    said = capsys.readouterr().out
    assert said.strip() == script("raw_data", Users(transformer="investiq_transformer"))
    for statement in raw_tables():
        assert f"{statement};" in said


LOADER, TRANSFORMER, READER = "investiq_loader", "investiq_transformer", "investiq_reader"


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        (LOADER, "delete from raw_data.rapidapi_quotes"),
        (LOADER, "select count(*) from raw_data.load_receipts"),
        (TRANSFORMER, "select count(*) from raw_data.rapidapi_quotes"),
        (TRANSFORMER, "create table if not exists marts.rpt_later as select 1 as n"),
    ],
)
def test_each_role_may_do_its_work(as_user, user, statement):
    as_user(user).batch([statement])
    as_user("rsadmin").batch(["drop table if exists marts.rpt_later"])


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        (LOADER, "create table raw_data.mine (n integer)"),
        (LOADER, "drop table raw_data.rapidapi_quotes"),
        (LOADER, "truncate raw_data.load_receipts"),
        (LOADER, "create table marts.mine (n integer)"),
        (TRANSFORMER, "delete from raw_data.rapidapi_quotes"),
        (TRANSFORMER, "insert into raw_data.load_lock values (1)"),
        (TRANSFORMER, "create table raw_data.mine (n integer)"),
        (TRANSFORMER, "create schema mine"),
        (READER, "select count(*) from raw_data.rapidapi_quotes"),
        (READER, "create table marts.mine (n integer)"),
        (READER, "create table staging.mine (n integer)"),
    ],
)
def test_and_no_role_may_do_more(as_user, user, statement):
    with pytest.raises(StatementFailed, match=r"permission denied|must be owner"):
        as_user(user).batch([statement])


def test_the_reader_sees_marts_that_are_built_later(as_user):
    as_user(TRANSFORMER).batch(["create table marts.rpt_later as select 7 as n"])
    assert as_user(READER).query("select n from marts.rpt_later") == [(7,)]
    with pytest.raises(StatementFailed, match="permission denied"):
        as_user(READER).batch(["delete from marts.rpt_later"])
    as_user("rsadmin").batch(["drop table marts.rpt_later"])


def test_the_doctor_finds_all_well(settings):
    found = {finding.what: finding for finding in redshift_findings(settings)}
    assert [f for f in found.values() if f.verdict != "ok"] == []
    assert "investiq_loader_role" in found["Redshift user"].seen
    assert settings.bucket in found["Redshift COPY"].seen
    assert found["Redshift isolation"].seen == "Snapshot Isolation"
    assert "verify-full" in found["Redshift (driver)"].seen


def test_the_doctor_says_what_is_broken_and_what_to_do(settings, prepared_redshift):
    prepared_redshift.script("error", match="^copy", message="S3ServiceException:Access Denied")
    found = {finding.what: finding for finding in redshift_findings(settings)}
    assert found["Redshift COPY"].verdict == "broken"
    assert "Access Denied" in found["Redshift COPY"].seen
    assert "s3:GetObject" in found["Redshift COPY"].next_step

    prepared_redshift.script("expired_token", times=9)
    [only] = redshift_findings(settings)
    prepared_redshift.clear_faults()
    assert (only.verdict, "refresh your AWS credentials" in only.next_step) == ("broken", True)


def test_the_doctor_tells_of_settings_of_the_database(settings, as_user, prepared_redshift):
    administrator = as_user(prepared_redshift.admin_user)
    administrator.query("alter user investiq_loader set enable_case_sensitive_identifier to true")
    try:
        found = {finding.what: finding for finding in redshift_findings(settings)}
    finally:
        administrator.query("alter user investiq_loader reset enable_case_sensitive_identifier")
    assert found["Redshift names"].verdict == "optional"
    assert "is on" in found["Redshift names"].seen or "is true" in found["Redshift names"].seen


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"redshift_workgroup": None}, "INVESTIQ_REDSHIFT_WORKGROUP"),
        ({"redshift_database": "nowhere"}, "nowhere"),
    ],
)
def test_what_is_missing_is_named(settings, changes, said):
    [only] = redshift_findings(settings.model_copy(update=changes))
    assert only.verdict == "broken"
    assert said in only.seen + only.next_step


def test_no_region_is_an_error_that_names_the_variable(settings, clean_environment):
    clean_environment.delenv("AWS_REGION")
    clean_environment.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(InvestiqError, match="Set AWS_REGION"):
        DataApi.of(settings)


def opt_in(**variables: str) -> str:
    """What `make test-redshift` says when it is to run one test of the contract."""
    chosen = ["tests/redshift", "-m", "redshift", "-k", "loading_twice"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, "-rs", "-q", "-p", "no:cacheprovider"],
        env={**os.environ, **variables},
        cwd=project_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{ended.returncode} {ended.stdout}"


def test_the_opt_in_run_is_skipped_with_a_reason(clean_environment):
    assert "no real Redshift is named: set INVESTIQ_TEST_BUCKET" in opt_in()


def test_the_opt_in_run_works_in_schemas_that_it_removes(settings, store, prepared_redshift):
    """Pointed at the stand-in, as its administrator."""
    said = opt_in(
        INVESTIQ_TEST_BUCKET=store.bucket,
        INVESTIQ_REDSHIFT_SECRET_ARN=prepared_redshift.admin_user,
        INVESTIQ_REDSHIFT_USER=prepared_redshift.admin_user,
        DBT_ENV_SECRET_REDSHIFT_PASSWORD=prepared_redshift.admin_password,
    )
    assert said.startswith("0 "), said
    assert "1 passed" in said
    assert list(store.list("")) == []
    api = as_administrator(settings, prepared_redshift.admin_user)
    schemas = "select count(*) from pg_namespace where nspname like 'investiq_test%'"
    assert api.query(schemas) == [(0,)]
