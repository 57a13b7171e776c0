"""Communications as tables: what is to be made for many, and for whom."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.automations.reaching import Act


class CommunicationHub(StrEnum):
    """Of which kind of record somebody chooses, and each letter is about one."""

    CLIENTS = "clients"
    SESSIONS = "sessions"
    INVOICES = "invoices"
    APPOINTMENTS = "appointments"
    TASKS = "tasks"


class CommunicationState(StrEnum):
    """How far a communication has come."""

    DRAFT = "draft"
    """Nobody is chosen yet."""
    READY = "ready"
    """There is a list to be looked over."""
    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


def _instant() -> Any:
    return DateTime(timezone=True)


def _among(name: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{name} IN ({', '.join(repr(each.value) for each in kind)})", name=name)


class Communication(SQLModel, table=True):
    """What is to be made for many: by which template or in which words, now or later, and how far that is.

    Between `starts_at` and `ended_at` there is something left to be done; of one that was cancelled, whenever
    it was to start, letters that wait are to be cancelled.
    """

    __tablename__ = "communications"
    __table_args__ = (
        _among("hub", CommunicationHub),
        _among("action", Act),
        _among("fallback", Act),
        _among("state", CommunicationState),
        Index("ix_communications_made", "account_id", "made_at", "communication_id"),
        Index(
            "ix_communications_under_way",
            "account_id",
            "starts_at",
            "communication_id",
            postgresql_where=text("starts_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    communication_id: UUID = Field(primary_key=True)
    name: str
    hub: str
    chosen: dict[str, Any] = Field(sa_type=JSONB)
    action: str
    fallback: str | None = None
    template_id: UUID | None = None
    made: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    category: str | None = None
    state: str
    starts_at: datetime | None = Field(default=None, sa_type=_instant())
    ended_at: datetime | None = Field(default=None, sa_type=_instant())
    made_by: UUID | None = None
    made_at: datetime = Field(sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())
    version: int


class CommunicationRecipient(SQLModel, table=True):
    """A record somebody chose, and whom it leads to.

    `action` is what is made for it: the fallback where the address for the first choice is missing. Who
    `is_left_out` gets nothing, for the reason in `code`, or because somebody unticked them. `made_id` is what
    was made; a `code` without being left out says why nothing was.
    """

    __tablename__ = "communication_recipients"
    __table_args__ = (
        _among("action", Act),
        ForeignKeyConstraint(
            ["account_id", "communication_id"],
            ["communications.account_id", "communications.communication_id"],
            name="fk_communication_recipients_communication",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name="fk_communication_recipients_client",
            ondelete="CASCADE",
        ),
        Index("ix_communication_recipients_place", "account_id", "communication_id", "place"),
        Index("ix_communication_recipients_client", "account_id", "client_id"),
        Index(
            "ix_communication_recipients_to_do",
            "account_id",
            "communication_id",
            "place",
            postgresql_where=text("NOT is_left_out AND code IS NULL AND made_id IS NULL"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    communication_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    place: int
    client_id: UUID | None = None
    name: str
    address: str | None = None
    action: str | None = None
    is_left_out: bool
    code: str | None = None
    made_id: UUID | None = None
