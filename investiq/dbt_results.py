"""What a dbt command says it did, node by node: its run results, as the monitoring takes them."""

import json
import logging
from pathlib import Path
from typing import Any

from monitoring.observe import NodeResult

_log = logging.getLogger(__name__)
_KINDS = frozenset({"model", "seed", "snapshot", "test"})


def node_results(target: Path, since: float) -> list[NodeResult]:
    """The nodes of the command that wrote its results after a moment; none when it wrote none.

    Args:
        target: the folder of dbt's artifacts.
        since: seconds of Unix time; older results are those of another command.
    """
    results = target / "run_results.json"
    if not results.is_file() or results.stat().st_mtime < since:
        return []
    try:
        return _read(results, target / "manifest.json")
    except (OSError, ValueError, KeyError) as unreadable:
        # Only the measuring lacks it: whether dbt went well is told by its exit code.
        _log.warning("dbt's results are not measured: %s (%r)", results, unreadable)
        return []


def _read(results: Path, manifest: Path) -> list[NodeResult]:
    found: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))["results"]
    failed = any(_kind(one) == "test" and one["status"] in ("fail", "error") for one in found)
    tested = _tested(manifest) if failed else {}
    return [_result(one, tested) for one in found if _kind(one) in _KINDS]


def _result(one: dict[str, Any], tested: dict[str, str]) -> NodeResult:
    rows = one["adapter_response"].get("rows_affected")
    unique_id = str(one["unique_id"])
    return NodeResult(
        node=tested.get(unique_id, unique_id).split(".")[2],
        kind=_kind(one),
        status=str(one["status"]),
        seconds=float(one["execution_time"]),
        rows=int(rows) if rows is not None and int(rows) >= 0 else None,
    )


def _kind(one: dict[str, Any]) -> str:
    return str(one["unique_id"]).partition(".")[0]


def _tested(manifest: Path) -> dict[str, str]:
    """By test the node it looks at; a manifest has megabytes, so only where a test has failed."""
    nodes: dict[str, dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    found = {}
    for key, node in nodes.items():
        if node["resource_type"] == "test":
            looked_at = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), None)
            found[key] = looked_at or key
    return found
