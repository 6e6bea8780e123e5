"""Parse every model as Redshift would.

dbt compiles them for Redshift, against the stand-in: once with --full-refresh, and once where the
tables of the incremental models are there (empty ones), so that both branches are looked at.
sqlfluff's dialect knows Redshift's grammar and its reserved words. `make lint` runs it beside the
rest. Statements that Python writes are shown to sqlfluff by tests beside their modules.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from sqlfluff.core import FluffConfig, Linter

from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out
from ingestion.loading.redshift_statements import RAW_SCHEMA
from ingestion.settings import load_settings
from sandbox.redshift import embedded_redshift
from sandbox.s3 import embedded_s3

PROJECT = Path(__file__).resolve().parents[1]
DBT = Path(sys.executable).with_name("dbt")
USERS = Users("investiq_loader", "investiq_transformer", "investiq_reader")


def compiled(folder: Path, *arguments: str) -> dict[str, str]:
    """The SQL of the models by their paths, as dbt compiles them for Redshift."""
    target = folder / "target"
    environment = os.environ | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(folder)}
    command = [str(DBT), "--quiet", "compile", *arguments]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)
    results = json.loads((target / "run_results.json").read_text())["results"]
    manifest = json.loads((target / "manifest.json").read_text())["nodes"]
    return {
        manifest[one["unique_id"]]["original_file_path"]: one["compiled_code"] for one in results
    }


def incremental(folder: Path) -> list[str]:
    """The relations of the incremental models."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    nodes = [one for one in manifest.values() if one["resource_type"] == "model"]
    return [one["relation_name"] for one in nodes if one["config"]["materialized"] == "incremental"]


def models() -> Iterator[tuple[str, str]]:
    """Every model, and the incremental ones in both branches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            embedded_s3(folder / "s3", folder / "run") as s3,
            embedded_redshift(folder / "data", folder / "run", s3) as redshift,
        ):
            os.environ.update({**s3.environment, **redshift.environment})
            administrator = as_administrator(load_settings(), redshift.admin_user)
            list(carry_out(administrator, RAW_SCHEMA, USERS))
            whole = compiled(folder, "--full-refresh", "--select", "resource_type:model")
            yield from whole.items()
            administrator.batch(
                [f"create table {relation} (trade_date date)" for relation in incremental(folder)]
            )
            further = compiled(folder, "--select", "config.materialized:incremental")
            same = [path for path, text in further.items() if text == whole[path]]
            if len(same) == len(further):
                raise SystemExit("no incremental branch was compiled: is_incremental() was false")
            yield from ((f"{path} (incremental)", further[path]) for path in further.keys() - same)


@cache
def linter() -> Linter:
    """One per process: its grammar is dear to make."""
    options = {"dialect": "redshift", "templater": "raw", "large_file_skip_byte_limit": 0}
    return Linter(config=FluffConfig(overrides=options))


def flaws(named: tuple[str, str]) -> list[str]:
    """What Redshift's grammar does not know in a text."""
    name, text = named
    found = linter().parse_string(text, name).violations
    return [f"{name}:{flaw.line_no}: {flaw.desc()}" for flaw in found]


def main() -> int:
    """Print what is not Redshift's SQL; 1 when there is any."""
    with ProcessPoolExecutor(2) as pool:
        asked = [pool.submit(flaws, named) for named in models()]
        found = [flaw for one in asked for flaw in one.result()]
    for flaw in found:
        print(flaw)
    if found:
        print(
            "Write it as both engines take it; what differs goes into dbt_project/macros/cross_db."
        )
    else:
        print(f"redshift: {len(asked)} models and branches are in its grammar")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
