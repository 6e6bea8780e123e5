"""Every statement of the loader and of `redshift init` is SQL in the eyes of sqlfluff."""

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
        for dataset in DATASETS.values()
        for text in load_statements(dataset, "raw_data", COPYING, "m", "e", gzip=True)
    ]
    start, role, no_role = UNKNOWN_TO_SQLFLUFF
    return [
        text.replace(role, no_role) if text.startswith(start) else text for text in init + loads
    ]


def test_sqlfluff_reads_and_passes_every_statement(redshift_complaints):
    statements = hand_written()
    assert len(statements) > 60 + 10 * len(DATASETS)
    assert redshift_complaints(statements) == {}


def test_and_it_would_not_pass_anything(redshift_complaints):
    wrong = ["copy t from", "select 1 as raw", "create table raw.t (n integer)"]
    assert list(redshift_complaints(wrong)) == wrong
