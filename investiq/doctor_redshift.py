"""What `investiq doctor` asks of Redshift: is it there, who are we, may COPY read the bucket."""

from collections.abc import Callable, Iterator

from ingestion.errors import InvestiqError
from ingestion.loading.data_api import DataApi, StatementFailed
from ingestion.loading.redshift_bootstrap import LOADER, TRANSFORMER
from ingestion.loading.redshift_statements import Copying
from ingestion.loading.redshift_warehouse import MANIFESTS, count_receipts
from ingestion.objectstore import ObjectStore
from ingestion.settings import Settings
from investiq.context import copying, object_store
from investiq.doctor import Finding

_PROBE = f"{MANIFESTS}doctor.ndjson"
_INIT = "let an administrator run `investiq redshift init`"


def redshift_findings(settings: Settings) -> Iterator[Finding]:
    """One finding after the other; when Redshift cannot be asked at all, that one alone."""
    what = "Redshift (Data API)"
    try:
        api = DataApi.of(settings)
        [(version,)] = api.query("select version()")
    except InvestiqError as problem:
        yield _broken(what, problem)
        return
    place = settings.redshift_workgroup or settings.redshift_cluster
    yield Finding(what, "ok", f"{place}, {settings.redshift_database}: {_short(str(version))}")
    yield _guarded("Redshift user", lambda: _user(api))
    yield _guarded("Redshift tables", lambda: _tables(api))
    yield _guarded("Redshift COPY", lambda: _copy(api, settings))
    yield _guarded("Redshift names", lambda: _case(api))
    yield _guarded("Redshift isolation", lambda: _isolation(api))
    yield _guarded("Redshift (driver)", lambda: _driver(settings))


def _user(api: DataApi) -> Finding:
    what = "Redshift user"
    [(user,)] = api.query("select cast(current_user as varchar(128))")
    rows = api.query(
        "select role_name from svv_user_grants where user_name = current_user order by role_name"
    )
    roles = [str(role) for (role,) in rows]
    seen = f"{user}, roles: {', '.join(roles) or 'none'}"
    if LOADER not in roles:
        step = f"{_INIT} with INVESTIQ_REDSHIFT_LOADER_USER={user}"
        return Finding(what, "optional", seen, f"to load as this user, {step}")
    return Finding(what, "ok", seen)


def _tables(api: DataApi) -> Finding:
    return Finding("Redshift tables", "ok", f"{count_receipts(api)} objects loaded")


def _copy(api: DataApi, settings: Settings) -> Finding:
    """A COPY of one line, into a table that is gone when the batch ends."""
    what, how = "Redshift COPY", copying(settings)
    with object_store(settings) as store:
        try:
            _copied(api, store, how)
        except StatementFailed as failed:
            return Finding(
                what,
                "broken",
                failed.statement.error[:300],
                f"let the role {how.role} of the warehouse read s3://{how.bucket} (s3:GetObject, "
                "s3:ListBucket), and give it to the workgroup or cluster; set "
                "INVESTIQ_REDSHIFT_COPY_REGION when the bucket is in another region",
            )
    return Finding(what, "ok", f"reads s3://{how.bucket} as {how.role}")


def _copied(api: DataApi, store: ObjectStore, how: Copying) -> None:
    store.put(_PROBE, b'{"n": 1}\n', "application/x-ndjson", {})
    api.batch(
        [
            "create temp table investiq_probe (n integer)",
            how.copy("investiq_probe", "n", _PROBE, "format json 'auto'"),
        ]
    )


def _case(api: DataApi) -> Finding:
    what = "Redshift names"
    [(value,)] = api.query("show enable_case_sensitive_identifier")
    seen = f"enable_case_sensitive_identifier is {value}"
    if value in ("on", "true"):
        step = "harmless here: all names and all keys of this project are in small letters"
        return Finding(what, "optional", seen, step)
    return Finding(what, "ok", seen)


def _isolation(api: DataApi) -> Finding:
    what = "Redshift isolation"
    rows = api.query(
        "select isolation_level from stv_db_isolation_level where db_name = current_database()"
    )
    level = str(rows[0][0]).strip() if rows else "not told"
    if level == "Serializable":
        step = (
            "fewer retries: `alter database … isolation level snapshot`, when nothing else in it "
            "needs serializable"
        )
        return Finding(what, "optional", level, step)
    return Finding(what, "ok", level)


def _driver(settings: Settings) -> Finding:
    """The way of dbt, the checks and the report."""
    from ingestion.loading.redshift_connection import connect_redshift

    what = "Redshift (driver)"
    connection = connect_redshift(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select cast(current_user as varchar(128)), "
                "(select count(*) from svv_user_grants where user_name = current_user "
                f"and role_name = '{TRANSFORMER}')"
            )
            [user, has_role] = cursor.fetchall()[0]
    finally:
        connection.close()
    seen = f"{user}, {settings.redshift_method}, TLS {settings.redshift_sslmode}"
    if not has_role:
        step = f"{_INIT} with INVESTIQ_REDSHIFT_TRANSFORMER_USER={user}"
        return Finding(what, "optional", f"{seen}, without {TRANSFORMER}", f"for dbt, {step}")
    return Finding(what, "ok", seen)


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except InvestiqError as problem:
        return _broken(what, problem)


def _broken(what: str, problem: InvestiqError) -> Finding:
    said, _, next_step = str(problem).rpartition(". ")
    return Finding(what, "broken", said or str(problem), next_step)


def _short(version: str) -> str:
    """The part of `version()` that says Redshift, or else its beginning."""
    for part in version.split(", "):
        if part.startswith("Redshift"):
            return part
    return version[:60]
