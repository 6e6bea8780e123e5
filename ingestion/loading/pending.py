"""`load_pending`: find the objects without a receipt and have the warehouse read them.

Running it twice, or two of it at once, changes nothing: the receipt is written in the transaction
that loads the rows, and the warehouse looks at the receipts again inside it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ingestion.errors import LoadFailed
from ingestion.loading.datasets import Dataset
from ingestion.loading.ports import LoadReport, PendingObject, Warehouse
from ingestion.objectstore import ObjectStore, StoredObject

BATCH = 1000  # objects per transaction: a manifest that both engines take without complaint
_HEADS_AT_ONCE = 8
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_=./-]+")  # an engine takes `*` for a pattern, `?` for options


def load_pending(
    dataset: Dataset,
    store: ObjectStore,
    warehouse: Warehouse,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LoadReport:
    """Load every object below `dataset.prefix` that has no receipt for its present content.

    Args:
        progress: called with (objects done, objects pending) after each transaction.

    Raises:
        LoadFailed: a transaction failed; those before it are kept, it and the rest are not.
    """
    received = warehouse.receipts(dataset)
    listed = [
        item
        for item in store.list(dataset.prefix)
        if item.key.endswith(dataset.ending) and received.get(item.key) != item.etag
    ]
    since = min((item.written for item in listed), default=None)
    report = LoadReport(dataset.table, 0, 0, since)
    for batch in _batches(listed):
        report += warehouse.load(dataset, _described(dataset, store, batch))
        progress(report.objects, len(listed))
    return report


def _batches(items: Sequence[StoredObject]) -> Iterator[Sequence[StoredObject]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _described(
    dataset: Dataset, store: ObjectStore, batch: Sequence[StoredObject]
) -> list[PendingObject]:
    if dataset.one_record_each:  # an outcome; its listing says all, and there are so many of them
        return [PendingObject(item.key, item.etag, item.key, None, 1) for item in batch]
    with ThreadPoolExecutor(_HEADS_AT_ONCE) as pool:
        metadata = list(pool.map(lambda item: store.metadata(item.key), batch))
    return [_pending(dataset, item, said) for item, said in zip(batch, metadata, strict=True)]


def _pending(dataset: Dataset, item: StoredObject, said: dict[str, str]) -> PendingObject:
    if not _PLAIN_KEY.fullmatch(item.key):
        raise LoadFailed(
            f"The object {item.key!r} has a name that this project does not give, so it is not "
            "read. Remove it, then run `investiq load` again."
        )
    try:
        return PendingObject(
            key=item.key,
            etag=item.etag,
            identity=dataset.identity_of(item.key, said),
            sha256=said["sha256"],
            records=int(said["records"]),
        )
    except (KeyError, ValueError) as missing:
        raise LoadFailed(
            f"The object {item.key!r} lacks the metadata that promotion writes ({missing}). "
            "It was not written by this project: remove it, then run `investiq promote --again`."
        ) from None
