"""The Great Expectations side: judging measured frames, and everything that lies under var/gx.

great_expectations.yml, expectations/, checkpoints/ ...  the file context, made when absent
uncommitted/validations/<asset>/<suite>/<time>/*.json    the results as GX stores them
reports/<suite>.json                                     the newest report
reports/<suite>.passed                                   keys of the replies that passed
docs/index.html                                          Data Docs, readable offline
"""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.checkpoint.actions import UpdateDataDocsAction
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context.data_context.file_data_context import FileDataContext
from great_expectations.exceptions.exceptions import GreatExpectationsError

from expectations import docs
from expectations.report import CheckReport, CheckResult
from expectations.suites.sample import Asset, Sample, concerned
from ingestion.errors import CheckFailed, WarehouseBusy

RUNS_KEPT = 20
_VALIDATIONS = Path("uncommitted/validations")
_STORE_BACKEND = "{class_name: TupleFilesystemStoreBackend, base_directory: %s}"
# What GX would write itself, less its comments, its telemetry and its progress bars.
_CONTEXT = f"""\
config_version: 4.0
analytics_enabled: false
progress_bars: {{globally: false}}
config_variables_file_path:
plugins_directory:
stores:
  expectations_store:
    class_name: ExpectationsStore
    store_backend: {_STORE_BACKEND % "expectations/"}
  validation_results_store:
    class_name: ValidationResultsStore
    store_backend: {_STORE_BACKEND % f"{_VALIDATIONS.as_posix()}/"}
  checkpoint_store:
    class_name: CheckpointStore
    store_backend: {_STORE_BACKEND % "checkpoints/"}
  validation_definition_store:
    class_name: ValidationDefinitionStore
    store_backend: {_STORE_BACKEND % "validation_definitions/"}
expectations_store_name: expectations_store
validation_results_store_name: validation_results_store
checkpoint_store_name: checkpoint_store
data_docs_sites:
  local_site:
    class_name: SiteBuilder
    show_how_to_buttons: false
    store_backend: {_STORE_BACKEND % "docs/"}
    site_index_builder: {{class_name: DefaultSiteIndexBuilder}}
fluent_datasources: {{}}
"""


