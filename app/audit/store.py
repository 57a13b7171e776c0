"""The only SQL of the audit trail: it is added to and read, never changed, and forgotten by its owner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from app.audit.models import IS_RARE
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
    """Which entries are wanted: those of all that is given; `before` is a position."""

    since: datetime | None = None
    until: datetime | None = None
    user_id: UUID | None = None
    channel: str | None = None
    feature: str | None = None
    subject: str | None = None
    record_id: UUID | None = None
    action: str | None = None
    before: int | None = None


ITSELF = "audit"
"""The kind of thing the trail itself is in what it tells of itself; its id is the account's."""
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


def adding(first: int) -> str:
    """Return the statement that adds entries of account `$1`, `told` in parameters from a place on.

    They are read beside the account's clock: nothing is kept of an account that does not exist, which has
    none, and a distributed database inserts where a table is read.
    """
    doer = ", ".join(f"${place}::{kind}" for place, kind in enumerate(_DOER_TYPES, first + 1))
    return f"""
    INSERT INTO audit_entries (account_id, position, hash, {_DOER}, {_DEED})
    SELECT clock.account_id, ${first}::bigint + place, hash, {doer}, feature, subject, record_id, action,
           convert_from(before, 'UTF8'), convert_from(after, 'UTF8')
    FROM account_clock AS clock
    CROSS JOIN unnest({parameters(_DEED_TYPES, first + 1 + len(_DOER_TYPES))})
         WITH ORDINALITY AS done(hash, {_DEED}, place)
    WHERE clock.account_id = $1"""


def told(head: Head, doer: Doer, linked: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return the parameters that tell of deeds, each behind its hash, to be added behind a head."""
    return [head.position, *doer, *columns(_DEED_TYPES, linked)]


NOTHING: list[Any] = [None] * (1 + len(_DOER_TYPES)) + columns(_DEED_TYPES, [])
"""The parameters that tell of none."""

_APPEND = f"""
WITH tick AS (
    UPDATE account_clock SET {advancing(2)} WHERE account_id = $1
), added AS ({adding(2)}
)
SELECT
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
    "before": "position < {}",
}
_USUAL = ("created", "changed")
_BEHIND = """
(at, position) < (SELECT at, position FROM audit_entries WHERE account_id = $1 AND position = {})
"""
_FOUND = f"""
SELECT position, {_DOER}, {_DEED}, hash, (
    SELECT former.hash FROM audit_entries AS former
    WHERE former.account_id = $1 AND former.position = entry.position - 1
) AS former_hash
FROM audit_entries AS entry
"""
_CHECKPOINTS = f"""
SELECT after FROM audit_entries
WHERE account_id = $1 AND record_id = $1 AND subject = '{ITSELF}' AND action = 'forgotten'
ORDER BY position
"""
_OLDEST = "SELECT min(position) FROM audit_entries WHERE account_id = $1"
# Clocks differ, so that what has come later may say that it was earlier: nothing behind what stays goes.
_OLD = """
SELECT position, hash FROM (
    SELECT position, hash, bool_and(at < $2) OVER (ORDER BY position) AS is_old FROM (
        SELECT position, hash, at FROM audit_entries WHERE account_id = $1 ORDER BY position LIMIT $3
    ) AS oldest
) AS judged
WHERE is_old ORDER BY position DESC LIMIT 1
"""
# The app's own role may only add. This lasts until the transaction ends, and the account stays set.
_AS_OWNER = "SET LOCAL ROLE NONE"
_FORGET = "DELETE FROM audit_entries WHERE account_id = $1 AND position <= $2"


# A record that belongs to another names it, whatever became of it since; what the trail says of itself stays.
_ABOUT = f"""
WITH named AS MATERIALIZED (
    SELECT record_id FROM audit_entries
    WHERE account_id = $1 AND (before LIKE ANY ($3::text[]) OR after LIKE ANY ($3::text[]))
)
SELECT position, hash FROM audit_entries
WHERE account_id = $1 AND subject <> '{ITSELF}' AND (before IS NOT NULL OR after IS NOT NULL)
    AND record_id IN (SELECT unnest($2::uuid[]) UNION SELECT record_id FROM named)
ORDER BY position
"""
_EMPTY = """
UPDATE audit_entries SET before = NULL, after = NULL
WHERE account_id = $1 AND position = ANY ($2::bigint[])
"""


async def about(session: Session, records: Collection[UUID], parents: Collection[UUID]) -> list[Head]:
    """Return the entries that tell something of records, or of any that ever belonged to a client."""
    named = [f'%"client_id":"{each}"%' for each in parents]
    rows = await session.raw.fetch(_ABOUT, session.account_id, [*records], named)
    return [Head(row["position"], row["hash"]) for row in rows]


async def empty(session: WriteSession, positions: Sequence[int]) -> None:
    """Empty entries; only on a connection of who owns the table."""
    await session.raw.execute(_AS_OWNER)
    await session.raw.execute(_EMPTY, session.account_id, [*positions])


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


async def page(session: Session, sought: Sought, behind: int | None, most: int) -> list[dict[str, Any]]:
    """Return so many of the entries sought, the newest first, behind that of a position.

    Each with its hash and that of the one before, none where that one is not there.
    """
    values: list[Any] = [session.account_id, most]
    conditions = ["account_id = $1"]
    for name, condition in _CONDITIONS.items():
        if (value := getattr(sought, name)) is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    if sought.action is not None and sought.action not in _USUAL:
        # Said once more as the index says it: the plan does not know which action will be asked for.
        conditions.append(IS_RARE)
    if behind is not None:
        values.append(behind)
        conditions.append(_BEHIND.format(f"${len(values)}"))
    rows = await session.raw.fetch(
        f"{_FOUND} WHERE {' AND '.join(conditions)} ORDER BY at DESC, position DESC LIMIT $2", *values
    )
    return await _closed(session, rows)


async def read_one(session: Session, position: int) -> dict[str, Any]:
    """Return the entry of a position there is, as a page has it."""
    one = f"{_FOUND} WHERE account_id = $1 AND position = $2"
    [entry] = await _closed(session, await session.raw.fetch(one, session.account_id, position))
    return entry


async def _closed(session: Session, rows: Sequence[asyncpg.Record]) -> list[dict[str, Any]]:
    """Say of the oldest entry too what it chains to, which is there no more."""
    found = [dict(row) for row in rows]
    for each in found:
        if each["former_hash"] is None:
            # Who may only add can say later that a place had another hash: what was said first holds.
            known = dict([*reversed(await checkpoints(session)), BEGINNING])
            each["former_hash"] = known.get(each["position"] - 1)
    return found


async def oldest(session: Session) -> int | None:
    """Return the position of the oldest entry there is."""
    found: int | None = await session.raw.fetchval(_OLDEST, session.account_id)
    return found


async def checkpoints(session: Session) -> list[Head]:
    """Return how far the trail had come at each place up to which it was forgotten, as it says itself."""
    told = [orjson.loads(row["after"]) for row in await session.raw.fetch(_CHECKPOINTS, session.account_id)]
    return [Head(each["position"], bytes.fromhex(each["hash"])) for each in told]


async def read_old(session: Session, until: datetime, most: int) -> Head | None:
    """Return the last of the so many oldest entries that it and all before it are from before a time."""
    row = await session.raw.fetchrow(_OLD, session.account_id, until, most)
    return Head(row["position"], row["hash"]) if row else None


async def forget(session: WriteSession, position: int) -> None:
    """Delete the entries up to a position; only on a connection of who owns the table."""
    await session.raw.execute(_AS_OWNER)
    await session.raw.execute(_FORGET, session.account_id, position)
