"""The engine's own tables: the feed and its past, and what each phone has pushed."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Date, Index, LargeBinary, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Feed(SQLModel, table=True):
    """One row per record of any collection, with its latest state as a phone will receive it.

    `revision` is its place in the feed, `body_revision` the version of its content, `since` the revision at
    which its present anchors began and `by` the device that set them. `core` is the JSON text without its
    closing brace, `parts` the optional fields ready to be appended, `filled` one bit per part that is not
    empty, `mark` a hash of id and version. A tombstone keeps its anchors and has no body.
    """

    __tablename__ = "feed"
    __table_args__ = (
        Index("ix_feed_revision", "account_id", "revision", "collection", "record_id"),
        Index(
            "ix_feed_day",
            "account_id",
            "collection",
            "day",
            "record_id",
            postgresql_include=["mark"],
            postgresql_where=text("NOT is_deleted"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    collection: int = Field(primary_key=True, sa_type=SmallInteger)
    record_id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    body_revision: int = Field(sa_type=BigInteger)
    since: int = Field(sa_type=BigInteger)
    by: UUID | None = None
    is_deleted: bool
    day: date = Field(sa_type=Date)
    filled: int = Field(sa_type=SmallInteger)
    mark: int = Field(sa_type=BigInteger)
    field_revisions: dict[str, Any] = Field(sa_type=JSONB)
    core: bytes = Field(sa_type=LargeBinary)
    parts: list[bytes] = Field(sa_type=ARRAY(LargeBinary))


class FeedPast(SQLModel, table=True):
    """The anchors of each state of a record that has ended, without its body.

    A removal is sent only to a phone that may hold the record, and this is what tells.
    """

    __tablename__ = "feed_past"

    account_id: UUID = Field(primary_key=True)
    collection: int = Field(primary_key=True, sa_type=SmallInteger)
    record_id: UUID = Field(primary_key=True)
    until: int = Field(primary_key=True, sa_type=BigInteger)
    since: int = Field(sa_type=BigInteger)
    by: UUID | None = None
    day: date = Field(sa_type=Date)


class DeviceStream(SQLModel, table=True):
    """How far the numbered changes of one local copy have been taken in.

    `writer` is a small number of this account under which field revisions remember the stream; 0 stands for
    everybody else.
    """

    __tablename__ = "device_streams"
    __table_args__ = (Index("uq_device_streams_writer", "account_id", "writer", unique=True),)

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    writer: int
    last: int = Field(sa_type=BigInteger)


class StoredVerdict(SQLModel, table=True):
    """The answer one change was given, so that a repeat gets the same one."""

    __tablename__ = "verdicts"

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=BigInteger)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)
