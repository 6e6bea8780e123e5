"""All documented cases, and how a connection is held against one of them."""

from typing import Any

import pytest
import redshift_connector

from tests.redshift_cases.case import Case
from tests.redshift_cases.refusals import REFUSALS
from tests.redshift_cases.sql import SQL
from tests.redshift_cases.super import SUPER

CASES = (*SUPER, *SQL, *REFUSALS)


def check_case(connection: "redshift_connector.Connection", case: Case) -> None:
    """Run a case in a transaction that is rolled back; any Redshift will do."""
    cursor: Any = connection.cursor()
    try:
        for statement in case.before:
            cursor.execute(statement)
        if case.rows is None:
            with pytest.raises(redshift_connector.ProgrammingError) as refusal:
                cursor.execute(case.statement)
            assert case.refused in str(refusal.value)
        else:
            cursor.execute(case.statement)
            assert [list(row) for row in cursor.fetchall()] == case.rows
    finally:
        connection.rollback()
        for statement in case.before:
            if statement.startswith("set "):  # a setting knows no rollback on Redshift
                cursor.execute(f"reset {statement.split()[1]}")
        connection.commit()
