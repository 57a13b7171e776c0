"""The SQL that writes the feed: one row per record, its past, its tallies, and the account's clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.audit.store import Deed, Doer, advancing
from app.audit.store import adding as auditing
from app.audit.trail import following
from app.core.arrays import columns, parameters
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.revisions import go_on, read_clock
from app.sync import registry, tallies
from app.sync.anchors import NOT_YET, SLOTS, Anchors
from app.sync.fields import Part, Values
from app.sync.registry import Collection
from app.sync.rendering import joined, taken_apart, values_of
from app.sync.tallies import Turn, adding

Key = tuple[int, UUID]
"""A record anywhere in the account: the number of its collection, and its id."""
Latest = tuple[date | None, ...]


class FeedRow(NamedTuple):
    """A record's row in the feed, but for its revision."""

    key: Key
    body_revision: int
    anchors: Anchors
    is_deleted: bool
    filled: int
    mark: int
    field_revisions: Mapping[str, list[int]]
    core: bytes
    parts: list[bytes]
    merged_into: UUID | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the lengths of the core and of each part."""
        return (len(self.core), *map(len, self.parts or [b""] * len(Part)))

    @property
    def body(self) -> tuple[bytes, bytes]:
        """Return the body as it is kept, and the preview beside it."""
        return joined(self.core, self.parts), b"".join(self.parts[Part.PREVIEW - 1 : Part.PREVIEW])

    @property
    def values(self) -> Values | None:
        """Return the fields and bookkeeping, none of a tombstone."""
        collection = registry.numbered(self.key[0])
        return None if self.is_deleted else values_of(collection, self.core, self.parts)


async def next_revision(session: WriteSession) -> int:
    """Return the one revision of this transaction; its session holds the lock, so it is nobody else's."""
    if session.revision is None:
        at = await read_clock(session)
        go_on(session, at)
        return at.revision + 1
    return session.revision


async def is_empty(session: WriteSession) -> bool:
    """Say whether the account has nothing in its feed."""
    sql = "SELECT NOT EXISTS (SELECT FROM feed WHERE account_id = $1)"
    return bool(await session.raw.fetchval(sql, session.account_id))


async def begin_epoch(session: WriteSession, *, leap: bool = False, reconciles: bool = False) -> None:
    """Make every cursor given so far a thing of the past.

    With a `leap` the clock goes on behind every revision there can have been, told or not: the account never
    gave one a microsecond. Then the revisions of phones still mean what they meant, and where nothing was
    written twice under one, what they hold can be compared: the epoch `reconciles`.
    """
    await session.raw.execute(_BEGIN_EPOCH, session.account_id, new_id(), leap, reconciles)


async def schema_of(session: Session) -> int:
    """Return the schema version all rows of the account are rendered for."""
    sql = "SELECT feed_schema FROM account_clock WHERE account_id = $1"
    return int(await session.raw.fetchval(sql, session.account_id))


async def raise_schema(session: WriteSession, version: int) -> None:
    """Say that all rows are rendered for a schema version: phones that know it get what it added."""
    sql = "UPDATE account_clock SET feed_schema = greatest(feed_schema, $2) WHERE account_id = $1"
    await session.raw.execute(sql, session.account_id, version)
    await move_scope(session)


async def move(session: WriteSession, revision: int, keys: Sequence[Key]) -> bool:
    """Move living rows as they are to a revision, and say whether there were any."""
    numbers, ids = [number for number, _ in keys], [record_id for _, record_id in keys]
    return bool(await session.raw.fetchval(_MOVE, session.account_id, revision, numbers, ids))


async def render_anew(session: WriteSession, rows: Sequence[FeedRow], turn: Turn) -> None:
    """Give rows their optional parts anew; their places and versions stay, and no phone hears of it."""
    anew = [(*row.key, row.filled, _array(row.sizes), *row.body) for row in rows]
    arrays = columns(_ANEW_TYPES, anew)
    await session.raw.execute(_RENDER, session.account_id, *arrays, *tallies.columns([turn]))


async def orphans(session: Session, number: int, table: str) -> list[UUID]:
    """Return the living rows of a collection that no record stands behind."""
    sql = (
        "SELECT f.record_id FROM feed f WHERE f.account_id = $1 AND f.collection = $2 AND NOT f.is_deleted"
        f' AND NOT EXISTS (SELECT FROM "{table}" t WHERE t.account_id = $1 AND t.id = f.record_id)'
    )
    return [row["record_id"] for row in await session.raw.fetch(sql, session.account_id, number)]


