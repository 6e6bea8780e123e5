"""The house itself: what must and must not be in the tree, and that no fault lost its test."""

import re
import subprocess
from pathlib import Path

import pytest

from ingestion.settings import project_root

ROOT = project_root()
# As numbered in the list of what must not break it.
FAULTS = set(range(1, 31))
ROOMS = (
    "ingestion",
    "investiq",
    "lambdas",
    "dbt_project",
    "expectations",
    "report",
    "sandbox",
    "monitoring",
    "orchestration",
    "airflow",
)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of what belongs to the project")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_every_fault_has_a_test_named_after_it():
    named = {
        int(number)
        for path in (ROOT / "tests").rglob("test_*.py")
        for number in re.findall(r"^def test_fault_(\d\d)_", path.read_text(), re.M)
    }
    assert named >= FAULTS, FAULTS - named


def test_no_package_hides_airflow_or_poses_as_a_dbt_plugin():
    assert not (ROOT / "dbt_project" / "__init__.py").exists()
    assert not (ROOT / "airflow" / "__init__.py").exists()
    assert not list(ROOT.glob("airflow/dags/dbt_*.py"))


@pytest.mark.parametrize("room", [*ROOMS, "tests"])
def test_every_room_has_a_readme_of_at_most_sixty_lines(room):
    readme = (ROOT / room / "README.md").read_text()
    lines = readme.partition("\n## Runbooks")[0].splitlines()  # these grow with the alerts
    assert 5 < len(lines) <= 60


def test_nothing_generated_is_tracked():
    generated = {".duckdb", ".parquet", ".db", ".sqlite", ".log", ".gz"}
    assert [path for path in tracked() if path.suffix in generated] == []


def test_files_stay_readable():
    """No Python file of the project over 400 lines, no model over 150, no handler over 60."""
    limits = [
        (path, limit)
        for path in tracked()
        for limit in [_limit(path.relative_to(ROOT))]
        if limit and path.exists()
    ]
    assert limits
    long = {path: n for path, limit in limits if (n := len(path.read_text().splitlines())) > limit}
    assert long == {}


def _limit(path: Path) -> int | None:
    if path.name == "handler.py":
        return 60
    if path.suffix == ".py" and path.parts[0] in ROOMS:
        return 400
    if path.suffix == ".sql" and "models" in path.parts:
        return 150
    return None


def test_the_readme_keeps_the_promise_word_for_word():
    promise = (
        "**at-least-once in, exactly-once in the marts.** Every landed object stays in the "
        "landing zone for ever; each (source, business key, trade date) appears once in the "
        "marts, latest valid version wins; nothing is dropped without a quarantine row that "
        "says why; dashboards read only audited data."
    )
    readme = " ".join((ROOT / "README.md").read_text().split())
    for sentence in promise.replace("**", "").split(". "):
        assert sentence.rstrip(".") in readme.replace("**", "")


def test_the_settings_example_names_every_setting():
    from ingestion.settings import Settings

    example = (ROOT / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"INVESTIQ_{name.upper()}"
        assert str(variable) in example
