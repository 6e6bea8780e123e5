"""Everything that can be configured, read from the environment once per command.

Variables start with `INVESTIQ_`; S3 and AWS credentials use the names that boto3 itself reads
(`AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, ...). Secrets are `SecretStr`: they print as stars.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import ConfigurationError

_PREFIX = "INVESTIQ_"


def project_root() -> Path:
    """The folder that holds dbt_project.yml: INVESTIQ_PROJECT_DIR, here or above, or the source."""
    configured = os.environ.get("INVESTIQ_PROJECT_DIR")
    if configured:
        return Path(configured).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dbt_project.yml").is_file() and (folder / "ingestion").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Typed settings; see `.env.example` for the whole list with explanations."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=lambda: project_root() / "var")
    target: Literal["duckdb", "redshift"] = "duckdb"
    bucket: str = "investiq"
    object_store: Literal["embedded", "s3"] | None = None
    duckdb_path_override: Path | None = Field(default=None, validation_alias="INVESTIQ_DUCKDB_PATH")
    duckdb_memory: str = Field(default="5GB", pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")
    lock_wait_seconds: float = Field(default=60.0, ge=0)

    redshift_workgroup: str | None = None
    redshift_cluster: str | None = None
    redshift_db_user: str | None = None
    redshift_secret_arn: str | None = None
    redshift_database: str = "investiq"
    redshift_copy_role: str | None = None
    redshift_copy_region: str | None = None
    redshift_deadline_seconds: float = Field(default=3600.0, gt=0)
    redshift_method: Literal["iam", "database"] = "iam"
    redshift_host: str | None = None
    redshift_port: int = 5439
    redshift_user: str | None = None
    redshift_password: SecretStr | None = Field(
        default=None, validation_alias="DBT_ENV_SECRET_REDSHIFT_PASSWORD"
    )
    redshift_sslmode: Literal["verify-full", "verify-ca"] = "verify-full"
    redshift_loader_user: str | None = None
    redshift_transformer_user: str | None = None
    redshift_reader_user: str | None = None

    rapidapi_key: SecretStr | None = None
    rapidapi_host: str = "latest-stock-price.p.rapidapi.com"
    rapidapi_url: str = "https://latest-stock-price.p.rapidapi.com"
    rapidapi_requests_per_second: int = Field(default=1, ge=1)
    rapidapi_requests_per_day: int = Field(default=100, ge=1)

    nse_archives_url: str = "https://nsearchives.nseindia.com"
    nse_url: str = "https://www.nseindia.com"
    nse_requests_per_second: float = Field(default=0.4, gt=0)
    nse_requests_per_day: int | None = Field(default=None, ge=1)
    nse_recheck_sessions: int = Field(default=3, ge=0)
    nse_fill_sessions: int = Field(default=10, ge=0)

    sandbox_url: str | None = None
    promotion: Literal["local", "lambda"] = "local"

    airbyte_prefix: str = "airbyte"
    airbyte_sync_mode: Literal["overwrite", "append"] = "overwrite"

    alphavantage_key: SecretStr | None = None
    alphavantage_url: str = "https://www.alphavantage.co"
    alphavantage_requests_per_second: float = Field(default=1, gt=0)
    alphavantage_requests_per_day: int = Field(default=25, ge=1)
    alphavantage_topics: str = (
        "financial_markets,earnings,economy_macro,economy_monetary,finance,technology,"
        "energy_transportation,mergers_and_acquisitions"
    )
    alphavantage_limit: Literal[50, 1000] = 1000

    news_tickers: str | None = None
    news_sources: str = "yahoo,google"
    yahoo_finance_url: str = "https://finance.yahoo.com"
    google_news_url: str = "https://news.google.com"
    news_requests_per_second: float = Field(default=0.5, gt=0)
    news_page_deadline_seconds: float = Field(default=60.0, gt=0)
    news_scroll_limit: int = Field(default=20, ge=0)
    chromium: Path | None = None
    chromedriver: Path | None = None

    statsd_host: str | None = None
    statsd_port: int = Field(default=8125, ge=1, le=65535)
    dead_letters_url: str | None = None

    http_tries: int = Field(default=4, ge=1)
    http_backoff_seconds: float = Field(default=1.0, ge=0)
    http_read_timeout_seconds: float = Field(default=20.0, gt=0)
    http_deadline_seconds: float = Field(default=120.0, gt=0)
    max_body_bytes: int = Field(default=64 * 1024 * 1024, gt=0)

    @cached_property
    def duckdb_path(self) -> Path:
        """The embedded warehouse, one file."""
        return (self.duckdb_path_override or self.home / "warehouse.duckdb").resolve()

    @property
    def uses_embedded_s3(self) -> bool:
        """Whether the S3 is our own: unless one is named by an endpoint, or asked for."""
        if self.object_store:
            return self.object_store == "embedded"
        return not (os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))

    @property
    def names_redshift(self) -> bool:
        """Whether a workgroup, a cluster or a host is named; if not, the demo starts its own."""
        return bool(self.redshift_workgroup or self.redshift_cluster or self.redshift_host)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Plain texts that must appear in no log, record, URL or exception."""
        names = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        found = [os.environ.get(name, "") for name in names]
        keys = (self.rapidapi_key, self.alphavantage_key, self.redshift_password)
        found += [key.get_secret_value() for key in keys if key]
        return tuple(text for text in found if text)


def load_settings() -> Settings:
    """Read the environment; a wrong value is an error that names the variable and never its value.

    Raises:
        ConfigurationError: a variable does not parse; the message lists each with the reason.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        complaints = "; ".join(
            f"{_PREFIX}{str(error['loc'][0]).upper().removeprefix(_PREFIX)} - {error['msg']}"
            for error in invalid.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(
            f"The environment does not make valid settings ({complaints}). "
            "Correct these variables; `.env.example` explains each."
        ) from None
