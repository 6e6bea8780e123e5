"""The environment in which Airflow runs on one machine: loopback only, nothing sent to anybody.

Imports nothing of Airflow, which reads its settings once, when it is imported.
"""

import json
import secrets
from pathlib import Path

from sandbox.servers import free_ports, write_secret

USER = "investiq"
MANIFEST = "INVESTIQ_DBT_MANIFEST"
WAREHOUSE_POOL = "warehouse"  # one slot: a DuckDB file has one writer; made by the set-up


def airflow_home(home: Path) -> Path:
    """Where Airflow keeps its own: logs, configuration, manifest, the metadata of SQLite."""
    return home / "airflow"


def environment(
    home: Path,
    project: Path,
    *,
    database: str,
    port: int,
    parallelism: int = 4,
    statsd: tuple[str, int] | None = None,
) -> dict[str, str]:
    """The variables for all components of one Airflow, and for the tasks that they run.

    Args:
        statsd: who takes metrics, host and port; None: none are sent.
    """
    place = airflow_home(home)
    known = credentials(home)
    url = f"http://127.0.0.1:{port}"
    logs = free_ports(("worker", "trigger"), {})
    settings = {
        "core__dags_folder": str(project / "airflow" / "dags"),
        "core__executor": "LocalExecutor",
        "core__parallelism": str(parallelism),
        "core__load_examples": "False",
        "core__auth_manager": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "core__simple_auth_manager_users": f"{USER}:admin",
        "core__simple_auth_manager_passwords_file": str(place / "passwords.json"),
        "core__fernet_key": known["fernet_key"],
        "core__execution_api_server_url": f"{url}/execution/",
        "core__default_timezone": "utc",
        "api__host": "127.0.0.1",  # Airflow's own default is every address
        "api__port": str(port),
        "api__base_url": url,
        "api__workers": "1",
        "api__secret_key": known["secret_key"],
        "api__expose_config": "False",
        "api_auth__jwt_secret": known["jwt_secret"],
        "database__sql_alchemy_conn": database,
        "logging__base_log_folder": str(place / "logs"),
        "logging__worker_log_server_port": str(logs["worker"]),
        "logging__trigger_log_server_port": str(logs["trigger"]),
        "scheduler__scheduler_idle_sleep_time": "0.3",
        "dag_processor__min_file_process_interval": "120",
        "dag_processor__refresh_interval": "120",
        "dag_processor__parsing_processes": "1",
        "cosmos__enable_telemetry": "False",
        "cosmos__cache_dir": str(place / "cosmos"),
        **(metrics(*statsd) if statsd else {}),
    }
    return {
        "AIRFLOW_HOME": str(place),
        **{f"AIRFLOW__{name.upper()}": value for name, value in settings.items()},
        "INVESTIQ_HOME": str(home),
        "INVESTIQ_PROJECT_DIR": str(project),
        MANIFEST: str(place / "manifest.json"),
        "SCARF_NO_ANALYTICS": "true",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def metrics(host: str, port: int) -> dict[str, str]:
    """The settings by which Airflow sends StatsD with tags, each value once.

    With the legacy names as well, which are the default, DAG and task would be in the names.
    """
    return {
        "metrics__statsd_on": "True",
        "metrics__statsd_host": host,
        "metrics__statsd_port": str(port),
        "metrics__statsd_prefix": "airflow",
        "metrics__statsd_influxdb_enabled": "True",
        "metrics__legacy_names_on": "False",
    }


def credentials(home: Path) -> dict[str, str]:
    """Password and keys: random, made once per home, readable by the owner only."""
    place = airflow_home(home)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / "credentials.json"
    if not path.exists():
        from cryptography.fernet import Fernet

        made = {
            "password": secrets.token_urlsafe(12),
            "fernet_key": Fernet.generate_key().decode(),
            "secret_key": secrets.token_hex(32),
            "jwt_secret": secrets.token_hex(32),
        }
        write_secret(place / "passwords.json", {USER: made["password"]})
        write_secret(path, made)
    known: dict[str, str] = json.loads(path.read_text("utf-8"))
    return known
