"""A receiver for one test."""

from collections.abc import Iterator

import pytest

from tests.monitoring.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A port that listens."""
    with Receiver() as listening:
        yield listening
