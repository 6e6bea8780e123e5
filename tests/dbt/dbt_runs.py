"""The real dbt without its start: forked from a process that has imported it, parsed once."""

import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 420


def run_dbt(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> tuple[int, str]:
    """The return code of a dbt command in that environment, and what it said."""
    whole = [*arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    target = Path(environment["DBT_TARGET_PATH"])
    with parsed(target, (environment.get("INVESTIQ_TARGET", "duckdb"), *arguments)):
        return DbtServer.run(whole, dict(environment), folder)


class DbtServer:
    """The process of this worker that dbt runs are forked from; it ends with the worker."""

    process: "subprocess.Popen[str] | None" = None

    @classmethod
    def run(cls, arguments: list[str], environment: dict[str, str], cwd: Path) -> tuple[int, str]:
        """The return code of a dbt command, and what it said."""
        if cls.process is None or cls.process.poll() is not None:
            cls.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("dbt_server.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        server, output = cls.process, cwd / "dbt.txt"
        assert server.stdin is not None
        assert server.stdout is not None
        wanted = {
            "arguments": arguments,
            "environment": environment,
            "cwd": str(cwd),
            "output": str(output),
        }
        server.stdin.write(json.dumps(wanted) + "\n")
        server.stdin.flush()
        answered, _, _ = select.select([server.stdout], [], [], RUN_SECONDS)
        if not answered:
            os.killpg(server.pid, signal.SIGKILL)
            raise TimeoutError(f"dbt {arguments} took longer than {RUN_SECONDS} s")
        answer = json.loads(server.stdout.readline())
        return int(answer["returncode"]), output.read_text(encoding="utf-8")


class Parses:
    """Where the parsed project lies, one file per set of variables; all workers share it."""

    folder: Path  # set by a fixture of the session


@contextmanager
def parsed(target: Path, arguments: tuple[str, ...]) -> Iterator[None]:
    """The project is parsed once per session, engine (the first argument) and set of variables."""
    variables = arguments[arguments.index("--vars") + 1] if "--vars" in arguments else ""
    told = f"{arguments[0]} {variables}"
    name = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
    known, own = Parses.folder / f"{name}.msgpack", target / "partial_parse.msgpack"
    if known.is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, own)
    yield
    if own.is_file() and not known.is_file():
        Parses.folder.mkdir(parents=True, exist_ok=True)
        mine = known.with_suffix(f".{os.getpid()}")
        shutil.copy(own, mine)
        mine.replace(known)
