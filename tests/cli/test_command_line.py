"""What the command says when something is not as it should be, and with which exit code."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from ingestion.settings import project_root
from sandbox.exchange.faults import QuotaText, Status


def paragraph(ended) -> str:
    """The error as one line; it is on stderr, once, and without a trace."""
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("error:") == 1
    return " ".join(ended.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "says"),
    [
        (["status"], {}, 2, "There is no warehouse at .* Run `investiq run`"),
        (["report"], {}, 2, "There is no warehouse at .* `investiq run"),
        (["check", "arrival"], {}, 2, "Run `investiq"),
        (["check", "nonsense"], {}, 2, "Name one of arrival, "),
        (["load", "nonsense"], {}, 2, "Name one of rapidapi_quotes"),
        (["ingest"], {}, 2, "INVESTIQ_RAPIDAPI_KEY"),
        (["airbyte"], {"INVESTIQ_AIRBYTE_PREFIX": "raw"}, 2, "no folder of Airbyte's own"),
        (["run", "--source", "directory"], {}, 2, "--source directory PATH"),
        (["run", "somewhere"], {}, 2, "--source directory PATH"),
        (["run", "--source", "directory", "no-such-folder"], {}, 2, "There is no folder"),
        (["ingest", "--source", "sandbox", "--date", "2031-01-01"], {}, 2, "trading calendar"),
        (["ingest", "--source", "sandbox", "--date", "2019-01-02"], {}, 2, "runs from 2021-01-01"),
        (
            ["ingest", "--source", "sandbox", "--from", "2025-10-10", "--to", "2025-10-09"],
            {},
            2,
            "--from before --to",
        ),
        (["status"], {"INVESTIQ_HTTP_TRIES": "many"}, 2, "INVESTIQ_HTTP_TRIES"),
        (["load"], {"INVESTIQ_TARGET": "redshift", "AWS_REGION": "x"}, 2, "No Redshift is named"),
        (["redshift", "init"], {}, 2, "INVESTIQ_TARGET is duckdb.*--dry-run"),
        (
            ["load"],
            {
                "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "b",  # pragma: allowlist secret
            },
            2,
            "object store cannot be reached",
        ),
        (
            ["ingest", "--date", "2025-10-16"],
            {
                "INVESTIQ_RAPIDAPI_KEY": "k",
                "INVESTIQ_RAPIDAPI_URL": "http://127.0.0.1:9",
                "INVESTIQ_HTTP_BACKOFF_SECONDS": "0",
            },
            3,
            "could not be reached in 4 tries .*investiq doctor",
        ),
    ],
)
def test_an_error_is_one_paragraph_that_ends_with_the_next_step(
    investiq, tmp_path, arguments, variables, code, says
):
    ended = investiq(*arguments, home=tmp_path / "home", **variables)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert re.search(says, paragraph(ended)), ended.stderr


def test_a_store_that_refuses_in_mid_run_is_said_in_one_paragraph(investiq, tmp_path, httpserver):
    """The bucket is there when the command begins, and then nothing more is granted."""
    httpserver.expect_request("/investiq", method="HEAD").respond_with_data("")
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=403)
    ended = investiq(
        "promote",
        home=tmp_path / "home",
        AWS_ENDPOINT_URL_S3=httpserver.url_for("").rstrip("/"),
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",  # pragma: allowlist secret
        AWS_REGION="us-east-1",
    )
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert re.search("stopped answering or refused .*investiq doctor", paragraph(ended))


def test_debug_gives_the_trace(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "investiq.app", "--debug", "--home", str(tmp_path), "status"],
        capture_output=True,
        text=True,
        cwd=project_root(),
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "ConfigurationError" in ended.stderr


def test_doctor_says_what_is_there_and_what_to_do(investiq, tmp_path):
    ended = investiq(
        "doctor",
        home=tmp_path / "home",
        INVESTIQ_RAPIDAPI_URL="http://127.0.0.1:9",
        INVESTIQ_NSE_ARCHIVES_URL="http://127.0.0.1:9",
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for word in ("embedded SeaweedFS", "INVESTIQ_RAPIDAPI_KEY", "2016-01-01 to 2026-12-31"):
        assert word in ended.stdout
    assert "none at" in ended.stdout  # the warehouse, with `investiq run` as the next step


def test_doctor_is_red_when_the_object_store_is_not_there(investiq, tmp_path):
    ended = investiq(
        "doctor",
        home=tmp_path / "home",
        AWS_ENDPOINT_URL_S3="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",  # pragma: allowlist secret
        INVESTIQ_RAPIDAPI_URL="http://127.0.0.1:9",
        INVESTIQ_NSE_ARCHIVES_URL="http://127.0.0.1:9",
    )
    assert ended.returncode == 2
    assert "broken" in ended.stdout


def test_help_names_every_command(investiq, tmp_path):
    ended = investiq("--help", home=tmp_path)
    assert ended.returncode == 0
    for command in (
        *("ingest", "promote", "enrich", "load", "build", "check", "report", "status"),
        *("doctor", "run", "demo", "init", "redrive"),
    ):
        assert re.search(rf"^  {command} ", ended.stdout, re.M), command


def test_simulated_and_real_data_do_not_share_a_home(investiq, tmp_path):
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    sandbox = ["ingest", "--source", "sandbox", "--date", "2025-10-22"]
    assert investiq(*sandbox, home=home).returncode == 0
    ended = investiq("run", "--source", "directory", str(folder), home=home)
    assert ended.returncode == 2
    assert "holds simulated data" in paragraph(ended)
    other = tmp_path / "other"
    assert investiq("ingest", "--source", "directory", str(folder), home=other).returncode == 0
    assert investiq(*sandbox, home=other).returncode == 2


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (Status(403, message="You are not subscribed to this API."), 6, "INVESTIQ_RAPIDAPI_KEY"),
        (QuotaText(), 5, "DAILY quota"),
    ],
    ids=["not subscribed", "quota"],
)
def test_a_refused_run_ends_with_the_refusal_not_with_its_consequence(
    investiq, tmp_path, exchange, calendar, fault, code, says
):
    day = calendar.latest_opened(datetime.now(UTC))
    exchange.script("/any", fault, times=9)
    ended = investiq(
        *("run", "--date", day.isoformat()),
        home=tmp_path / "home",
        INVESTIQ_RAPIDAPI_URL=exchange.url,
        INVESTIQ_RAPIDAPI_KEY="k" * 20,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert re.search(says, paragraph(ended))
    assert "nothing was published" in ended.stderr
    status = investiq("status", home=tmp_path / "home")
    assert "The marts are not built yet: run `investiq build`." in status.stdout


def test_a_holiday_is_green(investiq, tmp_path):
    ended = investiq(
        "ingest", "--source", "sandbox", "--date", "2025-10-22", home=tmp_path / "home"
    )
    assert ended.returncode == 0, ended.stderr
    assert "holiday" in ended.stdout


def test_plain_dbt_works_from_the_root_after_init(investiq, tmp_path):
    """What `make setup` leaves is enough for `dbt run` and `dbt test` as plain commands."""
    home = tmp_path / "home"
    assert investiq("init", home=home).returncode == 0
    for command in (["run"], ["test"], ["docs", "generate"]):
        ended = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *command],
            cwd=project_root(),
            env={
                **os.environ,
                "INVESTIQ_HOME": str(home),
                "DBT_TARGET_PATH": str(home / "target"),
                "DBT_LOG_PATH": str(home / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
