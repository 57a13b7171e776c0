"""The audit trail as a table, to which the app may only add."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

IS_RARE = "action NOT IN ('created', 'changed')"
"""What is not among the newest anyway: only this is in the index of actions, so that pushes do without."""


class AuditEntry(SQLModel, table=True):
    """One thing that was done; `before` and `after` are JSON texts of what it changed, none of secrets.

    `position` counts the account's entries from 1 without a gap, and `hash` is made of the one before and of
    all that stands here: whoever changes or removes an entry breaks every later one.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "account_id", "at", "position"),
        Index("ix_audit_entries_record", "account_id", "record_id", "at", "position"),
        Index("ix_audit_entries_user", "account_id", "user_id", "at", "position"),
        Index("ix_audit_entries_subject", "account_id", "subject", "at", "position"),
        Index(
            "ix_audit_entries_action",
            "account_id",
            "action",
            "at",
            "position",
            postgresql_where=text(IS_RARE),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=DateTime(timezone=True))
    user_id: UUID | None = None
    initials: str
    channel: str
    device_id: UUID | None = None
    feature: str
    subject: str
    record_id: UUID | None = None
    action: str
    before: str | None = None
    after: str | None = None
