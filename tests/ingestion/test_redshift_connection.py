"""Opening Redshift: by password, by IAM, always with its certificate; and what is said when not."""

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from ingestion.errors import ConfigurationError
from ingestion.loading.redshift_connection import connect_redshift
from sandbox.redshift.users import READER

PASSWORD = "Aa1-a-password-of-the-user"  # pragma: allowlist secret


@pytest.fixture
def trusting(clean_environment, redshift):
    """An environment in which the stand-in's certificate is known, and nothing else is."""
    clean_environment.setenv("SSL_CERT_FILE", str(redshift.ca_file))
    return clean_environment


def spoilt(settings, **changes):
    return settings.model_copy(update=changes)


def test_a_database_user_reads_over_tls_that_was_verified(trusting, reader):
    with connect_redshift(reader) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone()[0] == READER
        assert connection.autocommit
        cursor.execute("show statement_timeout")
        assert cursor.fetchone()[0] in ("15min", "900000")


def _cluster_reply(user: str, password: str, until: datetime) -> str:
    return (
        '<GetClusterCredentialsResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/">'
        f"<GetClusterCredentialsResult><DbUser>{user}</DbUser><DbPassword>{password}</DbPassword>"
        f"<Expiration>{until:%Y-%m-%dT%H:%M:%SZ}</Expiration></GetClusterCredentialsResult>"
        "</GetClusterCredentialsResponse>"
    )


@pytest.mark.parametrize("kind", ["workgroup", "cluster"])
def test_by_iam_aws_gives_the_login_and_no_password_is_set(
    trusting, reader, redshift, httpserver, kind
):
    until = datetime.now(UTC) + timedelta(minutes=15)
    password = redshift.users[READER]
    serverless = {"dbUser": READER, "dbPassword": password, "expiration": until.timestamp()}
    reply = (
        json.dumps(serverless) if kind == "workgroup" else _cluster_reply(READER, password, until)
    )
    httpserver.expect_request("/").respond_with_data(reply)
    service = "REDSHIFT_SERVERLESS" if kind == "workgroup" else "REDSHIFT"
    trusting.setenv(f"AWS_ENDPOINT_URL_{service}", httpserver.url_for("/"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        trusting.setenv(name, "of-a-test")
    trusting.setenv("AWS_REGION", "ap-south-1")
    names = {"redshift_workgroup": "mine"} if kind == "workgroup" else {
        "redshift_cluster": "mine", "redshift_db_user": READER}  # fmt: skip
    by_iam = spoilt(reader, redshift_method="iam", redshift_user=None, redshift_password=None)
    with connect_redshift(spoilt(by_iam, **names)) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone()[0] == READER
    request, _ = httpserver.log[-1]
    asked = request.get_data(as_text=True)
    assert ('"workgroupName": "mine"' if kind == "workgroup" else f"DbUser={READER}") in asked


def test_without_aws_credentials_iam_says_whose_they_should_be(trusting, reader):
    trusting.setenv("AWS_EC2_METADATA_DISABLED", "true")
    trusting.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    trusting.setenv("AWS_REGION", "ap-south-1")
    # A workgroup of its own: the driver keeps logins for as long as they hold.
    by_iam = spoilt(reader, redshift_method="iam", redshift_workgroup="another")
    with pytest.raises(ConfigurationError, match=r"AWS gave no login.*GetCredentials"):
        connect_redshift(by_iam)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"redshift_host": None, "redshift_password": None},
         "INVESTIQ_REDSHIFT_HOST and DBT_ENV_SECRET_REDSHIFT_PASSWORD must be set"),
        ({"redshift_user": None}, "INVESTIQ_REDSHIFT_USER must be set"),
        ({"redshift_method": "iam"}, "INVESTIQ_REDSHIFT_WORKGROUP must be set"),
        ({"redshift_method": "iam", "redshift_cluster": "mine"}, "INVESTIQ_REDSHIFT_DB_USER must"),
    ],
)  # fmt: skip
def test_what_is_not_set_is_named(reader, changes, named):
    with pytest.raises(ConfigurationError, match=named):
        connect_redshift(spoilt(reader, **changes))


def test_a_wrong_password_is_told_and_not_shown(trusting, reader):
    with pytest.raises(ConfigurationError, match="refuses the login") as refused:
        connect_redshift(spoilt(reader, redshift_password=SecretStr(PASSWORD)))
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_database_that_is_not_there_is_named(trusting, reader):
    with pytest.raises(ConfigurationError, match=r"nowhere.*INVESTIQ_REDSHIFT_DATABASE"):
        connect_redshift(spoilt(reader, redshift_database="nowhere"))


def test_a_server_that_no_authority_vouches_for_is_not_spoken_to(
    trusting, reader, redshift, tmp_path
):
    nobody = tmp_path / "none.pem"
    nobody.write_text("")
    trusting.setenv("SSL_CERT_FILE", str(nobody))
    with pytest.raises(ConfigurationError, match="no certificate that can be trusted"):
        connect_redshift(reader)


def test_a_server_of_another_name_is_not_spoken_to(trusting, reader):
    with pytest.raises(ConfigurationError, match="Name the host as its certificate does"):
        connect_redshift(spoilt(reader, redshift_host="127.1"))


def test_a_server_that_is_not_there_says_what_to_look_at(trusting, reader):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ConfigurationError, match=r"cannot be reached.*security group"):
            connect_redshift(spoilt(reader, redshift_port=nobody.getsockname()[1]))
