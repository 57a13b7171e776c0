"""What an operator may set, each from an environment variable of the same name."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.core.secret_files import SecretFile, SecretFiles

_DEMO_CLIENTS = 300


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
    distributed: bool = Field(
        False,
        description="Whether DATABASE_URL leads to the coordinator of a Citus cluster that"
        " `python -m app distribute` has prepared.",
    )
    data_dir: Path = Field(
        Path(".data"), description="Where keys, the embedded database, pictures and demo.json live."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, description="Port to listen on.", ge=0, le=65535)
    workers: int = Field(1, description="Server processes on the one port.", ge=1, le=64)
    drain_seconds: float = Field(
        0,
        description="For how many seconds a server that is told to stop serves on, with `/health/ready` at"
        " 503, until the proxy in front sends it nothing more.",
        ge=0,
        le=60,
    )
    pool_size: int = Field(
        10,
        description="Database connections per process; as many requests are worked on at once.",
        ge=2,
        le=200,
    )
    requests_per_caller: int = Field(
        60_000, description="Requests a minute one sign-in may make of one process.", ge=1
    )
    requests_per_key: int = Field(
        1_200, description="Requests a minute one API key may make of one process.", ge=1
    )
    requests_per_address: int = Field(
        120_000, description="Requests a minute one address (of IPv6, one /64) may make of one process.", ge=1
    )
    signing_key_file: Path | None = Field(
        None, description="PEM of the ES256 key that signs tokens; when unset, one is made under DATA_DIR."
    )
    cursor_key_file: Path | None = Field(
        None, description="At least 32 random bytes that seal cursors; when unset, made under DATA_DIR."
    )
    vault_key_file: Path | None = Field(
        None,
        description="Keys that seal what charges cards, sends letters and signs webhooks, a line each, the"
        " newest first; when unset, one is made under DATA_DIR.",
    )
    environment: Literal["production", "development"] = Field(
        "production",
        description="Only in development are cards charged by a simulator, letters kept as files, and mail"
        " servers, mailboxes and webhooks in private networks spoken to, unsecured where they offer no"
        " security; only in production is what is unsafe refused at the start.",
    )
    transit_simulator_url: str | None = Field(
        None, description="Where a simulator of TransIT answers, such as http://127.0.0.1:8089."
    )
    operator_key_hash: str | None = Field(
        None,
        description="SHA-256, in hex, of the key that opens `/v1/operator`; when unset, none does.",
        pattern="^[0-9a-f]{64}$",
    )
    picture_store_url: str | None = Field(
        None, description="Where pictures are kept, such as s3://bucket/folder; when unset, under DATA_DIR."
    )
    picture_gigabytes_per_account: int = Field(
        200, description="How much an account may keep in originals, those on their way among them.", ge=1
    )
    picture_workers: int = Field(
        2,
        description="Processes that make smaller sizes of pictures at once, each with up to 1.5 GB.",
        ge=1,
        le=64,
    )
    public_url: str | None = Field(
        None,
        description="The origin that links in letters and webhooks begin with, such as https://studio.example;"
        " when unset, letters that need a link have none, but in development it is http://HOST:PORT.",
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        examples=["https://studio.example"],
    )
    mail_relay_url: str | None = Field(
        None,
        description="The mail server of accounts without one of their own, smtps://user:password@host:465 or"
        " smtp://user:password@host:587 (STARTTLS); on a private network or any port too, with a certificate"
        " of its name.",
        pattern=r"^smtps?://",
        examples=["smtps://user:password@host:465"],
    )
    mail_relay_from: str | None = Field(
        None,
        description="The address their letters come from.",
        pattern=r"^[^@\s]+@[^@\s]+$",
        examples=["letters@studio.example"],
    )
    text_api_url: str | None = Field(
        None,
        description="Where a stand-in for the provider of texts answers; only in development. When unset, the"
        " provider's own.",
        pattern=r"^https?://",
        examples=["http://127.0.0.1:8090"],
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
        10_000,
        description="Phones and desks that may wait for pokes in one process; more get `unavailable`.",
        ge=1,
    )
    live_streams_per_account: int = Field(
        200,
        description="Of these, those of one account in one process; more get `too_many_streams`.",
        ge=1,
    )
    live_seconds: int = Field(
        600, description="How long a live stream lasts, up to a fifth more or less.", ge=1, le=3600
    )
    live_heartbeat_seconds: int = Field(
        45, description="After how long without a poke a live stream shows that it lives.", ge=1, le=300
    )
    hub_seconds: float = Field(
        5.0,
        description="Within how many seconds a page, the counts or the next stretch of a table of a hub are"
        " found, or it is refused (`query_too_slow`).",
        gt=0,
        le=60,
    )
    minimum_schema_version: int = Field(
        1,
        description="Apps that know an older schema version are refused (`client_too_old`) until they are"
        " updated. One above the newest is refused at the start.",
        ge=1,
    )
    beat: bool = Field(
        True, description="Whether the server may do by itself what is to be done each hour or day."
    )
    backup_days: int = Field(
        35, description="Days for which backups are kept, as whoever is erased is told.", ge=1
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
    demo_clients: int | None = Field(
        None,
        description="Clients in the demo studio that `serve` makes at the first start; when unset, 300 in"
        " development and none in production.",
        ge=0,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given, then the files of secrets, then the environment."""
        return init_settings, SecretFiles(settings_cls), env_settings

    @field_validator("*", mode="before")
    @classmethod
    def _from_its_file(cls, value: Any, about: ValidationInfo) -> Any:
        return value.read(str(about.field_name)) if isinstance(value, SecretFile) else value

    @property
    def demo_size(self) -> int:
        """How many clients the demo studio has; 0 is no demo studio."""
        if self.demo_clients is None:
            return _DEMO_CLIENTS if self.environment == "development" else 0
        return self.demo_clients

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

    @field_validator("distributed")
    @classmethod
    def _has_no_other_replica(cls, value: bool, info: ValidationInfo) -> bool:
        """Refuse a replica of PostgreSQL's own, which would have the coordinator's rows alone."""
        if value and info.data.get("pull_database_url") is not None:
            raise PydanticCustomError("distributed", "PULL_DATABASE_URL leads to no replica of a cluster")
        return value

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
