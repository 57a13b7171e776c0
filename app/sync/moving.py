"""Moving: all that names a merged record comes to name another, unread, however much it is."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cache
from uuid import UUID

import orjson

from app.core.db import WriteSession
from app.core.ids import NIL
from app.sync import registry
from app.sync.feed import by_key
from app.sync.fields import BOOKKEEPING, Values
from app.sync.registry import Collection, FieldSpec
from app.sync.tables import Kind
from app.sync.tallies import Counted


def is_movable(spec: FieldSpec) -> bool:
    """Say whether a field that names a record can be made to name another where it is kept.

    A single link is as long in either case, so that all else in a body stays at its place.
    """
    return spec.kind is Kind.ID


async def move(
    session: WriteSession,
    target: Collection,
    merged: tuple[UUID, UUID],
    stamp: tuple[int, int, Values],
    dead: Mapping[int, Sequence[UUID]],
) -> AsyncIterator[tuple[Collection, str, list[UUID]]]:
    """Let what names a record that is merged name the other, but for what is deleted in this transaction.

    `stamp` has the revision, the writer and the bookkeeping. Yields what has moved, by collection and link.
    """
    revision, writer, kept = stamp
    tail = orjson.dumps({name: kept[name] for name in BOOKKEEPING if name in kept}).decode()[1:-1]
    for child, spec in movable(target):
        changed = orjson.dumps({spec.name: [revision, writer]}).decode()
        sql = _move_sql(child.number, spec.name, is_distributed=session.is_distributed)
        told = revision, changed, "," + tail, orjson.dumps(kept).decode()
        rows = await session.raw.fetch(sql, session.account_id, *merged, *told, dead.get(child.number, ()))
        yield child, spec.name, [row["id"] for row in rows]


def movable(target: Collection) -> Iterator[tuple[Collection, FieldSpec]]:
    """Yield the fields that name records of a collection and can be moved."""
    return ((child, spec) for child, spec in registry.referring(target.name) if is_movable(spec))


_VERSION = len('{"id":"') + len(str(NIL)) + len('","revision":')
"""Where a body has its version."""


@cache
def _move_sql(number: int, name: str, *, is_distributed: bool) -> str:
    """Return the statement for one field: the records, their rows in the feed, and the tallies of those.

    Bodies are what the store renders, byte for byte: the version at their beginning, the field wherever it
    is, and what the store keeps at the end of the part that is always sent. Rows are read by their key and
    written at their place: the account's clock is held, so that nobody else moves them. Of places on another
    node Citus knows nothing, and the key is the place there.
    """
    child = registry.numbered(number)
    place = "record_id" if is_distributed else "ctid"
    at = f"feed.collection = {number} AND feed.record_id" if is_distributed else "feed.ctid"
    return f"""
WITH kept AS (
    SELECT ($7::text::jsonb ->> 'updated_at')::timestamptz AS updated_at,
           ($7::text::jsonb ->> 'updated_by')::uuid AS updated_by
), moved AS (
    UPDATE "{child.name}" AS t SET "{name}" = $3, updated_at = kept.updated_at, updated_by = kept.updated_by
    FROM kept WHERE t.account_id = $1 AND t."{name}" = $2 AND t.id <> ALL ($8::uuid[])
    RETURNING t.id
), before AS (
    SELECT f.place, f.day, f.sizes[1] AS size, f.sizes[2:] AS others,
           convert_from(substring(f.body FOR f.sizes[1]), 'UTF8') AS core,
           convert_from(substring(f.body FROM f.sizes[1] + 1), 'UTF8') AS rest
    FROM moved CROSS JOIN LATERAL (
        SELECT *, {place} AS place FROM feed
        WHERE account_id = $1 AND collection = {number} AND {by_key("moved.id")}
    ) AS f
), named AS (
    SELECT '"{name}":"' || $2::uuid || '"' AS old, '"{name}":"' || $3::uuid || '"' AS new
), after AS (
    SELECT place, day, size, others, convert_to(replace(rest, old, new), 'UTF8') AS rest,
           convert_to(left(core, {_VERSION}) || $4::bigint || replace(
               substring(core FROM began FOR strpos(core, ',"updated_at":') - began), old, new
           ) || $6::text, 'UTF8') AS core
    FROM before CROSS JOIN named
    CROSS JOIN LATERAL (
        SELECT {_VERSION} + strpos(substring(core FROM {_VERSION + 1} FOR 20), ',') AS began
    ) AS fields
), fed AS (
    UPDATE feed SET revision = $4, body_revision = $4, mark = {_mark("record_id", "$4::bigint")},
        field_revisions = field_revisions || $5::text::jsonb,
        sizes = octet_length(after.core) || others, body = after.core || after.rest
    FROM after
    WHERE feed.account_id = $1 AND {at} = after.place
), tallied AS (
    INSERT INTO feed_tallies AS t (account_id, collection, kind, month, numbers, amount)
    SELECT $1, {number}, {Counted.BYTES}, date_trunc('month', day::timestamp)::date, '{{1}}',
           sum(octet_length(core) - size)
    FROM after GROUP BY 4 HAVING sum(octet_length(core) - size) <> 0
    ON CONFLICT (account_id, collection, kind, month, numbers) DO UPDATE
    SET amount = t.amount + excluded.amount
)
SELECT id FROM moved
"""


def _mark(record_id: str, revision: str) -> str:
    """Return what `rendering.mark_of` does, in SQL."""
    return f"('x' || substr(md5({record_id} || ':' || {revision}), 1, 16))::bit(64)::bigint"
