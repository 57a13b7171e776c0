"""Safety notices as a table."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Index, String
from sqlmodel import Field, SQLModel


class NoticeKind(StrEnum):
    """What a notice is about."""

    ODD_SIGN_IN = "odd_sign_in"
    GUESSING = "guessing"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_ASSIGNED = "password_assigned"  # noqa: S105 - the name of a kind


class Why(StrEnum):
    """What is unusual about an odd sign-in, or which limit was reached by guessing."""

    AFTER_FAILURES = "after_failures"
    NEW_DEVICE = "new_device"
    NEW_NETWORK = "new_network"
    USER_LIMIT = "user_limit"
    ACCOUNT_LIMIT = "account_limit"
    NETWORK_LIMIT = "network_limit"


class SafetyNotice(SQLModel, table=True):
    """Something that somebody should look at.

    It concerns `user_id`, or nobody in particular. `count` of its kind have been since `at`, the last at
    `last_at`: of guesses so many wrong passwords. What the phone was called then stays, whatever becomes of
    its row. The user answers for themself (`confirmed_at`, `was_expected`), an administrator for the account.
    """

    __tablename__ = "safety_notices"
    __table_args__ = (Index("ix_safety_notices_at", "account_id", "at", "notice_id"),)

    account_id: UUID = Field(primary_key=True)
    notice_id: UUID = Field(primary_key=True)
    kind: str
    why: list[str] = Field(sa_type=ARRAY(String))
    user_id: UUID | None = None
    device_id: UUID | None = None
    device_name: str | None = None
    network: str | None = None
    by_id: UUID | None = None
    at: datetime = Field(sa_type=DateTime(timezone=True))
    last_at: datetime = Field(sa_type=DateTime(timezone=True))
    count: int
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    was_expected: bool | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    acknowledged_by: UUID | None = None