@contextmanager
def locked(output: Path, wait_seconds: float) -> Iterator[None]:
    """Let one run at a time write below `output`; GX's own files know no lock.

    Raises:
        WarehouseBusy: another run kept it for longer than `wait_seconds`.
        CheckFailed: the folder cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock = (output / ".lock").open("w")
    except OSError as refused:
        raise _unrecorded(output, refused) from refused
    deadline = time.monotonic() + wait_seconds
    with lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(
                        f"Another check writes to {output}; waited {wait_seconds:.0f} s. "
                        "Let it end and run the command again."
                    ) from None
                time.sleep(0.1)
        yield


def judge(output: Path, suite: str, sample: Sample) -> tuple[CheckResult, ...]:
    """Run every asset of `sample` through its checkpoint; results are stored and documented.

    Raises:
        CheckFailed: the store did not keep the results, or a measure is unknown.
    """
    try:
        context = _context(output)
        found: list[CheckResult] = []
        for asset in sample.assets:
            _require_known(asset)
            found += _validate(context, suite, asset)
            _prune(output, asset.name, suite)
        docs.make_readable_offline(output / "docs")
    except (OSError, GreatExpectationsError) as broken:
        raise _unrecorded(output, broken) from broken
    return tuple(found)


def keep(output: Path, report: CheckReport) -> None:
    """Write the report, what passed, and the index page of Data Docs."""
    folder = output / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / f"{report.suite}.json", json.dumps(report.as_json(), indent=1))
    docs.write_index(docs_index(output), [_read(path) for path in sorted(folder.glob("*.json"))])
    if report.passed and report.checked:
        passed = passed_keys(output, report.suite).union(report.checked)
        _replace(folder / f"{report.suite}.passed", "\n".join(sorted(passed)))


def passed_keys(output: Path, suite: str) -> frozenset[str]:
    """The keys of the replies that passed `suite` before; a landed object never changes."""
    path = output / "reports" / f"{suite}.passed"
    return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else frozenset()


def docs_index(output: Path) -> Path:
    """The page to open."""
    return output / "docs" / "index.html"


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: a temporary file, then a rename."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _read(path: Path) -> CheckReport:
    try:
        return CheckReport.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as torn:
        raise CheckFailed(
            f"The stored report {path} cannot be read ({torn}). Delete it and check again."
        ) from torn


def _context(output: Path) -> FileDataContext:
    config = output / "great_expectations.yml"
    if not config.is_file():
        config.write_text(_CONTEXT, encoding="utf-8")
    return gx.get_context(mode="file", context_root_dir=output)


def _validate(context: FileDataContext, suite: str, asset: Asset) -> list[CheckResult]:
    source = context.data_sources.add_or_update_pandas(asset.name)
    batch = source.add_dataframe_asset(asset.name).add_batch_definition_whole_dataframe("newest")
    expectations = gx.ExpectationSuite(name=asset.name, expectations=list(asset.expectations))
    definition = gx.ValidationDefinition(name=asset.name, data=batch, suite=expectations)
    # Adding the checkpoint adds or updates the definition and the suite it is made of.
    checkpoint = context.checkpoints.add_or_update(
        gx.Checkpoint(
            name=asset.name,
            validation_definitions=[definition],
            actions=[UpdateDataDocsAction(name="data_docs")],
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": list(asset.keys),
            },
        )
    )
    outcome = checkpoint.run(
        batch_parameters={"dataframe": asset.frame},
        run_id=gx.RunIdentifier(run_name=suite, run_time=datetime.now(UTC)),
    )
    (key, result), *_ = outcome.run_results.items()
    _require_stored(context, key, result, asset)
    return [_result(asset, one) for one in result.results]


def _require_stored(
    context: FileDataContext, key: Any, result: ExpectationSuiteValidationResult, asset: Asset
) -> None:
    """A result that cannot be read back was not audited, whatever it said."""
    stored = context.validation_results_store.get(key)
    complete = len(result.results) == len(asset.expectations)
    if not complete or stored is None or stored.statistics != result.statistics:
        raise CheckFailed(
            f"Great Expectations judged {len(result.results)} of {len(asset.expectations)} "
            f"expectations of {asset.name} or did not store them. Move the folder "
            f"{context.root_directory} away and check again."
        )


def _require_known(asset: Asset) -> None:
    """Great Expectations skips nulls, so an unknown measure would pass: it must not."""
    known = asset.frame.drop(columns=list(asset.optional), errors="ignore")
    unknown = [str(column) for column in known.columns[known.isna().any()]]
    if unknown:
        raise CheckFailed(
            f"{', '.join(unknown)} of {asset.name} could not be measured for some rows. "
            f"Look at the rows of {', '.join(asset.frame[asset.keys[0]])} in the warehouse."
        )


def _result(asset: Asset, result: ExpectationValidationResult) -> CheckResult:
    config = result.expectation_config
    if config is None:
        raise CheckFailed(f"A result of {asset.name} names no expectation. Check again.")
    meta = config.meta or {}
    unexpected = result.result.get("unexpected_index_list") or []
    return CheckResult(
        name=meta["name"],
        asset=asset.name,
        passed=bool(result.success),
        severity="warning" if str(config.severity.value) == "warning" else "critical",
        expected=meta["expected"],
        observed=_observed(asset, meta["name"], config.kwargs, result),
        where=tuple(" ".join(str(row[key]) for key in asset.keys) for row in unexpected),
        because=meta["because"],
        next_step=meta["next_step"],
    )


def _observed(
    asset: Asset, name: str, kwargs: dict[str, Any], result: ExpectationValidationResult
) -> str:
    """What was seen, in a few words: a count, the worst values, or the range of the good ones."""
    if result.exception_info and result.exception_info.get("raised_exception"):
        return f"could not be judged: {result.exception_info.get('exception_message')}"
    if "observed_value" in result.result:
        return str(result.result["observed_value"])
    if values := result.result.get("unexpected_list"):
        seen = pd.Series(values)
    else:
        (asked,) = (e for e in asset.expectations if (e.meta or {})["name"] == name)
        rows = concerned(asset.frame, getattr(asked, "row_condition", None))
        seen = rows[kwargs["column"]].dropna()
    if seen.empty:
        return "nothing to compare"
    if not pd.api.types.is_numeric_dtype(seen):
        return ", ".join(sorted(set(seen.astype(str))))
    low, high = f"{seen.min():.4g}", f"{seen.max():.4g}"
    return low if low == high else f"{low} .. {high}"


def _prune(output: Path, asset: str, suite: str) -> None:
    """Keep the newest runs only: every one costs a page, and GX reads all of them each time."""
    for folder in (output / _VALIDATIONS, output / "docs" / "validations"):
        for old in sorted((folder / asset / suite).iterdir())[:-RUNS_KEPT]:
            shutil.rmtree(old)


def _unrecorded(output: Path, cause: Exception) -> CheckFailed:
    return CheckFailed(
        f"The checks could not be recorded in {output} ({cause}), and an unrecorded audit is no "
        "audit. Make the folder writable, or move it away, and check again."
    )
