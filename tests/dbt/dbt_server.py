"""Runs dbt commands in forks of one process that has imported it: that is most of a small run.

Reads one JSON object per line (`arguments`, `environment`, `cwd`, `output`: a file for what dbt
says) and answers each with `{"returncode": …}`. Every run is dbt's own command line in a process of
its own, as if a user had typed it.
"""

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
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["cwd"])
    output = os.open(wanted["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in ((0, nothing), (1, output), (2, output)):
        os.dup2(stream, number)
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


def main() -> None:
    """Serve until stdin ends."""
    DuckDBCredentials._connection_keys = without_path
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(wanted)
        _, status = os.waitpid(pid, 0)
        answer = {"returncode": os.waitstatus_to_exitcode(status)}
        os.write(1, f"{json.dumps(answer)}\n".encode())


main()
