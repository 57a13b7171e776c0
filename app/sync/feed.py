"""The SQL that writes the feed: one row per record, its past anchors, and the account's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.sync.rendering import Values, values_of

ALWAYS = date.max
"""The day of a record that no window leaves out: the driver writes it as `infinity`."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """What trimming may look at, the revision at which it began, and the device that set it."""

    since: int
    by: UUID | None
    day: date


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A record's row in the feed, but for its revision."""

    key: tuple[int, UUID]
    body_revision: int
    anchors: Anchors
    is_deleted: bool
    filled: int
    mark: int
    field_revisions: dict[str, list[int]]
    core: bytes
    parts: list[bytes]

    @property
    def values(self) -> Values | None:
        """Return the fields and bookkeeping, none of a tombstone."""
        return None if self.is_deleted else values_of(self.core, self.parts)


async def next_revision(session: WriteSession) -> int:
    """Return the one revision of this transaction; its session holds the lock, so it is nobody else's."""
    if session.revision is None:
        sql = "SELECT revision FROM account_clock WHERE account_id = $1"
        session.revision = await session.raw.fetchval(sql, session.account_id) + 1
    return session.revision


async def is_empty(session: WriteSession) -> bool:
    """Say whether the account has nothing in its feed."""
    sql = "SELECT NOT EXISTS (SELECT FROM feed WHERE account_id = $1)"
    return bool(await session.raw.fetchval(sql, session.account_id))


async def begin_epoch(session: WriteSession) -> None:
    """Make every cursor given so far a thing of the past."""
    sql = "UPDATE account_clock SET epoch = $2 WHERE account_id = $1"
    await session.raw.execute(sql, session.account_id, new_id())


async def orphans(session: Session, number: int, table: str) -> list[UUID]:
    """Return the living rows of a collection that no record stands behind."""
    sql = (
        "SELECT record_id FROM feed WHERE account_id = $1 AND collection = $2 AND NOT is_deleted"
        f' AND NOT EXISTS (SELECT FROM "{table}" WHERE account_id = $1 AND id = record_id)'
    )
    return [row["record_id"] for row in await session.raw.fetch(sql, session.account_id, number)]


async def states(session: Session, keys: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], FeedRow]:
    """Return the feed's rows of some records, those it has."""
    found = await session.raw.fetch(
        _STATES, session.account_id, [number for number, _ in keys], [record_id for _, record_id in keys]
    )
    rows = (_row(record) for record in found)
    return {row.key: row for row in rows}


async def write(
    session: WriteSession,
    revision: int,
    rows: Sequence[FeedRow],
    ended: Sequence[tuple[tuple[int, UUID], Anchors]],
) -> None:
    """Stamp rows with a revision, keep the anchors that ended, and advance the clock: one statement."""
    seen = [(*key, each.since, each.by, each.day) for key, each in ended if each.since < revision]
    written, past = _columns([_flat(row) for row in rows], 14), _columns(seen, 5)
    await session.raw.execute(_WRITE, session.account_id, revision, *written, *past)


def _flat(row: FeedRow) -> tuple[Any, ...]:
    """Return a row in the order of the statement's arrays."""
    fields = orjson.dumps(row.field_revisions).decode()
    anchors, parts = row.anchors, row.parts or [b"", b"", b""]
    stamps = (row.body_revision, anchors.since, anchors.by, row.is_deleted, anchors.day)
    return (*row.key, *stamps, row.filled, row.mark, fields, row.core, *parts)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _row(record: Any) -> FeedRow:
    return FeedRow(
        key=(record["collection"], record["record_id"]),
        body_revision=record["body_revision"],
        anchors=Anchors(record["since"], record["by"], record["day"]),
        is_deleted=record["is_deleted"],
        filled=record["filled"],
        mark=record["mark"],
        field_revisions=orjson.loads(record["field_revisions"]),
        core=record["core"],
        parts=record["parts"],
    )


_STATES = """
SELECT collection, record_id, body_revision, since, "by", day, is_deleted, filled, mark,
       field_revisions::text, core, parts
FROM feed
WHERE account_id = $1
  AND (collection, record_id) IN (SELECT * FROM unnest($2::smallint[], $3::uuid[]))
"""

_WRITE = """
WITH tick AS (
    UPDATE account_clock SET revision = $2 WHERE account_id = $1
), past AS (
    INSERT INTO feed_past (account_id, collection, record_id, until, since, "by", day)
    SELECT $1, collection, record_id, $2, since, "by", day
    FROM unnest($17::smallint[], $18::uuid[], $19::bigint[], $20::uuid[], $21::date[])
         AS ended(collection, record_id, since, "by", day)
)
INSERT INTO feed (account_id, revision, collection, record_id, body_revision, since, "by", is_deleted, day,
                  filled, mark, field_revisions, core, parts)
SELECT $1, $2, collection, record_id, body_revision, since, "by", is_deleted, day,
       filled, mark, field_revisions::jsonb, core, ARRAY[notes, custom, content]
FROM unnest($3::smallint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::uuid[], $8::boolean[], $9::date[],
            $10::smallint[], $11::bigint[], $12::text[], $13::bytea[],
            $14::bytea[], $15::bytea[], $16::bytea[])
     AS written(collection, record_id, body_revision, since, "by", is_deleted, day,
                filled, mark, field_revisions, core, notes, custom, content)
ON CONFLICT (account_id, collection, record_id) DO UPDATE
SET revision = excluded.revision, body_revision = excluded.body_revision, since = excluded.since,
    "by" = excluded."by", is_deleted = excluded.is_deleted, day = excluded.day, filled = excluded.filled,
    mark = excluded.mark, field_revisions = excluded.field_revisions, core = excluded.core,
    parts = excluded.parts
"""
