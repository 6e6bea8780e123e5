"""A listing of many objects is one listing, in order and whole, whatever lies where."""

from collections.abc import Iterator

import pytest

from ingestion.objectstore import ObjectStore

FOLDERS = (
    "zone/source=a/dataset=x/trade_date=2024-01-01/",
    "zone/source=a/dataset=x_y/trade_date=2024-01-01/",
    "zone/source=b/dataset=x/trade_date=2024-01-01/",
    "zone/stage=s/source=a/dataset=x/",
    "zone/",
    "zone/source=a/",
    "zone/beside/",
)


def ask_for_three(params: dict[str, object], **_: object) -> dict[str, object]:
    """A page of a listing holds three keys."""
    return params | {"MaxKeys": 3}


@pytest.fixture
def keys(store: ObjectStore) -> Iterator[list[str]]:
    """The keys of a store in which one page of a listing holds three of them."""
    written = [f"{folder}{number}.json" for folder in FOLDERS for number in range(4)]
    for key in [*written, "other/source=a/dataset=x/0.json"]:
        store.put(key, b"{}", "application/json", {})
    events = store.client.meta.events
    events.register("provide-client-params.s3.ListObjectsV2", ask_for_three)
    yield sorted(written)
    events.unregister("provide-client-params.s3.ListObjectsV2", ask_for_three)


@pytest.mark.parametrize(
    "prefix", ["zone/", "zone/source=a/", "zone/source=a/dataset=x/", "zone/stage=s/", "zone/bes"]
)
def test_a_listing_of_several_pages_is_whole_and_in_order(
    store: ObjectStore, keys: list[str], prefix: str
):
    listed = [item.key for item in store.list(prefix)]
    assert listed == [key for key in keys if key.startswith(prefix)]
    assert len(listed) > 3


def test_nothing_below_a_prefix_is_an_empty_listing(store: ObjectStore):
    assert list(store.list("zone/")) == []
