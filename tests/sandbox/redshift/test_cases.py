"""The documented cases on the stand-in; `make test-redshift` runs them on a real workgroup."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.redshift import RedshiftServer
from tests.redshift_cases.case import Case
from tests.redshift_cases.check import CASES, check_case
from tests.sandbox.redshift.conftest import connect


@pytest.fixture(scope="module")
def connection(redshift: RedshiftServer) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(redshift.ca_file))
        opened = connect(redshift)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_documented_case(connection: Any, case: Case) -> None:
    check_case(connection, case)


def test_the_cases_have_names_of_their_own_and_a_page() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 76
    assert all(case.page for case in CASES)
