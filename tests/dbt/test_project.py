"""The habits of the dbt project: descriptions, grains, unit tests, a body for each engine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
CROSS_DB = sorted((DBT_PROJECT / "macros" / "cross_db").glob("*.sql"))


def written(folder: str) -> set[str]:
    """The models that a folder holds as files: what dbt must know of."""
    return {path.stem for path in (DBT_PROJECT / "models" / folder).rglob("*.sql")}


@pytest.fixture(scope="module")
def manifest(loaded: Any) -> dict[str, Any]:
    content = json.loads((loaded.folder / "target" / "manifest.json").read_text("utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_description_says_what_one_row_is(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    described = [*models, *seeds, *manifest["sources"].values()]
    assert {model["name"] for model in models} == written("") >= written("marts") > set()
    assert [n["name"] for n in described if not n["description"].startswith("One row per")] == []


def test_every_model_is_tested_on_its_grain(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in {"unique", "unique_combination"}
    }
    assert [model["name"] for model in models if model["unique_id"] not in tested] == []


def test_every_mart_is_public_under_contract_unit_tested_and_read(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    marts = {m["unique_id"]: m for m in models if m["path"].startswith("marts")}
    unit_tested = {f"model.investiq.{test['model']}" for test in manifest["unit_tests"].values()}
    exposures = manifest["exposures"].values()
    read = {node for exposure in exposures for node in exposure["depends_on"]["nodes"]}
    assert {mart["name"] for mart in marts.values()} == written("marts")
    for unique_id, mart in marts.items():
        assert mart["access"] == "public", unique_id
        assert mart["contract"]["enforced"], unique_id
        assert unique_id in unit_tested, f"{unique_id} has no unit test"
        assert unique_id in read, f"no exposure reads {unique_id}"
    assert {exposure["owner"]["name"] for exposure in exposures} == {"InvestIQ Metrics"}


def test_every_mart_descends_from_the_audited_model(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    parents = manifest["parent_map"]

    def ancestors(node: str) -> set[str]:
        direct = set(parents.get(node, ()))
        return direct.union(*(ancestors(parent) for parent in direct))

    gate = "model.investiq.int_quotes__disposed"
    marts = [m["unique_id"] for m in models if m["path"].startswith("marts")]
    assert [mart for mart in marts if gate not in ancestors(mart)] == []


def test_a_model_reads_in_one_sitting(models: list[dict[str, Any]]) -> None:
    """No model over 150 lines; half of them with at most 65, blank lines and comments aside."""
    lines = {model["name"]: model["raw_code"].splitlines() for model in models}
    assert {name: len(text) for name, text in lines.items() if len(text) > 150} == {}
    code = sorted(
        sum(1 for line in text if line.strip() and not line.strip().startswith("--"))
        for text in lines.values()
    )
    assert code[len(code) // 2] <= 65


@pytest.mark.parametrize("path", CROSS_DB, ids=lambda path: path.stem)
def test_a_cross_database_macro_has_a_body_for_each_engine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("{#-"), "the header says what it promises"
    assert "Example:" in text, "the header shows a use"
    bodies = set(re.findall(r"\bmacro (\w+?)__" + path.stem, text))
    if "adapter.dispatch" in text:
        assert bodies == {"default", "duckdb", "redshift"}
        default = text.split(f"macro default__{path.stem}")[1].split("endmacro")[0]
        assert "raise_compiler_error" in default
    else:
        assert bodies == set(), "one body serves both engines"
