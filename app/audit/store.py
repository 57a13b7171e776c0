"""The only SQL of the audit trail: it is added to and read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app.core.arrays import columns, parameters
from app.core.db import Session, WriteSession


class Head(NamedTuple):
    """The position and the hash of an account's last entry."""

    position: int
    hash: bytes


BEGINNING = Head(0, b"")


class Doer(NamedTuple):
    """Who does something, when, and by which way: the same for all entries of one transaction."""

    at: datetime
    user_id: UUID | None
    initials: str
    channel: str
    device_id: UUID | None


class Deed(NamedTuple):
    """What is done, as it is kept: to a record with this id, what it was and what it is as JSON."""

    feature: str
    subject: str
    record_id: str | None
    action: str
    before: bytes | None
    after: bytes | None


class Kept(NamedTuple):
    """An entry as it is read."""

    head: Head
    doer: Doer
    deed: Deed


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are wanted: those of all that is given."""

    since: datetime | None = None
    until: datetime | None = None
    user_id: UUID | None = None
    channel: str | None = None
    feature: str | None = None
    subject: str | None = None
    record_id: UUID | None = None
    action: str | None = None


NAMES = (*Doer._fields, *Deed._fields)
_HEAD = "SELECT audit_position, audit_hash FROM account_clock WHERE account_id = $1"

_DOER = ", ".join(Doer._fields)
_DEED = ", ".join(Deed._fields)
_DOER_TYPES = ("timestamptz", "uuid", "text", "text", "uuid")
_DEED_TYPES = ("bytea", "varchar", "varchar", "uuid", "varchar", "bytea", "bytea")
COLUMNS = 1 + len(_DOER_TYPES) + len(_DEED_TYPES)
"""How many parameters `told` returns."""


def advancing(first: int) -> str:
    """Return what `adding` sets on the account's clock: how far the trail has come, if it has moved."""
    hashes = f"${first + 1 + len(_DOER_TYPES)}::bytea[]"
    return f"""audit_position = coalesce(${first}::bigint + cardinality({hashes}), audit_position),
        audit_hash = coalesce(({hashes})[cardinality({hashes})], audit_hash)"""


def adding(first: int, clock: str) -> str:
    """Return the statement that adds entries, `told` in parameters from a place on.

    `clock` is the query that has moved the account's clock: nothing is kept of an account that does not
    exist, which has none.
    """
    doer = ", ".join(f"${place}::{kind}" for place, kind in enumerate(_DOER_TYPES, first + 1))
    return f"""
    INSERT INTO audit_entries (account_id, position, hash, {_DOER}, {_DEED})
    SELECT {clock}.account_id, ${first}::bigint + place, hash, {doer}, feature, subject, record_id, action,
           convert_from(before, 'UTF8'), convert_from(after, 'UTF8')
    FROM unnest({parameters(_DEED_TYPES, first + 1 + len(_DOER_TYPES))})
         WITH ORDINALITY AS done(hash, {_DEED}, place)
    CROSS JOIN {clock}"""


def told(head: Head, doer: Doer, linked: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return the parameters that tell of deeds, each behind its hash, to be added behind a head."""
    return [head.position, *doer, *columns(_DEED_TYPES, linked)]


NOTHING: list[Any] = [None] * (1 + len(_DOER_TYPES)) + columns(_DEED_TYPES, [])
"""The parameters that tell of none."""

_APPEND = f"""
WITH tick AS (
    UPDATE account_clock SET {advancing(2)} WHERE account_id = $1 RETURNING account_id
)
{adding(2, "tick")}
"""
_IN_ORDER = f"""
SELECT position, hash, {_DOER}, {_DEED} FROM audit_entries
WHERE account_id = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_CONDITIONS = {
    "since": "at >= {}",
    "until": "at < {}",
    "user_id": "user_id = {}",
    "channel": "channel = {}",
    "feature": "feature = {}",
    "subject": "subject = {}",
    "record_id": "record_id = {}",
    "action": "action = {}",
}
_BEHIND = """
(at, position) < (SELECT at, position FROM audit_entries WHERE account_id = $1 AND position = {})
"""


async def read_head(session: Session) -> Head:
    """Return how far the trail of the session's account has come."""
    row = await session.raw.fetchrow(_HEAD, session.account_id)
    return Head(row["audit_position"], row["audit_hash"]) if row else BEGINNING


async def head_of(session: WriteSession) -> Head:
    """Return how far the trail has come in a transaction, which is asked once."""
    if session.audit_head is None:
        session.audit_head = await read_head(session)
    return Head(*session.audit_head)


async def append(session: WriteSession, entries: Sequence[Any]) -> None:
    """Add what was `told`; the session holds the account's clock, so nobody else does."""
    await session.raw.execute(_APPEND, session.account_id, *entries)


async def in_order(session: Session, after: int, most: int) -> list[Kept]:
    """Return so many entries behind a position, the oldest first."""
    rows = await session.raw.fetch(_IN_ORDER, session.account_id, after, most)
    return [_kept(*row.values()) for row in rows]


def _kept(position: int, made: bytes, *values: Any) -> Kept:
    first = len(Doer._fields)
    feature, subject, record_id, action, *texts = values[first:]
    before, after = (None if text is None else text.encode() for text in texts)
    deed = Deed(feature, subject, None if record_id is None else str(record_id), action, before, after)
    return Kept(Head(position, made), Doer(*values[:first]), deed)


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
        f"SELECT position, {_DOER}, {_DEED} FROM audit_entries WHERE {' AND '.join(conditions)}"
        " ORDER BY at DESC, position DESC LIMIT $2",
        *values,
    )
