"""Calendar feeds as a table."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class CalendarFeed(SQLModel, table=True):
    """An address by which a calendar program reads one user's schedule, known by the hash of its secret."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.user_id"]),
        UniqueConstraint("account_id", "secret_hash"),
        Index("ix_calendar_feeds_user", "account_id", "user_id"),
    )

    account_id: UUID = Field(primary_key=True)
    feed_id: UUID = Field(primary_key=True)
    user_id: UUID
    name: str
    secret_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    last_read_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
