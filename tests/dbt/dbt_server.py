"""Runs dbt commands in forks of one process that has imported it: that is most of a small run.

Reads one JSON object per line (`arguments`, `environment`, `cwd`, `output`: a file for what dbt
says) and answers each with `{"returncode": …}`. Every run is dbt's own command line in a process of
its own, as if a user had typed it.
"""

import gc
import json
import os
import sys
from typing import Any

import dbt.adapters.duckdb
import dbt.cli.main
import dbt.task.build
import dbt.task.compile
import dbt.task.list
import dbt.task.seed
import dbt.task.test
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials

_KEYS = DuckDBCredentials._connection_keys


def without_path(credentials: DuckDBCredentials) -> tuple[str, ...]:
    """What a parsed project depends on; the path is left out, so that warehouses share one."""
    return tuple(key for key in _KEYS(credentials) if key != "path")


def become(wanted: dict[str, Any]) -> None:
    """In the fork: be the command; never returns."""
    enter(wanted)
    output = os.open(wanted["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = ["dbt", *wanted["arguments"]]
    code = 1
    try:
        dbt.cli.main.cli()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        DuckDBConnectionManager.close_all_connections()  # which writes what is in the log
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # threads of libraries did not come along, and their end would fail


def enter(wanted: dict[str, Any]) -> None:
    """Have the environment and the folder of a command."""
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["cwd"])


def warm(wanted: dict[str, Any]) -> None:
    """Once, after the first run: the code that dbt makes for its classes is made here for all.

    And no fork walks through the parsed project again and again to look for garbage in it.
    """
    enter(wanted)
    options = ["--project-dir", "--profiles-dir"]
    places = [wanted["arguments"][wanted["arguments"].index(one) + 1] for one in options]
    said = [part for pair in zip(options, places, strict=True) for part in pair]
    listed = dbt.cli.main.dbtRunner().invoke(["--quiet", "list", "--output", "name", *said])
    assert listed.success, listed.exception
    gc.collect()
    gc.freeze()
    gc.disable()


def main() -> None:
    """Serve until stdin ends."""
    DuckDBCredentials._connection_keys = without_path
    answers, nothing = os.dup(1), os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    for number, line in enumerate(sys.stdin):
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.dup2(nothing, 0)
            become(wanted)
        _, status = os.waitpid(pid, 0)
        answer = {"returncode": os.waitstatus_to_exitcode(status)}
        os.write(answers, f"{json.dumps(answer)}\n".encode())
        if number == 0:
            warm(wanted)


if __name__ == "__main__":
    main()
