"""docker-compose.yaml, as far as it can be judged without an engine: its rules, what it names."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from copy import deepcopy
from importlib.util import find_spec
from typing import Any

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from ingestion.settings import project_root
from orchestration import server
from orchestration.environment import environment
from orchestration.local import COMPONENTS

ROOT = project_root()
FILE = ROOT / "docker-compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = ("init", *COMPONENTS)
ONCE = {"init"}
OF_ENV_FILE = re.compile(r"\$\{([A-Z_0-9]+)(:[-?])?([^}]*)\}")
SECRET = re.compile("PASSWORD|SECRET|KEY|TOKEN|CONN|JWT")


def check(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, get_builtin_schema("vendor.compose-spec"))


def variables(service: str) -> dict[str, str]:
    return {name: str(text) for name, text in SERVICES[service].get("environment", {}).items()}


def test_it_keeps_to_the_specification_of_compose():
    check(COMPOSE)


@pytest.mark.parametrize("wrong", [{"helthcheck": {}}, {"ports": 8080}, {"mem_limit": []}])
def test_what_the_specification_does_not_know_is_found(wrong):
    compose = deepcopy(COMPOSE)
    compose["services"]["grafana"] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        check(compose)


def test_compose_itself_can_read_it(tmp_path):
    asked = [shutil.which("docker") or "false", "compose", "version"]
    if subprocess.run(asked, check=False, capture_output=True).returncode:
        pytest.skip("no `docker compose` on this machine")
    names = {name for name, *_ in OF_ENV_FILE.findall(FILE.read_text("utf-8"))}
    (tmp_path / ".env").write_text("".join(f"{name}=x1\n" for name in names))
    read = ["docker", "compose", "--project-directory", str(tmp_path), "--file", str(FILE)]
    subprocess.run([*read, "config", "--quiet"], check=True, env={"PATH": os.environ["PATH"]})


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_has_an_exact_version(name):
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_whether_it_is_well_and_comes_back(name):
    service = SERVICES[name]
    assert service["logging"]["options"]["max-size"]
    assert service["deploy"]["resources"]["limits"]["memory"]
    if name in ONCE:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(service["healthcheck"])


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_or_may_become_it(name):
    service = SERVICES[name]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_on_loopback(name):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_down(name):
    for variable, text in variables(name).items():
        if not SECRET.search(variable):
            continue
        for _, operator, default in OF_ENV_FILE.findall(text):
            assert operator == ":?" or not default, f"{variable} has a default"
        bare = OF_ENV_FILE.sub("", text)
        assert bare in ("", "postgresql+psycopg2://airflow:@postgres:5432/airflow"), variable


def test_each_gets_the_secrets_that_it_needs_and_no_other():
    def holders(secret: str) -> set[str]:
        return {name for name in SERVICES if f"${{{secret}" in json.dumps(variables(name))}

    assert holders("AIRFLOW_DB_PASSWORD") == {"postgres", *AIRFLOW}
    assert holders("AIRFLOW_ADMIN_PASSWORD") == {"init"}
    assert holders("GRAFANA_ADMIN_PASSWORD") == {"grafana"}
    assert holders("AWS_SECRET_ACCESS_KEY") == {"seaweedfs"}  # Airflow's come by the file
    assert {name for name in SERVICES if SERVICES[name].get("env_file")} == set(AIRFLOW)
    for name in COMPONENTS:  # who reads the whole file is not left with what is not theirs
        assert variables(name)["AIRFLOW_ADMIN_PASSWORD"] == ""
    assert {variables(name)["GRAFANA_ADMIN_PASSWORD"] for name in AIRFLOW} == {""}
    assert SERVICES["postgres"]["networks"] == ["metadata"]
    assert COMPOSE["networks"]["metadata"]["internal"]


def test_what_must_be_set_is_explained_and_what_is_explained_is_used():
    used = {(name, bool(how == ":?")) for name, how, _ in OF_ENV_FILE.findall(FILE.read_text())}
    _, _, section = (ROOT / ".env.example").read_text("utf-8").partition("For docker-compose.yaml")
    explained = dict(re.findall(r"^# ([A-Z0-9_]+)=(.*)$", section, re.M))
    for name, required in used:
        assert name in explained, f"{name} is not in .env.example"
        assert not (required and explained[name]), f"{name} has a value in .env.example"
    of_others = {"COMPOSE_PROFILES", "AWS_ENDPOINT_URL_S3"}  # of compose itself, and of boto3
    assert set(explained) - of_others == {name for name, _ in used}


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_is_there(name):
    for mount in SERVICES[name].get("volumes", []):
        place, _, rest = OF_ENV_FILE.sub(r"\3", mount).partition(":")
        if place.startswith("."):
            assert (ROOT / place).exists(), place
            assert rest.endswith(":ro"), mount
        else:
            assert place in COMPOSE["volumes"]


def test_services_wait_for_what_can_be_waited_for():
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
            if how["condition"] == "service_completed_successfully":
                assert other in ONCE
            assert how.get("required", True) != bool(SERVICES[other].get("profiles"))


def test_metrics_go_to_the_exporter_by_names_with_tags():
    told = variables("scheduler")
    assert told["AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED"] == "True"
    assert told["AIRFLOW__METRICS__LEGACY_NAMES_ON"] == "False"
    for host in ("AIRFLOW__METRICS__STATSD_HOST", "INVESTIQ_STATSD_HOST"):
        assert told[host] in SERVICES
    assert told["AIRFLOW__METRICS__STATSD_PORT"] == told["INVESTIQ_STATSD_PORT"] == "9125"


_ASK_AIRFLOW = """
import json, sys
import cosmos.settings
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf

