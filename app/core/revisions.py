"""The account's clock: one row that writers lock, and whose number orders all that is synced."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, LargeBinary, text
from sqlmodel import Field, SQLModel

from app.core import clock
from app.core.db import Session, WriteSession

CLOCK_COLUMNS = (
    "c.revision, c.scope_revision, c.epoch, c.floor, c.feed_schema, c.former_epoch, c.restored_from,"
    " c.audit_position, c.audit_hash, c.is_listened_to, statement_timestamp() AS now"
)
"""What `Clock.of` reads, of `account_clock` as `c`."""


class AccountClock(SQLModel, table=True):
    """How far an account has come; locked first by every writing transaction and held to its commit.

    Because the lock is held to commit, the order of revisions is the order of commits: a reader that has
    seen N never meets a smaller number later. No sequence, timestamp or transaction id has this property.
    `floor` is how far deletions may be forgotten. After a restored backup `restored_from` is how far that had
    come, and `former_epoch` the one whose cursors were given before. `audit_position` and `audit_hash` are
    those of the last entry of the audit trail. `is_listened_to` tells that programs of others are to hear of
    what is written: it is set and taken back under the lock alone.
    """

    __tablename__ = "account_clock"
    __table_args__ = ({"postgresql_with": {"fillfactor": "20"}},)

    account_id: UUID = Field(primary_key=True)
    revision: int = Field(default=0, sa_type=BigInteger)
    scope_revision: int = Field(default=0, sa_type=BigInteger)
    epoch: UUID
    floor: int = Field(default=0, sa_type=BigInteger)
    feed_schema: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    former_epoch: UUID | None = None
    restored_from: int | None = Field(default=None, sa_type=BigInteger)
    audit_position: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    audit_hash: bytes = Field(
        default=b"", sa_type=LargeBinary, sa_column_kwargs={"server_default": text("''::bytea")}
    )
    is_listened_to: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


@dataclass(frozen=True, slots=True)
class Clock:
    """An account's clock as one transaction sees it, and the instant by the database's own.

    What day it is follows from `now`: servers whose clocks differ would have phones hold now this, now that.
    """

    revision: int
    scope_revision: int
    epoch: UUID
    floor: int
    feed_schema: int
    now: datetime
    audit_head: tuple[int, bytes]
    former_epoch: UUID | None = None
    restored_from: int | None = None
    is_listened_to: bool = False

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Clock":
        """Return the clock in a row that has `CLOCK_COLUMNS`, and maybe others."""
        return cls(
            revision=row["revision"],
            scope_revision=row["scope_revision"],
            epoch=row["epoch"],
            floor=row["floor"],
            feed_schema=row["feed_schema"],
            now=clock.told(row["now"]),
            audit_head=(row["audit_position"], row["audit_hash"]),
            former_epoch=row["former_epoch"],
            restored_from=row["restored_from"],
            is_listened_to=row["is_listened_to"],
        )

    def day_in(self, time_zone: str) -> date:
        """Return what day it is in a zone with an IANA name."""
        return clock.day_of(self.now, time_zone)


def go_on(session: WriteSession, at: Clock) -> None:
    """Let a transaction go on behind a clock it has read itself, since its turn came."""
    session.revision = at.revision + 1
    session.audit_head = session.audit_head or at.audit_head
    if session.is_listened_to is None:
        session.is_listened_to = at.is_listened_to


async def read_clock(session: Session) -> Clock:
    """Return the clock of the session's account."""
    sql = f"SELECT {CLOCK_COLUMNS} FROM account_clock c WHERE c.account_id = $1"
    [row] = await session.raw.fetch(sql, session.account_id)
    return Clock.of(row)
