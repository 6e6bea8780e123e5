"""Opening Redshift by its own driver, for all who read it: the checks, the report, `status`.

By IAM (a provisioned cluster or a Serverless workgroup; no password is stored anywhere) or as a
database user. The certificate and the host name in it are always verified. The loader does not
come this way: it speaks to the Data API.
"""

import os
import ssl
from typing import TYPE_CHECKING, Any

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings

if TYPE_CHECKING:
    from redshift_connector.core import Connection

CONNECT_SECONDS = 20
# A Serverless workgroup that slept needs a minute; no question of ours takes a quarter of an hour.
STATEMENT_SECONDS = 900
_NO_SUCH_LOGIN = frozenset({"28000", "28P01"})
_NO_SUCH_DATABASE = "3D000"


def connect_redshift(settings: Settings) -> "Connection":
    """Connect as the settings say; every statement is a transaction of its own.

    Raises:
        ConfigurationError: a setting is missing, or Redshift, AWS or the network refused; the
            message names what to correct and holds no secret.
    """
    # A fifth of a second that nobody pays who reads DuckDB.
    import redshift_connector
    from botocore.exceptions import BotoCoreError, ClientError
    from redshift_connector.error import Error

    arguments = _arguments(settings)
    try:
        connection = redshift_connector.connect(**arguments)
    except (BotoCoreError, ClientError) as refused:
        raise ConfigurationError(
            f"AWS gave no login for {_place(settings)}: {refused}. Check the credentials that "
            "boto3 finds, their right to redshift:GetClusterCredentials or "
            "redshift-serverless:GetCredentials, and AWS_REGION."
        ) from None
    except (Error, OSError) as refused:
        raise _refusal(settings, refused) from None
    connection.autocommit = True
    # The driver has one timeout for the way there and for every answer.
    connection._usock.settimeout(STATEMENT_SECONDS + CONNECT_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(f"set statement_timeout to {STATEMENT_SECONDS * 1000}")
        # Doubles arrive as text: without these digits they are not the numbers that were stored.
        cursor.execute("set extra_float_digits to 2")
    return connection


def in_our_words(refused: Exception) -> tuple[str, str]:
    """SQLSTATE (empty where there is none) and the first line of what the driver raised."""
    told = refused.args[0] if refused.args else ""
    if isinstance(told, dict):
        text = str(told.get("M", told)).strip()
        return str(told.get("C", "")), text.splitlines()[0] if text else "no reason given"
    causes = " ".join(str(one) for one in refused.args if str(one))
    return "", causes.splitlines()[0] if causes else type(refused).__name__


def _arguments(settings: Settings) -> dict[str, Any]:
    common: dict[str, Any] = {
        "database": settings.redshift_database,
        "ssl": True,
        "sslmode": settings.redshift_sslmode,
        "timeout": CONNECT_SECONDS,
        "tcp_keepalive": True,
        "application_name": "investiq",
    }
    if settings.redshift_method == "database":
        password = settings.redshift_password
        found = {
            "INVESTIQ_REDSHIFT_HOST": settings.redshift_host,
            "INVESTIQ_REDSHIFT_USER": settings.redshift_user,
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD": password,
        }
        _require(found, "log in as a database user (INVESTIQ_REDSHIFT_METHOD=database)")
        return common | {
            "host": settings.redshift_host,
            "port": settings.redshift_port,
            "user": settings.redshift_user,
            "password": password.get_secret_value() if password else None,
        }
    iam: dict[str, Any] = {"iam": True, "region": os.environ.get("AWS_REGION")}
    if settings.redshift_host:
        iam |= {"host": settings.redshift_host, "port": settings.redshift_port}
    if settings.redshift_cluster:
        _require(
            {"INVESTIQ_REDSHIFT_DB_USER": settings.redshift_db_user},
            "log in to a provisioned cluster by IAM",
        )
        return common | iam | {
            "cluster_identifier": settings.redshift_cluster,
            "db_user": settings.redshift_db_user,
        }  # fmt: skip
    _require(
        {"INVESTIQ_REDSHIFT_WORKGROUP": settings.redshift_workgroup},
        "log in by IAM to a Serverless workgroup (or name a cluster in INVESTIQ_REDSHIFT_CLUSTER)",
    )
    return common | iam | {
        "is_serverless": True,
        "serverless_work_group": settings.redshift_workgroup,
    }  # fmt: skip


def _require(found: dict[str, Any], purpose: str) -> None:
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise ConfigurationError(
            f"To {purpose}, {' and '.join(missing)} must be set. `.env.example` explains the "
            "settings of Redshift."
        )


def _place(settings: Settings) -> str:
    if settings.redshift_method == "database" or settings.redshift_host:
        return f"Redshift at {settings.redshift_host}:{settings.redshift_port}"
    return f"Redshift {settings.redshift_cluster or settings.redshift_workgroup}"


def _refusal(settings: Settings, refused: Exception) -> ConfigurationError:
    place = _place(settings)
    causes = [refused, *refused.args]
    code, reason = in_our_words(refused)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ConfigurationError(
            f"{place} shows no certificate that can be trusted ({reason}). Name the host as its "
            "certificate does, and the file of its authority, if that is your own, in "
            "SSL_CERT_FILE."
        )
    if code in _NO_SUCH_LOGIN:
        return ConfigurationError(
            f"{place} refuses the login: {reason}. Check INVESTIQ_REDSHIFT_USER and "
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD, or the database user that IAM maps to."
        )
    if code == _NO_SUCH_DATABASE:
        return ConfigurationError(
            f"{place} has no such database: {reason}. Correct INVESTIQ_REDSHIFT_DATABASE."
        )
    return ConfigurationError(
        f"{place} cannot be reached ({reason}). Check INVESTIQ_REDSHIFT_HOST and "
        "INVESTIQ_REDSHIFT_PORT, that the workgroup or cluster is not paused, and that its "
        "security group lets this machine in."
    )
