"""Every statement of the loader and of `redshift init` is SQL in the eyes of sqlfluff."""

import pytest
from sqlfluff.core import FluffConfig, Linter

from ingestion.loading import DATASETS
from ingestion.loading.redshift_bootstrap import Users, steps
from ingestion.loading.redshift_statements import Copying, load_statements

COPYING = Copying("bucket", "arn:aws:iam::000000000000:role/investiq-copy", "ap-south-1")
# sqlfluff 4.4 knows no role here; AWS's page on ALTER DEFAULT PRIVILEGES does.
UNKNOWN_TO_SQLFLUFF = ("alter default privileges", " to role ", " to ")


def hand_written() -> list[str]:
    init = [
        text for step in steps("raw_data", Users("a", "IAMR:b", "c")) for text in step.statements
    ]
    loads = [
        text
        for table in ("rapidapi_quotes", "nse_bhavcopy_udiff", "ingestion_outcomes")
        for text in load_statements(DATASETS[table], "raw_data", COPYING, "m", "e", gzip=True)
    ]
    start, role, no_role = UNKNOWN_TO_SQLFLUFF
    return [
        text.replace(role, no_role) if text.startswith(start) else text for text in init + loads
    ]


@pytest.fixture(scope="module")
def linter() -> Linter:
    rules = "RF04,CP01,CP03"  # keywords as names, capitals
    return Linter(config=FluffConfig(overrides={"dialect": "redshift", "rules": rules}))


def test_sqlfluff_reads_and_passes_every_statement(linter):
    complaints = {
        text: [found.desc() for found in linter.lint_string(f"{text};\n").violations]
        for text in hand_written()
    }
    assert len(complaints) > 60
    assert {text: said for text, said in complaints.items() if said} == {}


def test_and_it_would_not_pass_anything(linter):
    for wrong in ("copy t from", "select 1 as raw", "create table raw.t (n integer)"):
        assert linter.lint_string(f"{wrong};\n").violations
