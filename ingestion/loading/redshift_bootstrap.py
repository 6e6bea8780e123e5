"""What a database needs before the first load: schemas, raw tables, roles with the least rights.

Run by an administrator (`investiq redshift init`), as often as he likes: what is there stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ConfigurationError
from ingestion.loading.data_api import DataApi, StatementFailed
from ingestion.loading.datasets import DATASETS
from ingestion.loading.redshift_statements import RAW_SCHEMA, identifier
from ingestion.settings import Settings

DDL = Path(__file__).parent / "ddl" / "redshift.sql"
LOADER, TRANSFORMER, READER = (
    "investiq_loader_role",
    "investiq_transformer_role",
    "investiq_reader_role",
)
DBT_SCHEMAS = ("seeds", "staging", "intermediate", "marts")
MARTS = "marts"
_BATCH = 40  # statements that the Data API takes at once


@dataclass(frozen=True, slots=True)
class Users:
    """Who gets which role; None: nobody yet."""

    loader: str | None = None
    transformer: str | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that belong together, and what they are for.

    Attributes:
        passes: what Redshift may answer, in part, without harm, with what that means.
    """

    what: str
    statements: tuple[str, ...]
    passes: tuple[tuple[str, str], ...] = ()


def raw_tables(schema: str = RAW_SCHEMA) -> list[str]:
    """The statements that make the raw tables where they are missing, in a schema of that name."""
    lines = DDL.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    text = text.replace(f"{RAW_SCHEMA}.", f"{identifier(schema)}.")
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def steps(schema: str, users: Users) -> Iterator[Step]:
    """All that `investiq redshift init` does, in order."""
    raw = identifier(schema)
    for role in (LOADER, TRANSFORMER, READER):
        yield Step(f"role {role}", (f"create role {role}",), (("already exists", "is there"),))
    schemas = tuple(f"create schema if not exists {name}" for name in (raw, *DBT_SCHEMAS))
    yield Step(f"schemas {raw}, {', '.join(DBT_SCHEMAS)}", schemas)
    yield Step(f"raw tables, receipts and lock in {raw}", tuple(raw_tables(raw)))
    yield Step("rights of the loader: its raw tables", tuple(_loader_rights(raw)))
    yield Step("rights of the transformer: reads raw, owns the models", tuple(_dbt_rights(raw)))
    yield Step("rights of the reader: the marts", tuple(_reader_rights(users.transformer)))
    for role, user in (
        (LOADER, users.loader),
        (TRANSFORMER, users.transformer),
        (READER, users.reader),
    ):
        if user:
            yield Step(
                f"{role} for {user}",
                (f"grant role {role} to {quoted(user)}",),
                (
                    ("already", "has it"),
                    ("does not exist", "there is no such user yet: run this again when there is"),
                ),
            )


def _loader_rights(raw: str) -> Iterator[str]:
    yield f"grant usage on schema {raw} to role {LOADER}"
    for table in (*DATASETS, "load_receipts"):
        yield f"grant select, insert, delete on {raw}.{identifier(table)} to role {LOADER}"
    yield f"grant select, update on {raw}.load_lock to role {LOADER}"  # what LOCK asks for


def _dbt_rights(raw: str) -> Iterator[str]:
    yield f"grant usage on schema {raw} to role {TRANSFORMER}"
    yield f"grant select on all tables in schema {raw} to role {TRANSFORMER}"
    for schema in DBT_SCHEMAS:
        yield f"grant usage, create on schema {schema} to role {TRANSFORMER}"


def _reader_rights(transformer: str | None) -> Iterator[str]:
    yield f"grant usage on schema {MARTS} to role {READER}"
    yield f"grant select on all tables in schema {MARTS} to role {READER}"
    if transformer:  # dbt makes its tables anew: the next ones must be readable as well
        yield (
            f"alter default privileges for user {quoted(transformer)} in schema {MARTS} "
            f"grant select on tables to role {READER}"
        )


def as_administrator(settings: Settings, secret: str | None, user: str | None = None) -> DataApi:
    """The Data API as another than the loader: by a secret, or as a user of a cluster."""
    changes = {"redshift_secret_arn": secret or settings.redshift_secret_arn}
    if user:
        changes["redshift_db_user"] = user
    return DataApi.of(settings.model_copy(update=changes))


def carry_out(api: DataApi, schema: str, users: Users) -> Iterator[tuple[str, str]]:
    """Do it all as the administrator that `api` signs in as; yields (what, how it went).

    Raises:
        ConfigurationError: Redshift refuses a step; those before it are kept.
    """
    for step in steps(schema, users):
        yield step.what, _carried_out(api, step)


def _carried_out(api: DataApi, step: Step) -> str:
    try:
        for start in range(0, len(step.statements), _BATCH):
            api.batch(step.statements[start : start + _BATCH])
    except StatementFailed as failed:
        said = failed.statement.error
        for part, meaning in step.passes:
            if part in said:
                return meaning
        raise ConfigurationError(
            f"The database refuses {step.what} ({said}). Run `investiq redshift init` as an "
            "administrator (--secret-arn, or --db-user on a cluster), or give the output of "
            "`investiq redshift init --dry-run` to one."
        ) from None
    return "done"


def script(schema: str, users: Users) -> str:
    """The same as a script for a person with a query editor."""
    parts = []
    for step in steps(schema, users):
        said = "; ".join(f'"{part}" does no harm' for part, _ in step.passes)
        parts.append(f"-- {step.what}" + (f" ({said})" if said else ""))
        parts += [f"{statement};" for statement in step.statements]
    return "\n".join(parts)


def quoted(user: str) -> str:
    """A user's name as an identifier: IAM makes such with colons in them.

    Raises:
        ConfigurationError: it cannot be a name.
    """
    if not user or len(user) > 127 or any(sign in user for sign in "\0\n\r"):
        raise ConfigurationError(
            f"{user!r} cannot be the name of a user. Correct INVESTIQ_REDSHIFT_LOADER_USER, "
            "INVESTIQ_REDSHIFT_TRANSFORMER_USER and INVESTIQ_REDSHIFT_READER_USER."
        )
    return '"' + user.replace('"', '""') + '"'
