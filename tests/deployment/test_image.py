"""The Dockerfile and what enters the image."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from ingestion.settings import project_root

ROOT = project_root()
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
ALLOWED = [
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    if line.startswith("!")
]


def test_hadolint_has_nothing_to_say():
    hadolint = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, check=False)
    assert said.returncode == 0, said.stdout.decode()


def test_both_stages_start_from_one_exact_version():
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M))
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases.pop())


def test_it_ends_as_a_user_whom_compose_names_too():
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text("utf-8"))
    *_, user = re.findall(r"^USER (\S+)$", DOCKERFILE, re.M)
    ours = {name for name, one in compose["services"].items() if one.get("build")}
    assert len(ours) == 6
    for name in ours:
        assert compose["services"][name]["user"] == user
    assert f"--uid {user.partition(':')[0]} " in DOCKERFILE
    home = re.search(r"INVESTIQ_HOME=(\S+)", DOCKERFILE)
    assert home
    assert compose["x-airflow"]["environment"]["INVESTIQ_HOME"] == home[1]
    assert compose["x-airflow"]["volumes"] == [f"home:{home[1]}"]


def test_packages_come_by_hash_and_nothing_secret_is_baked_in():
    installs = re.findall(r"(?:pip install)(.*?)(?:&&|\Z|\n[A-Z])", DOCKERFILE, re.S)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install
    assert not re.search(r"^(ARG|ENV).*(PASSWORD|SECRET|TOKEN|KEY)", DOCKERFILE, re.M | re.I)


def test_only_what_is_named_enters_the_image():
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    assert all((ROOT / name).exists() for name in ALLOWED)
    assert not {".git", ".env", "var", "tests", ".venv"}.intersection(ALLOWED)


def test_all_that_the_server_runs_enters_the_image():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {*packages, "airflow", "dbt_project", "dbt_project.yml", "profiles.yml"}
    copied = set(re.findall(r"requirements-\w+\.txt", DOCKERFILE))
    assert needed | copied | {"pyproject.toml", project["project"]["readme"]} <= set(ALLOWED)
