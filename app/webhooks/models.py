"""Webhooks as tables: addresses that are told, events, and what became of telling each to each."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.webhooks.states import WebhookPause, WebhookState


def _instant() -> Any:
    return DateTime(timezone=True)


def _among(name: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{name} IN ({', '.join(repr(each.value) for each in kind)})", name=name)


class Webhook(SQLModel, table=True):
    """An address that is told of events, for a program that comes by an API key: with the key it goes.

    `types` are kinds, `subject.*` or `*`. Posts are signed by the `secret`, until `former_until` by the one
    before it too; both are sealed. It hears of what comes from the revision `heard_from` on, written
    `heard_since` or later; where that is none, when it was last changed. While its posts fail
    `failing_since` tells since when and `failures` how many; `waits_until` is what it has asked for itself.
    Until when expiring galleries were looked for says `swept_to`. From `replays_from` to `replays_to` events
    are yet to be put in line once more. One that `is_removed` waits to be cleared away, and is nobody's.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        _among("paused_code", WebhookPause),
        ForeignKeyConstraint(
            ["account_id", "key_id"], ["api_keys.account_id", "api_keys.key_id"], ondelete="CASCADE"
        ),
        Index("ix_webhook_endpoints_key", "account_id", "key_id"),
    )

    account_id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(primary_key=True)
    key_id: UUID
    url: str
    description: str
    types: list[str] = Field(sa_type=ARRAY(String))
    secret: bytes = Field(sa_type=LargeBinary)
    former_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    former_until: datetime | None = Field(default=None, sa_type=_instant())
    is_active: bool
    paused_code: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=_instant())
    failures: int
    waits_until: datetime | None = Field(default=None, sa_type=_instant())
    heard_from: int = Field(sa_type=BigInteger)
    heard_since: datetime | None = Field(default=None, sa_type=_instant())
    swept_to: date | None = None
    replays_from: int | None = Field(default=None, sa_type=BigInteger)
    replays_to: int | None = Field(default=None, sa_type=BigInteger)
    is_removed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int
    created_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())

    @property
    def known_since(self) -> datetime:
        """Since when its events are known, in the worst case."""
        return self.heard_since or self.changed_at


class WebhookEvent(SQLModel, table=True):
    """Something that has happened, written in the transaction in which it did, under its revision.

    Of what has a `key` there is one of a kind. `into_id` names what a record was merged into.
    """

    __tablename__ = "webhook_events"
    __table_args__ = (
        Index("ix_webhook_events_revision", "account_id", "revision"),
        Index(
            "uq_webhook_events_key",
            "account_id",
            "type",
            "key",
            unique=True,
            postgresql_where=text("key IS NOT NULL"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    type: str
    record_id: UUID | None = None
    into_id: UUID | None = None
    key: str | None = None
    revision: int = Field(sa_type=BigInteger)
    happened_at: datetime = Field(sa_type=_instant())


class WebhookDelivery(SQLModel, table=True):
    """What became of telling an event to an address.

    It is tried at `due_at`; while it is being sent that is when the claim on it ends. `attempts` has the last
    of them.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        _among("state", WebhookState),
        ForeignKeyConstraint(
            ["account_id", "endpoint_id"],
            ["webhook_endpoints.account_id", "webhook_endpoints.endpoint_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["account_id", "event_id"],
            ["webhook_events.account_id", "webhook_events.event_id"],
            ondelete="CASCADE",
        ),
        Index("ix_webhook_deliveries_event", "account_id", "event_id"),
        Index(
            "ix_webhook_deliveries_due",
            "account_id",
            "endpoint_id",
            "due_at",
            "event_id",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    state: str
    due_at: datetime = Field(sa_type=_instant())
    claim: UUID | None = None
    tries: int
    replay: int
    last_status: int | None = None
    last_code: str | None = None
    attempts: list[dict[str, Any]] = Field(sa_type=JSONB)
    ended_at: datetime | None = Field(default=None, sa_type=_instant())
