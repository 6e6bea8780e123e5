"""Settings: a wrong value is named and never shown; secrets print as stars, and are cut out."""

from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.redaction import redact
from ingestion.settings import load_settings, project_root

SECRET = "abc123SECRETxyz"  # pragma: allowlist secret


def test_nothing_has_to_be_set(clean_environment):
    settings = load_settings()
    assert settings.home == project_root() / "var"
    assert settings.duckdb_path == settings.home.resolve() / "warehouse.duckdb"
    assert (settings.target, settings.rapidapi_key, settings.secrets) == ("duckdb", None, ())
    assert settings.uses_embedded_s3


def test_the_environment_decides(clean_environment, tmp_path):
    clean_environment.setenv("INVESTIQ_HOME", str(tmp_path))
    clean_environment.setenv("INVESTIQ_HTTP_TRIES", "7")
    settings = load_settings()
    assert (settings.home, settings.http_tries) == (tmp_path, 7)
    assert settings.duckdb_path == tmp_path / "warehouse.duckdb"
    clean_environment.setenv("INVESTIQ_DUCKDB_PATH", str(tmp_path / "other.duckdb"))
    assert load_settings().duckdb_path == tmp_path / "other.duckdb"


@pytest.mark.parametrize("name", ["RAPIDAPI_KEY", "HTTP_TRIES", "TARGET", "DUCKDB_PATH"])
def test_a_variable_that_is_empty_is_not_set(clean_environment, name):
    """As in a copy of .env.example with nothing filled in."""
    default = load_settings()
    clean_environment.setenv(f"INVESTIQ_{name}", "")
    assert load_settings() == default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INVESTIQ_TARGET", "oracle-9i"),
        ("INVESTIQ_HTTP_TRIES", "many-many"),
        ("INVESTIQ_HTTP_TRIES", "0"),
        ("INVESTIQ_HTTP_DEADLINE_SECONDS", "-17"),
        ("INVESTIQ_HTTP_DEADLINE_SECONDS", "nan"),
        ("INVESTIQ_MAX_BODY_BYTES", "17GB"),
        ("INVESTIQ_OBJECT_STORE", "floppy"),
        ("INVESTIQ_RAPIDAPI_REQUESTS_PER_DAY", "0x99"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(clean_environment, name, value):
    clean_environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=rf"{name} - .*\.env\.example") as told:
        load_settings()
    if len(value) > 2:
        assert value not in str(told.value)
    assert told.value.__suppress_context__


def test_all_that_is_wrong_is_named_at_once(clean_environment):
    clean_environment.setenv("INVESTIQ_TARGET", "oracle")
    clean_environment.setenv("INVESTIQ_HTTP_TRIES", "x")
    with pytest.raises(ConfigurationError, match=r"INVESTIQ_TARGET.*INVESTIQ_HTTP_TRIES"):
        load_settings()


def test_secrets_print_as_stars_and_are_listed_for_redaction(clean_environment):
    for name in ("INVESTIQ_RAPIDAPI_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        clean_environment.setenv(name, f"{SECRET}-{name}")
    settings = load_settings()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.rapidapi_key}"
    assert len(settings.secrets) == 3
    assert redact(" ".join(settings.secrets), settings.secrets) == "*** *** ***"


@pytest.mark.parametrize(
    ("variables", "embedded"),
    [
        ({}, True),
        ({"AWS_ENDPOINT_URL_S3": "http://x"}, False),
        ({"AWS_ENDPOINT_URL": "http://x"}, False),
        ({"INVESTIQ_OBJECT_STORE": "s3"}, False),
        ({"INVESTIQ_OBJECT_STORE": "embedded", "AWS_ENDPOINT_URL_S3": "http://x"}, True),
    ],
)
def test_which_object_store_is_used(clean_environment, variables, embedded):
    for name, value in variables.items():
        clean_environment.setenv(name, value)
    assert load_settings().uses_embedded_s3 is embedded


def test_the_project_is_found_from_below_and_from_outside(clean_environment, tmp_path):
    root = Path(__file__).resolve().parents[2]
    clean_environment.chdir(root / "ingestion" / "loading")
    assert project_root() == root
    clean_environment.chdir(tmp_path)
    assert project_root() == root
    clean_environment.setenv("INVESTIQ_PROJECT_DIR", str(tmp_path))
    assert project_root() == tmp_path


@pytest.mark.parametrize(
    "text",
    [
        f"GET /query?apikey={SECRET}&symbol=M%26M",
        f"GET /query?symbol=INFY&api_key={SECRET}",
        f"X-RapidAPI-Key: {SECRET}",
        f"{{'X-RapidAPI-Key': '{SECRET}', 'Accept': '*/*'}}",
        f'{{"api-key": "{SECRET}"}}',
        f"INVESTIQ_RAPIDAPI_KEY={SECRET}",
        f"aws_secret_access_key = {SECRET}",
        f"https://s3/x?X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}",
        f"password={SECRET};token={SECRET}",
        f"We have detected your API key as {SECRET} and our rate limit is 25 requests per day",
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_known(text):
    assert SECRET not in redact(text)
    assert "***" in redact(text)


def test_known_secrets_are_masked_wherever_they_stand():
    secrets = [SECRET[:6], SECRET, ""]  # one is the beginning of another
    assert redact(f"a{SECRET}b {SECRET[:6]}", secrets) == "a***b ***"


@pytest.mark.parametrize(
    "text",
    ["", "HTTP 429: rate limit per second", "the key is not subscribed", "tokens: none left"],
)
def test_plain_words_stay(text):
    assert redact(text, [""]).split(":")[0] == text.split(":")[0]
