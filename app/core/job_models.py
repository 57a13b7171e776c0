"""What is done by itself as a table: it belongs to no account."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return DateTime(timezone=True)


class JobRun(SQLModel, table=True):
    """A job and how it last went; `taken_away` rows by it in all, `last_taken_away` of them the last time.

    It was taken on by the process that leads at `led_at`, with all others of that process at once.
    """

    __tablename__ = "job_runs"

    name: str = Field(primary_key=True)
    every_seconds: int
    led_at: datetime = Field(sa_type=_instant())
    last_began: datetime | None = Field(default=None, sa_type=_instant())
    last_done: datetime | None = Field(default=None, sa_type=_instant())
    outcome: str | None = None
    seconds: float | None = None
    last_taken_away: int = Field(sa_type=BigInteger)
    taken_away: int = Field(sa_type=BigInteger)
