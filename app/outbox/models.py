"""The outbox as tables: letters, their lanes and counts, block lists, files, mail servers, what came in."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.outbox.incoming.seen import Became
from app.outbox.states import Block, Channel, Purpose, Security, State


def _instant() -> Any:
    return DateTime(timezone=True)


def _among(name: str, kind: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{name} IN ({', '.join(repr(each.value) for each in kind)})", name=name)


class PostedLetter(SQLModel, table=True):
    """Something to be sent, under the id of its record where a phone sees it as one.

    It is tried at `due_at`; while it is being sent that is when the claim on it ends. `to_addresses` are
    taken from the record at the claim where it has one, and `content` is none where the record's own words
    are sent. `sealed` is the content of what nobody may read, until it has ended. `message_id` is set at the
    first claim and never again: whoever gets a letter twice knows it by that. A text has `doubted_at` as long
    as nobody knows whether it was taken in, whatever else becomes of it.
    """

    __tablename__ = "letters"
    __table_args__ = (
        _among("channel", Channel),
        _among("purpose", Purpose),
        _among("state", State),
        Index(
            "ix_letters_due",
            "account_id",
            "channel",
            "priority",
            "due_at",
            "letter_id",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
        Index("ix_letters_made", "account_id", "made_at", "letter_id"),
        Index("ix_letters_message_id", "account_id", "message_id"),
        Index(
            "ix_letters_provider_ref",
            "account_id",
            "provider_ref",
            postgresql_where=text("provider_ref IS NOT NULL"),
        ),
        Index("ix_letters_client", "account_id", "client_id", "made_at"),
        Index(
            "ix_letters_communication",
            "account_id",
            "communication_id",
            postgresql_where=text("communication_id IS NOT NULL"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    letter_id: UUID = Field(primary_key=True)
    channel: str
    collection: int | None = None
    purpose: str
    state: str
    priority: int = Field(sa_type=SmallInteger)
    is_bulk: bool
    bypasses_blocks: bool
    due_at: datetime = Field(sa_type=_instant())
    expires_at: datetime = Field(sa_type=_instant())
    tries: int
    claim: UUID | None = None
    first_tried_at: datetime | None = Field(default=None, sa_type=_instant())
    to_addresses: list[str] = Field(sa_type=ARRAY(String))
    done_addresses: list[str] = Field(sa_type=ARRAY(String))
    content: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    message_id: str | None = None
    provider_ref: str | None = None
    last_code: str | None = None
    last_said: str | None = None
    client_id: UUID | None = None
    occurrence_id: UUID | None = None
    communication_id: UUID | None = None
    made_by: UUID | None = None
    made_at: datetime = Field(sa_type=_instant())
    ended_at: datetime | None = Field(default=None, sa_type=_instant())
    doubted_at: datetime | None = Field(default=None, sa_type=_instant())


class LetterLane(SQLModel, table=True):
    """One way an account's letters go: closed for a while after its server was away, else at its pace."""

    __tablename__ = "letter_lanes"
    __table_args__ = (_among("channel", Channel),)

    account_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    failures: int
    closed_until: datetime | None = Field(default=None, sa_type=_instant())
    closed_code: str | None = None
    closed_said: str | None = None
    next_at: datetime | None = Field(default=None, sa_type=_instant())
    day: date | None = None
    sent_today: int


class LetterCount(SQLModel, table=True):
    """How many letters went in a month, told by its first day."""

    __tablename__ = "letter_counts"
    __table_args__ = (_among("channel", Channel),)

    account_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    month: date = Field(primary_key=True)
    sent: int


class LetterBlock(SQLModel, table=True):
    """An address nothing goes to: an email address without its case, or a number in E.164.

    `phones` are the client's phones that no longer take texts by it.
    """

    __tablename__ = "letter_blocks"
    __table_args__ = (_among("channel", Channel), _among("reason", Block))

    account_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    address_key: str = Field(primary_key=True)
    reason: str
    at: datetime = Field(sa_type=_instant())
    letter_id: UUID | None = None
    by_id: UUID | None = None
    phones: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)


class LetterFile(SQLModel, table=True):
    """A file that letters have with them."""

    __tablename__ = "letter_files"

    account_id: UUID = Field(primary_key=True)
    file_id: UUID = Field(primary_key=True)
    name: str
    media_type: str
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=_instant())
    made_by: UUID | None = None


class MailServer(SQLModel, table=True):
    """By which server an account's emails go, and from which mailbox those to it are read."""

    __tablename__ = "mail_servers"
    __table_args__ = (_among("security", Security),)

    account_id: UUID = Field(primary_key=True)
    from_name: str
    from_address: str
    reply_to: str | None = None
    host: str
    port: int
    security: str
    user_name: str
    password: bytes = Field(sa_type=LargeBinary)
    per_minute: int | None = None
    per_day: int | None = None
    version: int
    checked_at: datetime | None = Field(default=None, sa_type=_instant())
    checked_code: str | None = None
    in_host: str | None = None
    in_port: int | None = None
    in_user: str | None = None
    in_password: bytes | None = Field(default=None, sa_type=LargeBinary)
    in_folder: str | None = None
    in_validity: int | None = Field(default=None, sa_type=BigInteger)
    in_last: int | None = Field(default=None, sa_type=BigInteger)
    in_checked_at: datetime | None = Field(default=None, sa_type=_instant())
    in_code: str | None = None


class TextLine(SQLModel, table=True):
    """By which line an account's texts go and come in.

    `hook_key` is the secret part of the addresses that hear of them.
    """

    __tablename__ = "text_lines"

    account_id: UUID = Field(primary_key=True)
    account_sid: str
    auth_token: bytes = Field(sa_type=LargeBinary)
    from_number: str | None = None
    messaging_service_sid: str | None = None
    monthly_limit: int | None = None
    hook_key: bytes = Field(sa_type=LargeBinary)
    version: int


class LetterIn(SQLModel, table=True):
    """Something that came in, by the key its source gave it, so that it is taken in once."""

    __tablename__ = "letters_in"
    __table_args__ = (
        _among("became", Became),
        Index("ix_letters_in_at", "account_id", "at"),
    )

    account_id: UUID = Field(primary_key=True)
    source_key: str = Field(primary_key=True)
    message_id: str | None = None
    record_id: UUID | None = None
    became: str
    at: datetime = Field(sa_type=_instant())
