"""The documented cases on a real Redshift: is AWS's documentation, as we read it, what it does?"""

import pytest

from ingestion.loading.redshift_connection import connect_redshift
from tests.redshift_cases.case import Case
from tests.redshift_cases.check import CASES, check_case

pytestmark = pytest.mark.redshift


@pytest.fixture(scope="module")
def connection(scratch):
    opened = connect_redshift(scratch.settings)
    opened.autocommit = False
    yield opened
    opened.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_documented_case(connection, case: Case):
    check_case(connection, case)