settings, commands = json.load(sys.stdin)
known = conf.configuration_description
for name in settings:
    section, _, option = name.removeprefix("AIRFLOW__").lower().partition("__")
    options = vars(cosmos.settings) if section == "cosmos" else known[section]["options"]
    assert option in options, name
for command in commands:
    get_parser().parse_args(command)
"""


def test_airflow_knows_the_settings_and_the_commands(tmp_path):
    """One Airflow of its own is asked; the auth manager brings commands as well."""
    settings = variables("scheduler") | {"AIRFLOW_HOME": str(tmp_path)}
    settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = "http://127.0.0.1:1/execution/"
    settings = {name: OF_ENV_FILE.sub(r"\3", text) for name, text in settings.items()}
    for name in ("FERNET_KEY", "SQL_ALCHEMY_CONN"):
        settings = {key: text for key, text in settings.items() if not key.endswith(name)}
    commands = [[*server.ACCOUNT, "x"]]
    for name, arguments in COMPONENTS.items():
        assert SERVICES[name]["command"] == ["airflow", *arguments]
        commands.append(arguments)
        test = SERVICES[name]["healthcheck"]["test"]
        commands += [test[2:]] if test[1] == "airflow" else []
    laptop = environment(tmp_path, ROOT, database="", port=0)
    names = [name for name in (*settings, *laptop) if name.startswith("AIRFLOW__")]

    asked = subprocess.run(
        [sys.executable, "-c", _ASK_AIRFLOW],
        input=json.dumps([names, commands]),
        env={**settings, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 0, asked.stderr[-2000:]


def test_the_set_up_is_a_module_and_needs_a_password(monkeypatch, capsys):
    assert SERVICES["init"]["command"] == ["python", "-m", server.__name__]
    assert find_spec(server.__name__)
    monkeypatch.setenv(server.ASKED_FOR, "")
    assert server.main() == 2
    assert server.ASKED_FOR in capsys.readouterr().err


def test_every_setting_of_ours_is_one():
    from ingestion.settings import Settings

    ours = [name for name in variables("scheduler") if name.startswith("INVESTIQ_")]
    assert {name.removeprefix("INVESTIQ_").lower() for name in ours} <= set(Settings.model_fields)


def test_the_lock_of_the_server_has_what_it_connects_with():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extra = project["project"]["optional-dependencies"]["airflow"]
    lock = (ROOT / "requirements-airflow.txt").read_text("utf-8")
    for package in ("apache-airflow-providers-fab", "psycopg2-binary"):
        assert any(line.startswith(package) for line in extra)
        assert re.search(rf"^{package}==", lock, re.M)
