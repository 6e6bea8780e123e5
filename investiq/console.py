"""What a person sees while it works: rich on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

# In a log or a pipe rich would fold everything at 80 columns.
_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 110

out = Console(highlight=False, width=_WIDTH)
err = Console(stderr=True, highlight=False)

_EVERY = 30.0  # seconds
Advance = Callable[[int, int], None]


@contextmanager
def step(title: str, *, lasts: bool = False) -> Iterator[Advance]:
    """Show one step with its progress; the block calls the given function with (done, total).

    A step that `lasts` also shows its pace and the time that is left; where there is no terminal,
    in a line now and then.
    """
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<32}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    started = told = time.monotonic()
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        task = progress.add_task(title, total=None, pace="")

        def advance(done: int, total: int) -> None:
            nonlocal told
            now = time.monotonic()
            shown = pace(done, total, now - started) if lasts else ""
            progress.update(task, completed=done, total=total, pace=shown)
            if lasts and not out.is_terminal and now - told >= _EVERY:
                told = now
                out.print(f"{title}: {done} of {total}, {shown}")

        yield advance
        shown = progress.tasks[0]
        total = shown.total if shown.total is not None else 1
        progress.update(task, completed=max(total, shown.completed), total=max(total, 1))
    if not out.is_terminal:
        out.print(f"done: {title}")


def pace(done: int, total: int, seconds: float) -> str:
    """How fast, and how long it will still take: `0.40 a second, 2:41:40 left`."""
    left = timedelta(seconds=round(seconds / done * (total - done))) if done else "?"
    return f"{done / max(seconds, 1e-9):.2f} a second, {left} left"


def waiting(holder: str) -> None:
    """Say that another process holds the warehouse."""
    out.print(f"[yellow]waiting[/] for the warehouse, held by {holder}")
