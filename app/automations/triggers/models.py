"""The tables of triggers, and of what each of them was raised by."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.automations.reaching import Act
from app.automations.triggers.kinds import Kind, Recipient, State


def _instant() -> Any:
    return DateTime(timezone=True)


def _among(name: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{name} IN ({', '.join(repr(each.value) for each in kind)})", name=name)


class Trigger(SQLModel, table=True):
    """What is to be done when something has happened, or on a day.

    `collection` is the one whose writes are looked at. Nothing before `since` fires; `swept_to` is the last
    day of the company that was looked through for records whose day it is. `made` is what calls and tasks
    have. One that is paused stands still until it is put right.
    """

    __tablename__ = "triggers"
    __table_args__ = (
        _among("kind", Kind),
        _among("action", Act),
        _among("fallback", Act),
        _among("recipient", Recipient),
        Index("ix_triggers_active", "account_id", "collection", postgresql_where=text("is_active")),
    )

    account_id: UUID = Field(primary_key=True)
    trigger_id: UUID = Field(primary_key=True)
    name: str
    kind: str
    collection: int
    type_id: UUID | None = None
    status_id: UUID | None = None
    value: str | None = None
    on_field: str | None = None
    offset_days: int
    at_time: time
    filter_id: UUID | None = None
    action: str
    fallback: str | None = None
    recipient: str
    user_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    template_id: UUID | None = None
    made: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    is_automatic: bool
    is_block_bypassed: bool
    is_active: bool
    paused_code: str | None = None
    since: datetime = Field(sa_type=_instant())
    swept_to: date | None = None
    version: int
    changed_at: datetime = Field(sa_type=_instant())
    changed_by: UUID | None = None


class Occurrence(SQLModel, table=True):
    """A trigger that was raised by a record: once for each key, which is a day of the record or of the world.

    `letter_state` is what became of its letter, when that has ended.
    """

    __tablename__ = "trigger_occurrences"
    __table_args__ = (
        UniqueConstraint("account_id", "trigger_id", "record_id", "key", name="uq_trigger_occurrences_key"),
        _among("state", State),
        Index(
            "ix_trigger_occurrences_open",
            "account_id",
            "state",
            "due_at",
            postgresql_where=text("state IN ('raised', 'waiting')"),
        ),
        Index("ix_trigger_occurrences_trigger", "account_id", "trigger_id", "raised_at"),
        Index("ix_trigger_occurrences_raised", "account_id", "raised_at", "occurrence_id"),
    )

    account_id: UUID = Field(primary_key=True)
    occurrence_id: UUID = Field(primary_key=True)
    trigger_id: UUID
    collection: int
    record_id: UUID
    key: str
    state: str
    code: str | None = None
    due_at: datetime = Field(sa_type=_instant())
    raised_at: datetime = Field(sa_type=_instant())
    ended_at: datetime | None = Field(default=None, sa_type=_instant())
    ended_by: UUID | None = None
    action: str | None = None
    made_id: UUID | None = None
    letter_state: str | None = None
