"""What an operator may set, each from an environment variable of the same name."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class Settings(BaseSettings):
    """The settings of one running process."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore")

    database_url: str | None = Field(
        None, description="PostgreSQL 15 or newer; when unset, an embedded server runs under DATA_DIR."
    )
    database_pooler: Literal["none", "transaction"] = Field(
        "none",
        description="`transaction` when DATABASE_URL leads to PgBouncer (1.21 or newer) in that mode.",
    )
    migration_database_url: str | None = Field(
        None,
        description="A role that owns the tables; when unset, DATABASE_URL is used, or past a pooler "
        "LISTEN_DATABASE_URL.",
        validate_default=True,
    )
    listen_database_url: str | None = Field(
        None,
        description="The same database without a pooler, to listen on; when unset, DATABASE_URL is used.",
        validate_default=True,
    )
    pull_database_url: str | None = Field(
        None, description="A replica that pages of pulls are read at; when unset, DATABASE_URL is used."
    )
    data_dir: Path = Field(Path(".data"), description="Keys, the embedded database and demo.json live here.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, description="Port to listen on.", ge=0, le=65535)
    workers: int = Field(1, description="Server processes.", ge=1, le=64)
    pool_size: int = Field(10, description="Database connections per process.", ge=2, le=200)
    requests_per_caller: int = Field(
        60_000, description="Requests a minute one sign-in may make of one process.", ge=1
    )
    requests_per_key: int = Field(
        1_200, description="Requests a minute one API key may make of one process.", ge=1
    )
    requests_per_address: int = Field(
        120_000, description="Requests a minute one address may make of one process.", ge=1
    )
    signing_key_file: Path | None = Field(
        None, description="PEM of the ES256 key that signs tokens; when unset, one is made under DATA_DIR."
    )
    cursor_key_file: Path | None = Field(
        None, description="At least 32 random bytes that seal cursors; when unset, made under DATA_DIR."
    )
    vault_key_file: Path | None = Field(
        None,
        description="Keys that seal what charges cards, a line each; when unset, made under DATA_DIR.",
    )
    environment: Literal["production", "development"] = Field(
        "production", description="Only in development are cards charged by a simulator."
    )
    transit_simulator_url: str | None = Field(
        None, description="Where a simulator of TransIT answers; when unset, there is none."
    )
    operator_key_hash: str | None = Field(
        None,
        description="SHA-256, in hex, of the operator's key; when unset, there is no `/v1/operator`.",
        pattern="^[0-9a-f]{64}$",
    )
    picture_store_url: str | None = Field(
        None, description="Where pictures are kept, such as s3://bucket/folder; when unset, under DATA_DIR."
    )
    picture_gigabytes_per_account: int = Field(
        200, description="How much an account may keep in originals, those on their way among them.", ge=1
    )
    picture_workers: int = Field(
        2, description="Processes that make smaller sizes of pictures at once.", ge=1, le=64
    )
    public_url: str | None = Field(
        None,
        description="The origin that links in letters begin with, such as https://studio.example.",
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
    )
    mail_relay_url: str | None = Field(
        None,
        description="The mail server of accounts without one of their own: smtps://user:password@host:465.",
        pattern=r"^smtps?://",
    )
    mail_relay_from: str | None = Field(
        None,
        description="The address their letters come from.",
        pattern=r"^[^@\s]+@[^@\s]+$",
    )
    text_api_url: str | None = Field(
        None,
        description="Where a stand-in for the provider of texts answers; only in development.",
        pattern=r"^https?://",
    )
    letter_seconds: int = Field(
        60,
        description="How long sending one letter may take; half as long again, another tries.",
        ge=1,
        le=600,
    )
    letter_accounts: int = Field(
        8, description="Accounts whose letters one process sends at once.", ge=1, le=100
    )
    webhook_seconds: int = Field(
        15, description="Within how many seconds a webhook must answer a post.", ge=1, le=60
    )
    webhook_accounts: int = Field(
        8, description="Accounts whose webhooks one process posts to at once.", ge=1, le=100
    )
    live_streams: int = Field(
        10_000, description="Phones and desks that may wait for pokes in one process.", ge=1
    )
    live_streams_per_account: int = Field(
        200, description="Of these, those of one account in one process.", ge=1
    )
    live_seconds: int = Field(
        600, description="How long a live stream lasts, up to a fifth more or less.", ge=1, le=3600
    )
    live_heartbeat_seconds: int = Field(
        45, description="After how long without a poke a live stream shows that it lives.", ge=1, le=300
    )
    hub_seconds: float = Field(
        5.0, description="Within which the records of a hub's page are found, or it is refused.", gt=0, le=60
    )
    minimum_schema_version: int = Field(
        1, description="Apps that know an older schema version are refused until they are updated.", ge=1
    )
    beat: bool = Field(
        True, description="Whether the server may do by itself what is to be done each hour or day."
    )
    audit_days: int | None = Field(
        None,
        description="Days after which `account audit --forget` forgets the audit trail; when unset, never.",
        ge=1,
    )
    metrics_port: int | None = Field(
        None,
        description="Port for Prometheus, one more for each further worker; when unset, nothing is measured.",
        ge=1,
        le=65535,
    )
    metrics_host: str = Field("127.0.0.1", description="Address to serve Prometheus on.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="JSON lines, or lines for people; of itself the latter on a terminal."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    demo_clients: int = Field(
        300, description="Clients in the demo studio that `make run` makes; 0 makes none.", ge=0
    )

    @field_validator("listen_database_url", "migration_database_url")
    @classmethod
    def _leads_past_the_pooler(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Refuse a pooler where it would forget what listens, or lend on the lock of a session."""
        if info.data.get("database_pooler") != "transaction":
            return url
        pooled = info.data.get("database_url")
        if url is None and info.field_name == "listen_database_url":
            raise PydanticCustomError("pooled", "Behind a pooler the database itself must be named here, too")
        if url is not None and pooled is not None and _place(url) == _place(pooled):
            raise PydanticCustomError("pooled", "This leads to the pooler of DATABASE_URL")
        return url

    @property
    def is_pooled(self) -> bool:
        """Whether DATABASE_URL leads to a pooler."""
        return self.database_pooler == "transaction"

    @property
    def migrated_by(self) -> tuple[str, str | None]:
        """The setting whose URL migrations go by, and that URL."""
        if self.migration_database_url:
            return "MIGRATION_DATABASE_URL", self.migration_database_url
        if self.is_pooled:
            return "LISTEN_DATABASE_URL", self.listen_database_url
        return "DATABASE_URL", self.database_url

    @property
    def links_from(self) -> str | None:
        """What links in letters begin with: on a developer's machine without anything else, this server."""
        if self.public_url is None and self.environment == "development":
            return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        return self.public_url


def _place(url: str) -> object:
    """Return what tells two databases apart, whoever signs in; of what is no URL, that itself."""
    try:
        named = make_url(url)
    except (ArgumentError, ValueError):
        return url
    spelled = {name: values[-1] for name, values in named.normalized_query.items()}
    host, port = spelled.get("host", named.host), spelled.get("port", named.port)
    return host, int(port or 5432), named.database


@lru_cache
def settings() -> Settings:
    """Return the process's settings, read once."""
    return Settings()
