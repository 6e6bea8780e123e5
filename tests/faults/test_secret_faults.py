"""Fault 30: secrets that leak, keys that end, packages that are not what was locked."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.settings import load_settings, project_root
from sandbox.exchange.faults import Body, Status

KEY = "k3y-that-must-not-leak"  # pragma: allowlist secret


@pytest.mark.parametrize(
    "fault",
    [
        Status(401, message=f"Invalid API key {KEY}"),
        Status(503, message=f"https://api.example/any?apikey={KEY} is down"),
        Body(json.dumps({"Information": f"We have detected your API key as {KEY} and ..."})),
        Body(f"<html>{KEY}</html>", content_type="text/html"),
    ],
    ids=["refused", "url in the error", "key echoed", "page"],
)
def test_fault_30_the_key_is_in_no_record_log_or_message(house, fault, capfd, caplog):
    caplog.set_level("DEBUG")
    house.exchange.script("/any", fault, times=5)
    outcome = house.ingest()
    assert outcome.status != "ok"
    house.promote()
    house.load()
    assert KEY not in repr(outcome)
    assert KEY not in repr(house.settings)
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())
    for key in house.keys(""):
        body = house.store.read(key)
        assert KEY not in json.dumps(dict(body.metadata)), key
        assert KEY.encode() not in body.content, key
    for table in ("ingestion_outcomes", "quarantined_records"):
        assert KEY not in str(house.rows(f"select * from raw_data.{table}"))


def test_fault_30_an_expired_key_fails_closed_with_one_message(house, tmp_path):
    house.exchange.script("/any", Status(403, message="You are not subscribed to this API."), 99)
    command = [sys.executable, "-m", "investiq.app"]
    ended = subprocess.run(
        [*command, "--home", str(tmp_path / "h"), "ingest", "--date", "2025-10-16"],
        env={
            **os.environ,
            "INVESTIQ_RAPIDAPI_KEY": KEY,
            "INVESTIQ_RAPIDAPI_URL": house.exchange.url,
            "INVESTIQ_BUCKET": house.store.bucket,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 6
    assert ended.stderr.count("error:") == 1
    assert "INVESTIQ_RAPIDAPI_KEY" in ended.stderr
    assert KEY not in ended.stdout + ended.stderr
    assert len(house.exchange.requests) == 1  # what is refused is not asked again


def test_fault_30_a_wrong_setting_is_named_without_its_value(clean_environment):
    clean_environment.setenv("INVESTIQ_HTTP_TRIES", "s3cret-in-the-wrong-place")
    with pytest.raises(Exception, match="INVESTIQ_HTTP_TRIES") as told:
        load_settings()
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-test.txt", "requirements-uv.txt"]
)
def test_fault_30_every_locked_package_has_hashes_and_no_index_is_named(lock):
    text = (project_root() / lock).read_text()
    pins = re.findall(
        r"^([a-z0-9][\w.\[\]-]*)==\S+.*\\\n((?:    --hash=sha256:\w{64}.*\n?)+)", text, re.M
    )
    names = re.findall(r"^[A-Za-z0-9][\w.\[\],-]*==", text, re.M)
    assert len(pins) == len(names) > 0
    assert "://" not in re.sub(r"#.*", "", text)
    assert "index" not in re.sub(r"#.*", "", text).lower().replace("--no-emit-index-url", "")


def test_fault_30_installing_asks_for_the_hashes():
    makefile = (project_root() / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert len(installs) >= 4
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation --editable ." in line


def test_fault_30_a_path_that_leaves_the_folder_is_not_followed(house, tmp_path):
    from ingestion.ingest import ingest_directory

    outside = tmp_path / "outside.json"
    outside.write_text("[]")
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "nse_data_26042024130436.json").symlink_to(outside)
    (folder / "..%2f..%2fetc%2fpasswd.json").write_text("{}")
    outcomes = ingest_directory(Path(folder), house.store, max_bytes=10_000)
    assert [outcome.status for outcome in outcomes] == ["unrecognised", "unrecognised"]
    assert house.keys("landing/") == []
    assert all(".." not in key for key in house.keys(""))
