"""The account's clock: one row that writers lock, and whose number orders all that is synced."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, text
from sqlmodel import Field, SQLModel


class AccountClock(SQLModel, table=True):
    """How far an account has come; locked first by every writing transaction and held to its commit.

    Because the lock is held to commit, the order of revisions is the order of commits: a reader that has
    seen N never meets a smaller number later. No sequence, timestamp or transaction id has this property.
    """

    __tablename__ = "account_clock"
    __table_args__ = ({"postgresql_with": {"fillfactor": "20"}},)

    account_id: UUID = Field(primary_key=True)
    revision: int = Field(default=0, sa_type=BigInteger)
    scope_revision: int = Field(default=0, sa_type=BigInteger)
    epoch: UUID
    floor: int = Field(default=0, sa_type=BigInteger)
    feed_schema: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


@dataclass(frozen=True, slots=True)
class Clock:
    """An account's clock as one transaction sees it."""

    revision: int
    scope_revision: int
    epoch: UUID
    floor: int
    feed_schema: int
