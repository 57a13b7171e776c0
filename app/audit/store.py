"""The only SQL of the audit trail: it is added to and read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app.core.db import Session, WriteSession


class Head(NamedTuple):
    """The position and the hash of an account's last entry."""

    position: int
    hash: bytes


BEGINNING = Head(0, b"")


class Row(NamedTuple):
    """An entry as it is kept, but for its place in the chain."""

    at: datetime
    user_id: UUID | None
    initials: str
    channel: str
    device_id: UUID | None
    feature: str
    subject: str
    record_id: UUID | None
    action: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are wanted: those of all that is given."""

    since: datetime | None = None
    until: datetime | None = None
    user_id: UUID | None = None
    feature: str | None = None
    record_id: UUID | None = None


_NAMES = ", ".join(Row._fields)
_TYPES = (
    "timestamptz", "uuid", "text", "text", "uuid", "text", "text", "uuid", "text", "text", "text"
)  # fmt: skip
_ARRAYS = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(("bigint", "bytea", *_TYPES), 4))
_HEAD = "SELECT audit_position, audit_hash FROM account_clock WHERE account_id = $1"
# Nothing is kept of an account that does not exist, which has no clock either.
_APPEND = f"""
WITH head AS (
    UPDATE account_clock SET audit_position = $2, audit_hash = $3 WHERE account_id = $1 RETURNING account_id
)
INSERT INTO audit_entries (account_id, position, hash, {_NAMES})
SELECT head.account_id, position, hash, {_NAMES}
FROM unnest({_ARRAYS}) AS kept(position, hash, {_NAMES}) CROSS JOIN head
"""
_IN_ORDER = f"""
SELECT position, hash, {_NAMES} FROM audit_entries
WHERE account_id = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_CONDITIONS = {
    "since": "at >= {}",
    "until": "at < {}",
    "user_id": "user_id = {}",
    "feature": "feature = {}",
    "record_id": "record_id = {}",
}
_BEHIND = """
(at, position) < (SELECT at, position FROM audit_entries WHERE account_id = $1 AND position = {})
"""


async def read_head(session: Session) -> Head:
    """Return how far the trail of the session's account has come."""
    row = await session.raw.fetchrow(_HEAD, session.account_id)
    return Head(row["audit_position"], row["audit_hash"]) if row else BEGINNING


async def append(session: WriteSession, linked: Sequence[tuple[Head, Row]]) -> None:
    """Add entries behind the last one; the session holds the account's clock, so nobody else does."""
    position, last = linked[-1][0]
    columns = zip(*((*head, *row) for head, row in linked), strict=True)
    await session.raw.execute(_APPEND, session.account_id, position, last, *map(list, columns))


async def in_order(session: Session, after: int, most: int) -> list[tuple[Head, Row]]:
    """Return so many entries behind a position, the oldest first."""
    rows = await session.raw.fetch(_IN_ORDER, session.account_id, after, most)
    return [(Head(row["position"], row["hash"]), Row(*list(row.values())[2:])) for row in rows]


async def page(session: Session, sought: Sought, behind: int | None, most: int) -> list[asyncpg.Record]:
    """Return so many of the entries sought, the newest first, behind that of a position."""
    values: list[Any] = [session.account_id, most]
    conditions = ["account_id = $1"]
    for name, condition in _CONDITIONS.items():
        if (value := getattr(sought, name)) is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    if behind is not None:
        values.append(behind)
        conditions.append(_BEHIND.format(f"${len(values)}"))
    return await session.raw.fetch(
        f"SELECT position, {_NAMES} FROM audit_entries WHERE {' AND '.join(conditions)}"
        " ORDER BY at DESC, position DESC LIMIT $2",
        *values,
    )
