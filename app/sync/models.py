"""The engine's own tables: the feed and its past, and what each phone has pushed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.sync.anchors import SLOTS


class Anchored(SQLModel):
    """A state of a record as rules see it: whose it is, and its anchors."""

    account_id: UUID = Field(primary_key=True)
    collection: int = Field(primary_key=True, sa_type=SmallInteger)
    record_id: UUID = Field(primary_key=True)
    since: int = Field(sa_type=BigInteger)
    by: UUID | None = None
    day: date = Field(sa_type=Date)
    labels: list[int] = Field(sa_type=ARRAY(Integer))
    owners: list[int] = Field(sa_type=ARRAY(Integer))
    private: bool
    latest_1: date | None = None
    latest_2: date | None = None
    latest_3: date | None = None
    latest_4: date | None = None
    latest_5: date | None = None
    latest_6: date | None = None
    latest_7: date | None = None
    latest_8: date | None = None


class Feed(Anchored, table=True):
    """One row per record of any collection, with its latest state as a phone will receive it.

    `revision` is its place in the feed, `body_revision` the version of its content, `since` the revision at
    which its present anchors began and `by` the device that set them. `body` is the JSON text without its
    closing brace: what is always sent, then the optional parts but for the preview, which is by itself.
    `filled` has one bit per part that is not empty, `sizes` their lengths and the core's first, `mark` is a
    hash of id and version. A tombstone keeps its anchors and has no body; that of a merged record names the
    one it was `merged_into`.
    """

    __tablename__ = "feed"
    __table_args__ = (
        Index(
            "ix_feed_merged_into",
            "account_id",
            "collection",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index("ix_feed_revision", "account_id", "revision", "collection", "record_id"),
        Index(
            "ix_feed_deleted",
            "account_id",
            "revision",
            "collection",
            "record_id",
            postgresql_where=text("is_deleted"),
        ),
        Index(
            "ix_feed_day",
            "account_id",
            "collection",
            "day",
            "record_id",
            postgresql_include=["mark", "revision"],
            postgresql_where=text("NOT is_deleted"),
        ),
        *(
            Index(
                f"ix_feed_latest_{slot}",
                "account_id",
                "collection",
                f"latest_{slot}",
                postgresql_where=text(f"latest_{slot} IS NOT NULL AND NOT is_deleted"),
            )
            for slot in range(1, SLOTS + 1)
        ),
    )

    revision: int = Field(sa_type=BigInteger)
    body_revision: int = Field(sa_type=BigInteger)
    is_deleted: bool
    merged_into: UUID | None = None
    filled: int = Field(sa_type=SmallInteger)
    mark: int = Field(sa_type=BigInteger)
    field_revisions: dict[str, Any] = Field(sa_type=JSONB)
    sizes: list[int] = Field(sa_type=ARRAY(Integer))
    body: bytes = Field(sa_type=LargeBinary)
    preview: bytes = Field(sa_type=LargeBinary)


class FeedPast(Anchored, table=True):
    """The anchors of each state of a record that has ended, without its body.

    A removal is sent only to a phone that may hold the record, and this is what tells.
    """

    __tablename__ = "feed_past"
    __table_args__ = (Index("ix_feed_past_until", "account_id", "until"),)

    until: int = Field(primary_key=True, sa_type=BigInteger)


class DeletedRecord(SQLModel, table=True):
    """The id of a deleted record whose tombstone no phone needs any more: it is never used again.

    `merged_into` is what took its place; `private` and `owners` say to whom it exists no more than ever.
    """

    __tablename__ = "deleted_records"

    account_id: UUID = Field(primary_key=True)
    collection: int = Field(primary_key=True, sa_type=SmallInteger)
    record_id: UUID = Field(primary_key=True)
    merged_into: UUID | None = None
    private: bool
    owners: list[int] = Field(sa_type=ARRAY(Integer))


class AcknowledgedPosition(SQLModel, table=True):
    """How far a local copy has come for certain: the revision of the cursor it last came back with.

    `copy_id` is a phone's bond or a desk's sign-in, `collections` the set its cursor is for, empty for all.
    """

    __tablename__ = "acknowledged_positions"

    account_id: UUID = Field(primary_key=True)
    copy_id: UUID = Field(primary_key=True)
    collections: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    seen_at: datetime = Field(sa_type=DateTime(timezone=True))


class RefusalCount(SQLModel, table=True):
    """How often sync refused something on a day, where the account is, by what it was refused for.

    `verdict` is that on a single change, empty for a whole request; `reason` is that of a reset.
    """

    __tablename__ = "refusal_counts"

    account_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Date)
    verdict: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    amount: int


class FeedTally(SQLModel, table=True):
    """How much of a collection stands on a month, counted by `numbers`: estimates are made of these.

    `kind` is one of `tallies.Counted`. An amount may come to 0 and stay.
    """

    __tablename__ = "feed_tallies"
    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)

    account_id: UUID = Field(primary_key=True)
    collection: int = Field(primary_key=True, sa_type=SmallInteger)
    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    month: date = Field(primary_key=True, sa_type=Date)
    numbers: list[int] = Field(primary_key=True, sa_type=ARRAY(Integer))
    amount: int = Field(sa_type=BigInteger)


class AnchorNumber(SQLModel, table=True):
    """The small number by which anchors know an id or a name: a fraction of the size."""

    __tablename__ = "anchor_numbers"
    __table_args__ = (Index("uq_anchor_numbers_number", "account_id", "number", unique=True),)

    account_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    number: int


class DeviceStream(SQLModel, table=True):
    """How far the numbered changes of one local copy have been taken in.

    `writer` is a small number of this account under which field revisions remember the stream; 0 stands for
    everybody else. The copy has confirmed that it has the verdicts below `confirmed`; those below `trimmed`
    are kept no more.
    """

    __tablename__ = "device_streams"
    __table_args__ = (Index("uq_device_streams_writer", "account_id", "writer", unique=True),)

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    writer: int
    last: int = Field(sa_type=BigInteger)
    confirmed: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})
    trimmed: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})
    seen_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()}
    )


class StreamPrints(SQLModel, table=True):
    """The fingerprints of the last numbers of a stream whose verdicts are kept no more, one behind the other.

    Beside the stream, whose row every push writes anew.
    """

    __tablename__ = "stream_prints"

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    prints: bytes = Field(sa_type=LargeBinary)


class StoredVerdict(SQLModel, table=True):
    """The answer one change was given, so that a repeat gets the same one."""

    __tablename__ = "verdicts"

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=BigInteger)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)


class Preferences(SQLModel, table=True):
    """What a company prefers its devices to hold; an account without a row has the defaults, at version 0.

    `version` is the scope revision the last change made; `resync_count` grows each time all devices are told
    to start again.
    """

    __tablename__ = "preferences"

    account_id: UUID = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    values: dict[str, Any] = Field(sa_type=JSONB)
    resync_count: int
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_by: UUID | None = None


class DevicePreferences(SQLModel, table=True):
    """What one device has set for itself, those keys alone; otherwise as `Preferences`."""

    __tablename__ = "device_preferences"

    account_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    values: dict[str, Any] = Field(sa_type=JSONB)
    resync_count: int
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_by: UUID | None = None


class PreferenceChange(SQLModel, table=True):
    """A change of preferences, kept for ever: the company's, or with `device_id` that device's own."""

    __tablename__ = "preference_changes"

    account_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=BigInteger)
    device_id: UUID | None = None
    before: dict[str, Any] = Field(sa_type=JSONB)
    after: dict[str, Any] = Field(sa_type=JSONB)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_by: UUID | None = None