async def states(session: Session, keys: Sequence[Key]) -> dict[Key, FeedRow]:
    """Return the feed's rows of some records, those it has; of what it has forgotten what is still known."""
    found = await session.raw.fetch(_STATES, session.account_id, *columns(_KEY_TYPES, keys))
    rows = (_row(record) for record in found)
    return {row.key: row for row in rows}


async def all_states(session: Session, collections: Sequence[int]) -> dict[Key, FeedRow]:
    """Return the living rows of some collections, in order of their ids."""
    found = await session.raw.fetch(ALL_STATES, session.account_id, collections)
    rows = (_row(record) for record in found)
    return {row.key: row for row in sorted(rows, key=lambda row: row.key)}


async def follow_on(session: WriteSession, collection: int, gone: UUID, survivor: UUID) -> None:
    """Let what was merged into a record lead to the one that record was merged into: one step to the end."""
    sql = "UPDATE feed SET merged_into = $4 WHERE account_id = $1 AND collection = $2 AND merged_into = $3"
    await session.raw.execute(sql, session.account_id, collection, gone, survivor)


async def living(session: Session, collection: int, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of some records of a collection exist."""
    sql = (
        "SELECT record_id FROM feed WHERE account_id = $1 AND collection = $2 AND record_id = ANY($3::uuid[])"
        " AND NOT is_deleted"
    )
    rows = await session.raw.fetch(sql, session.account_id, collection, ids)
    return {row["record_id"] for row in rows}


async def latest_below(session: Session, parent: Collection, parents: Sequence[UUID]) -> dict[UUID, Latest]:
    """Return the latest days among the children of some parents, and below them, of those that have any."""
    if not registry.children(parent):
        return {}
    rows = await session.raw.fetch(_below_sql(parent.number), session.account_id, list(parents))
    return {row["parent"]: latest_of(row) for row in rows}


@cache
def _below_sql(parent: int) -> str:
    """Return the statement that looks for the children of each parent by their index, then for their rows."""
    kinds = []
    for child, link in registry.children(registry.numbered(parent)):
        days = ", ".join(
            f"greatest(f.latest_{slot}, f.day)" if slot == child.stamp.slot else f"f.latest_{slot}"
            for slot in range(1, SLOTS + 1)
        )
        kinds.append(f"""
    SELECT {days}
    FROM (SELECT id FROM "{child.name}" WHERE account_id = $1 AND {by_key("parents.id", link.name)}) AS t
    CROSS JOIN LATERAL (
        SELECT * FROM feed WHERE account_id = $1 AND collection = {child.number} AND {by_key("t.id")}
    ) AS f""")
    latest = ", ".join(f"max(latest_{slot}) AS latest_{slot}" for slot in range(1, SLOTS + 1))
    return f"""
SELECT parents.id AS parent, {latest}
FROM unnest($2::uuid[]) AS parents(id)
CROSS JOIN LATERAL ({"    UNION ALL".join(kinds)}
) AS below({LATEST})
GROUP BY parents.id"""


async def move_scope(session: WriteSession) -> None:
    """Say that something scopes are compiled from has changed: each is compiled anew at its next pull."""
    if not session.has_moved_scope:
        session.has_moved_scope = True
        sql = "UPDATE account_clock SET scope_revision = scope_revision + 1 WHERE account_id = $1"
        await session.raw.execute(sql, session.account_id)


async def numbers(session: WriteSession, names: Iterable[str]) -> dict[str, int]:
    """Return the account's numbers of ids and names, giving new ones to those that have none."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    rows = await session.raw.fetch(_NUMBERS, session.account_id, wanted)
    if any(row["is_new"] for row in rows):
        await move_scope(session)
    return {row["name"]: row["number"] for row in rows}


async def known_numbers(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Return the account's numbers of those ids and names that have one."""
    sql = "SELECT name, number FROM anchor_numbers WHERE account_id = $1 AND name = ANY($2::text[])"
    rows = await session.raw.fetch(sql, session.account_id, list(names))
    return {row["name"]: row["number"] for row in rows}


async def names_of(session: Session, wanted: Iterable[int]) -> dict[int, str]:
    """Return the ids and names behind some of the account's numbers."""
    sql = "SELECT name, number FROM anchor_numbers WHERE account_id = $1 AND number = ANY($2::int[])"
    rows = await session.raw.fetch(sql, session.account_id, list(wanted))
    return {row["number"]: row["name"] for row in rows}


async def write(
    session: WriteSession,
    revision: int,
    rows: Sequence[FeedRow],
    ended: Sequence[tuple[Key, Anchors]],
    turns: Iterable[Turn],
    *,
    audited: tuple[Doer, Sequence[Deed]],
) -> None:
    """Stamp rows with a revision, keep what ended, tally, audit, and advance the clock: one statement."""
    past = [(*key, *_flat_anchors(each)) for key, each in ended if each.since < revision]
    await session.raw.execute(
        _WRITE,
        session.account_id,
        revision,
        *columns(_ROW_TYPES, [_flat(row) for row in rows]),
        *columns(_PAST_TYPES, past),
        *tallies.columns(turns),
        *await following(session, *audited),
    )


def by_key(wanted: str, column: str = "record_id") -> str:
    """Return the end of a subquery that looks for one value, by the index of its column and no other.

    While a table is small any index looks as good to a plan, and a plan is kept when the table has grown. To
    be between a value and itself is to have an order, which the other indexes have not.
    """
    return f'"{column}" BETWEEN {wanted} AND {wanted} ORDER BY "{column}"'


def later(one: date | None, other: date | None) -> date | None:
    """Return the later of two days, either of which may not be there."""
    if one is None or other is None:
        return one or other
    return max(one, other)


def latest_of(record: Any) -> Latest:
    """Return the closure days of a row."""
    found = tuple(record[f"latest_{slot}"] for slot in range(1, SLOTS + 1))
    return NOT_YET if found == NOT_YET else found


def anchors_of(record: Any) -> Anchors:
    """Return the anchors of a row of the feed or its past."""
    return Anchors(
        since=record["since"],
        by=record["by"],
        day=record["day"],
        labels=tuple(record["labels"]),
        owners=tuple(record["owners"]),
        private=record["private"],
        latest=latest_of(record),
    )


def _flat(row: FeedRow) -> tuple[Any, ...]:
    """Return a row in the order of the statement's arrays."""
    fields = orjson.dumps(row.field_revisions).decode() if row.field_revisions else "{}"
    head = (row.is_deleted, row.merged_into, row.body_revision, row.filled, row.mark, fields)
    return (*row.key, *_flat_anchors(row.anchors), *head, _array(row.sizes), *row.body)


def _flat_anchors(anchors: Anchors) -> tuple[Any, ...]:
    """Arrays of arrays must be of one length, so that labels and owners travel as the text of an array."""
    texts = (_array(anchors.labels), _array(anchors.owners))
    return (anchors.since, anchors.by, anchors.day, *texts, anchors.private, *anchors.latest)


@lru_cache(maxsize=10_000)
def _array(numbers: tuple[int, ...]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _row(record: Any) -> FeedRow:
    core, parts = taken_apart(record["body"], record["preview"], record["sizes"])
    return FeedRow(
        key=(record["collection"], record["record_id"]),
        body_revision=record["body_revision"],
        anchors=anchors_of(record),
        is_deleted=record["is_deleted"],
        filled=record["filled"],
        mark=record["mark"],
        field_revisions=orjson.loads(record["field_revisions"]),
        core=core,
        parts=parts,
        merged_into=record["merged_into"],
    )


LATEST = ", ".join(f"latest_{slot}" for slot in range(1, SLOTS + 1))
ANCHORS = f'since, "by", day, labels, owners, private, {LATEST}'
"""The columns `anchors_of` reads."""

_ANCHOR_TYPES = ["bigint", "uuid", "date", "text", "text", "boolean", *["date"] * SLOTS]
_PAST_TYPES = ["smallint", "uuid", *_ANCHOR_TYPES]
_BODY_TYPES = ["boolean", "uuid", "bigint", "smallint", "bigint", "text", "text", "bytea", "bytea"]
_ROW_TYPES = [*_PAST_TYPES, *_BODY_TYPES]
_KEY_TYPES = ["smallint", "uuid"]
_ANEW_TYPES = [*_KEY_TYPES, "smallint", "text", "bytea", "bytea"]
_PAST_FIRST = 3 + len(_ROW_TYPES)
_TURNED = _PAST_FIRST + len(_PAST_TYPES)
_AUDITED = _TURNED + tallies.COLUMNS
_SELECTED = f'since, "by", day, labels::int[], owners::int[], private, {LATEST}'


_STATE = f"""
SELECT collection, record_id, body_revision, {ANCHORS}, is_deleted, merged_into, filled, mark,
       field_revisions::text, sizes, body, preview"""
ALL_STATES = f"""{_STATE}
FROM unnest($2::smallint[]) AS wanted(number)
CROSS JOIN LATERAL (
    SELECT * FROM feed WHERE account_id = $1 AND collection = wanted.number AND NOT is_deleted
    ORDER BY day, record_id OFFSET 0
) AS found
"""
"""Each by the index whose order it asks for: a plan that knows nothing of lists reads all of an account."""
_NOTHING = ", ".join(["NULL::date"] * SLOTS)
_STATES = f"""{_STATE}
FROM unnest({parameters(_KEY_TYPES, 2)}) AS wanted(number, id)
CROSS JOIN LATERAL (
    (SELECT collection, record_id, body_revision, {ANCHORS}, is_deleted, merged_into, filled, mark,
            field_revisions, sizes, body, preview
     FROM feed WHERE account_id = $1 AND collection = wanted.number AND {by_key("wanted.id")})
    UNION ALL
    (SELECT collection, record_id, 0, 0, NULL, 'infinity', '{{}}', owners, private, {_NOTHING},
            true, merged_into, 0, 0, '{{}}', '{{0}}', '', ''
     FROM deleted_records WHERE account_id = $1 AND collection = wanted.number AND {by_key("wanted.id")})
    LIMIT 1
) AS found
"""
"""One by one by their key: joined at once, a plan that knows little of an account reads all of its feed.

What the feed has is what counts: only where it has nothing is there a look at what it has forgotten.
"""

# The account's clock is held, so that nobody else gives numbers at the same time.
_NUMBERS = """
WITH known AS (
    SELECT name, number FROM anchor_numbers WHERE account_id = $1 AND name = ANY($2::text[])
), given AS (
    INSERT INTO anchor_numbers (account_id, name, number)
    SELECT $1, name, (SELECT coalesce(max(number), 0) FROM anchor_numbers WHERE account_id = $1)
                     + row_number() OVER (ORDER BY name)
    FROM unnest($2::text[]) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM known WHERE known.name = wanted.name)
    RETURNING name, number
)
SELECT name, number, false AS is_new FROM known UNION ALL SELECT name, number, true FROM given
"""

_WRITE = f"""
WITH tick AS (
    UPDATE account_clock SET revision = $2, {advancing(_AUDITED)} WHERE account_id = $1
), audited AS ({auditing(_AUDITED)}
), past AS (
    INSERT INTO feed_past (account_id, until, collection, record_id, {ANCHORS})
    SELECT clock.account_id, $2, collection, record_id, {_SELECTED}
    FROM account_clock AS clock
    CROSS JOIN unnest({parameters(_PAST_TYPES, _PAST_FIRST)}) AS ended(collection, record_id, {ANCHORS})
    WHERE clock.account_id = $1
), tallied AS ({adding(_TURNED)})
INSERT INTO feed (account_id, revision, collection, record_id, {ANCHORS},
                  is_deleted, merged_into, body_revision, filled, mark, field_revisions, sizes, body, preview)
SELECT $1, $2, collection, record_id, {_SELECTED}, is_deleted, merged_into,
       body_revision, filled, mark, field_revisions::jsonb, sizes::int[], body, preview
FROM unnest({parameters(_ROW_TYPES, 3)})
     AS written(collection, record_id, {ANCHORS},
                is_deleted, merged_into, body_revision, filled, mark, field_revisions, sizes, body, preview)
ON CONFLICT (account_id, collection, record_id) DO UPDATE
SET ({ANCHORS}, revision, is_deleted, merged_into, body_revision, filled, mark, field_revisions, sizes, body,
     preview)
  = ({", ".join(f"excluded.{name.strip()}" for name in ANCHORS.split(","))}, excluded.revision,
     excluded.is_deleted, excluded.merged_into, excluded.body_revision, excluded.filled, excluded.mark,
     excluded.field_revisions, excluded.sizes, excluded.body, excluded.preview)
"""

_BEGIN_EPOCH = """
UPDATE account_clock
SET epoch = $2,
    revision = CASE WHEN $3 THEN greatest(revision + 1, at.microseconds) ELSE revision END,
    scope_revision = CASE WHEN $3 THEN greatest(scope_revision + 1, at.microseconds) ELSE scope_revision END,
    former_epoch = CASE WHEN $4 THEN epoch END,
    restored_from = CASE WHEN $4 THEN revision END
FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS microseconds) AS at
WHERE account_id = $1
"""

_MOVE = """
WITH moved AS (
    UPDATE feed SET revision = $2
    WHERE account_id = $1 AND NOT is_deleted
      AND (collection, record_id) IN (SELECT * FROM unnest($3::smallint[], $4::uuid[]))
    RETURNING 1
), tick AS (
    UPDATE account_clock SET revision = $2 WHERE account_id = $1 AND EXISTS (SELECT FROM moved)
)
SELECT count(*) FROM moved
"""

_RENDER = f"""
WITH tallied AS ({adding(8)})
UPDATE feed SET (filled, sizes, body, preview) = (anew.filled, anew.sizes::int[], anew.body, anew.preview)
FROM unnest({parameters(_ANEW_TYPES, 2)})
     AS anew(collection, record_id, filled, sizes, body, preview)
WHERE feed.account_id = $1 AND feed.collection = anew.collection AND feed.record_id = anew.record_id
"""
