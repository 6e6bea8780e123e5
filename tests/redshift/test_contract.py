"""The contract of the loader, all of it, on a real Redshift."""

import pytest

from tests.ingestion.conftest import landed, quote  # noqa: F401
from tests.ingestion.test_loading import *  # noqa: F403
from tests.ingestion.test_loading import Engine

pytestmark = pytest.mark.redshift


@pytest.fixture
def engine(redshift_warehouse, scratch) -> Engine:
    """Asked of the scratch schema whatever the tests ask of raw_data."""

    def rows(query: str) -> list[tuple]:
        return scratch.api.query(query.replace("raw_data.", f"{scratch.raw}."))

    return Engine(redshift_warehouse, rows, "json_serialize(payload)", shares_loads=True)
