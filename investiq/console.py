"""What a person sees while it works: rich on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

Advance = Callable[[int, int], None]


@contextmanager
def step(title: str) -> Iterator[Advance]:
    """Show one step with its progress; the block calls the given function with (done, total)."""
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<32}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield advance
        shown = progress.tasks[0]
        total = shown.total if shown.total is not None else 1
        progress.update(task, completed=max(total, shown.completed), total=max(total, 1))
    if not out.is_terminal:
        out.print(f"done: {title}")


def waiting(holder: str) -> None:
    """Say that another process holds the warehouse."""
    out.print(f"[yellow]waiting[/] for the warehouse, held by {holder}")
