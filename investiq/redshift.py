"""`investiq redshift init`: prepares a database, as an administrator, and says what it did."""

from rich.markup import escape

from ingestion.errors import ConfigurationError
from ingestion.loading.redshift_bootstrap import Users, as_administrator, carry_out, script
from ingestion.loading.redshift_statements import RAW_SCHEMA
from ingestion.settings import Settings
from investiq.console import out


def initialise(
    settings: Settings, *, dry_run: bool, secret_arn: str | None, db_user: str | None
) -> None:
    """Schemas, raw tables, receipts, roles and their rights; `dry_run` only prints the SQL.

    Raises:
        ConfigurationError: Redshift is not the engine, is not named, or refuses a step.
    """
    users = Users(
        loader=settings.redshift_loader_user,
        transformer=settings.redshift_transformer_user,
        reader=settings.redshift_reader_user,
    )
    if dry_run:
        out.print(script(RAW_SCHEMA, users), markup=False, soft_wrap=True)
        return
    if settings.target != "redshift":
        raise ConfigurationError(
            f"INVESTIQ_TARGET is {settings.target}, so there is no Redshift to prepare. Set it to "
            "redshift, or print the SQL with `investiq redshift init --dry-run`."
        )
    api = as_administrator(settings, secret_arn, db_user)
    for what, went in carry_out(api, RAW_SCHEMA, users):
        out.print(f"{escape(what)}: {escape(went)}", soft_wrap=True)
    for variable, user in (
        ("INVESTIQ_REDSHIFT_LOADER_USER", users.loader),
        ("INVESTIQ_REDSHIFT_TRANSFORMER_USER", users.transformer),
        ("INVESTIQ_REDSHIFT_READER_USER", users.reader),
    ):
        if user is None:
            out.print(
                f"nobody has been given that role: set {variable} and run this again",
                soft_wrap=True,
            )
