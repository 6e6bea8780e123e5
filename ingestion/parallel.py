"""Work on many objects with all cores: one at a time per process, results in the order given."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from ingestion.errors import InvestiqError
from ingestion.objectstore import ObjectStore, s3_client

MANY = 200  # below that, starting processes takes longer than the work
_CHUNK = 8
_AHEAD = 3  # chunks that wait per process, so that none is idle and little is held
Item = TypeVar("Item")
Result = TypeVar("Result")


def for_each(
    store: ObjectStore,
    items: Iterable[Item],
    count: int,
    work: Callable[[ObjectStore, Item], Result],
) -> Iterator[Result]:
    """`work(store, item)` of every item, in order; many are shared out among processes.

    Args:
        items: taken as they are handed out, never all at once.
        count: how many there are.
        work: a function of a module, or a `partial` of one: other processes import it.

    Raises:
        InvestiqError: a process was killed; what it had finished is kept.
        Exception: what `work` raises; items before the one that failed are done, some after it too.
    """
    processes = os.cpu_count() or 1
    if count < MANY or processes < 2 or not _can_be_reached_from_elsewhere(store):
        yield from (work(store, item) for item in items)
        return
    source = iter(items)
    waiting: deque[Future[list[Result]]] = deque()
    # Spawned, not forked: threads of boto3 and of a progress bar do not survive a fork.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, spawn, _connect, (store.bucket,))
    try:
        while True:
            while len(waiting) < processes * _AHEAD and (chunk := list(islice(source, _CHUNK))):
                waiting.append(pool.submit(_work_on, work, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    except BrokenProcessPool:
        raise InvestiqError(
            "A process that worked for this command was killed, perhaps for want of memory. What "
            "it had finished is kept: free some memory and run the command again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_store: ObjectStore | None = None  # of this process, where it is one of a pool


def _connect(bucket: str) -> None:
    global _store
    _store = ObjectStore(s3_client(), bucket)


def _work_on(work: Callable[[ObjectStore, Item], Result], chunk: list[Item]) -> list[Result]:
    assert _store is not None
    return [work(_store, item) for item in chunk]


def _can_be_reached_from_elsewhere(store: ObjectStore) -> bool:
    """Whether another process, which has only the environment, finds the same store."""
    return store.client.meta.endpoint_url == s3_client().meta.endpoint_url
