"""The SQL of the pull: rules and slices go in as one JSON parameter, bodies come out as bytes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session
from app.sync.anchors import ALWAYS, SLOTS, Anchors
from app.sync.cursor import Place, RecordKey
from app.sync.feed import ANCHORS, LATEST, anchors_of
from app.sync.fields import Part
from app.sync.scope import EARLIEST, Rule, Scope

REMOVAL_BYTES = 40
"""What a removal counts for when a page is filled."""


@dataclass(frozen=True, slots=True)
class Room:
    """What still fits into a page."""

    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A record stamped after the base: its place, and its body when it is to be put."""

    place: Place
    is_deleted: bool
    anchors: Anchors
    body: bytes | None
    upto_bytes: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of unchanged records, given under one rule and wanted under another."""

    collection: int
    after: RecordKey
    upto: RecordKey
    given: Rule | None
    wanted: Rule | None


@dataclass(frozen=True, slots=True)
class Moved:
    """An unchanged record that enters, with its body, or leaves, with none."""

    slice_number: int
    key: RecordKey
    body: bytes | None
    upto_bytes: int


async def fresh(session: Session, after: Place, upto: int, scope: Scope, room: Room) -> list[Fresh]:
    """Return records stamped after a place in order, one more than fits so that the end can be told."""
    rows = await session.raw.fetch(
        _FRESH, session.account_id, *after, upto, _rules(scope), room.rows + 1, room.bytes
    )
    return [
        Fresh(
            place=(row["revision"], row["collection"], row["record_id"]),
            is_deleted=row["is_deleted"],
            anchors=anchors_of(row),
            body=row["body"],
            upto_bytes=row["upto_bytes"],
        )
        for row in rows
    ]


async def past(
    session: Session, keys: Sequence[tuple[int, UUID]], after: int
) -> dict[tuple[int, UUID], list[Anchors]]:
    """Return the states of some records that ended after a revision."""
    found: dict[tuple[int, UUID], list[Anchors]] = {}
    numbers, ids = [number for number, _ in keys], [record_id for _, record_id in keys]
    for row in await session.raw.fetch(_PAST, session.account_id, numbers, ids, after):
        found.setdefault((row["collection"], row["record_id"]), []).append(anchors_of(row))
    return found


async def moved(session: Session, upto: int, slices: Sequence[Slice], room: Room) -> list[Moved]:
    """Return the records that enter or leave, slice by slice, one more than fits."""
    rows = await session.raw.fetch(
        _MOVED, session.account_id, upto, _slices(slices), room.rows + 1, room.bytes
    )
    found = [
        Moved(row["slice_number"], (row["day"], row["record_id"]), row["body"], row["upto_bytes"])
        for row in rows
    ]
    places = [(each.slice_number, each.key) for each in found]
    if places != sorted(places):
        raise AssertionError("the slices of a pull came back out of order")
    return found


async def count(session: Session, upto: int, slices: Sequence[Slice]) -> dict[int, int]:
    """Return how many records enter or leave, by collection."""
    rows = await session.raw.fetch(_COUNT, session.account_id, upto, _slices(slices))
    return {row["collection"]: row["moved"] for row in rows}


async def digests(session: Session, scope: Scope) -> dict[int, tuple[int, int]]:
    """Return how many records lie in a scope, and the exclusive or of their marks, by collection."""
    rows = await session.raw.fetch(_DIGESTS, session.account_id, _rules(scope))
    return {row["collection"]: (row["records"], row["mark"]) for row in rows}


def _rules(scope: Scope) -> str:
    rules = ({"collection": number, **_columns("wanted", rule)} for number, rule in scope.items())
    return orjson.dumps(list(rules)).decode()


def _slices(slices: Iterable[Slice]) -> str:
    return orjson.dumps([_slice(number, each) for number, each in enumerate(slices)], default=str).decode()


def _slice(number: int, each: Slice) -> dict[str, Any]:
    return {
        "slice_number": number,
        "collection": each.collection,
        "after_day": _day(each.after[0]),
        "after_id": each.after[1],
        "upto_day": _day(each.upto[0]),
        "upto_id": each.upto[1],
        **_columns("given", each.given),
        **_columns("wanted", each.wanted),
    }


def _columns(name: str, rule: Rule | None) -> dict[str, Any]:
    """No rule at all has nothing in its columns: the statement takes that for false."""
    if rule is None:
        return {}
    edges = {f"{name}_edge_{slot}": _day(edge) for slot, edge in rule.edges}
    return {
        f"{name}_lo": _day(rule.lo),
        f"{name}_hi": _day(rule.hi),
        f"{name}_own": rule.own,
        f"{name}_active": rule.by_activity,
        f"{name}_required": rule.required,
        f"{name}_excluded": rule.excluded,
        f"{name}_owners": rule.owners,
        f"{name}_me": rule.me,
        f"{name}_omit": rule.omit,
        **edges,
    }


def _day(day: date) -> str:
    return {EARLIEST: "-infinity", ALWAYS: "infinity"}.get(day) or str(day)


def _declared(name: str) -> str:
    """Return the columns of a rule in a record set."""
    edges = ", ".join(f"{name}_edge_{slot} date" for slot in range(1, SLOTS + 1))
    return ", ".join(
        [
            f"{name}_lo date, {name}_hi date, {name}_own boolean, {name}_active boolean",
            f"{name}_required integer[], {name}_excluded integer[], {name}_owners integer[]",
            f"{name}_me integer, {name}_omit integer, {edges}",
        ]
    )


def _admits(name: str) -> str:
    """Return the test of `Rule.admits`; whatever compares with nothing is false."""
    children = " OR ".join(
        f"coalesce(f.latest_{slot} >= {name}_edge_{slot}, false)" for slot in range(1, SLOTS + 1)
    )
    return f"""
        coalesce({name}_own IS NOT NULL AND ({name}_me IS NULL OR NOT f.private OR {name}_me = ANY(f.owners))
            AND ({name}_own
                 AND (f.day >= {name}_lo AND (f.day <= {name}_hi OR f.day = 'infinity')
                      OR {name}_active AND coalesce(greatest({LATEST}) >= {name}_lo, false))
                 AND ({name}_required IS NULL OR f.labels && {name}_required)
                 AND NOT f.labels && {name}_excluded
                 AND ({name}_owners IS NULL OR f.owners && {name}_owners)
                 OR {children}), false)"""


def _parts(of: Callable[[Part], str], nothing: str) -> list[str]:
    """Return the parts that are not omitted; a preview stands in for content that is."""
    notes, custom, content, preview = (of(part) for part in Part)
    return [
        f"CASE WHEN wanted_omit & 1 = 0 THEN {notes} ELSE {nothing} END",
        f"CASE WHEN wanted_omit & 2 = 0 THEN {custom} ELSE {nothing} END",
        " ".join(
            [
                f"CASE WHEN wanted_omit & 4 = 0 THEN {content}",
                f"WHEN wanted_omit & 8 = 0 THEN {preview} ELSE {nothing} END",
            ]
        ),
    ]


_WHOLE = " || ".join(["core", *_parts(lambda part: f"parts[{part}]", "''::bytea"), "'}'::bytea"])
_LENGTH = " + ".join(["sizes[1]", *_parts(lambda part: f"sizes[{part + 1}]", "0"), "2"])
# Bodies are put together last, of the rows that fit alone: lengths come from a column of their own.
_BODY = f"CASE WHEN is_put THEN {_WHOLE} END AS body"
_CARRIED = "is_put, wanted_omit, core, parts"
_PLACE = "revision, collection, record_id"
_COST = f"CASE WHEN is_put THEN {_LENGTH} ELSE {REMOVAL_BYTES} END"

# What does not fit still tells that there is more: a page ends with the row that passes its limit, and the
# second row comes even when the first alone passes it.
# One lower bound only, as a row comparison, or the index is entered far too early.
_FRESH = f"""
SELECT revision, collection, record_id, is_deleted, {ANCHORS}, {_BODY}, upto_bytes FROM (
    SELECT revision, collection, record_id, is_deleted, {ANCHORS}, {_CARRIED}, {_COST} AS bytes,
           sum({_COST}) OVER (ORDER BY {_PLACE} ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY {_PLACE}) AS place
    FROM (
        SELECT f.*, r.wanted_omit, NOT f.is_deleted AND {_admits("r.wanted")} AS is_put
        FROM feed f
        LEFT JOIN jsonb_to_recordset($6::text::jsonb) AS r(collection smallint, {_declared("wanted")})
               ON r.collection = f.collection
        WHERE f.account_id = $1 AND f.revision <= $5
          AND (f.revision, f.collection, f.record_id) > ($2::bigint, $3::smallint, $4::uuid)
        ORDER BY f.revision, f.collection, f.record_id
        LIMIT $7
    ) AS f
) AS page
WHERE upto_bytes - bytes <= $8 OR place <= 2
ORDER BY revision, collection, record_id
"""

_PAST = f"""
SELECT collection, record_id, {ANCHORS}
FROM feed_past
WHERE account_id = $1 AND until > $4
  AND (collection, record_id) IN (SELECT * FROM unnest($2::smallint[], $3::uuid[]))
"""

# A record that was given and still belongs is sent again only if a part that differs holds something.
_DIFFERING = f"""
jsonb_to_recordset($3::text::jsonb) AS s(
    slice_number integer, collection smallint, after_day date, after_id uuid, upto_day date, upto_id uuid,
    {_declared("given")}, {_declared("wanted")})
CROSS JOIN LATERAL (
    SELECT f.*, {_admits("s.wanted")} AS is_put
    FROM feed f
    WHERE f.account_id = $1 AND f.collection = s.collection AND NOT f.is_deleted AND f.revision <= $2
      AND (f.day, f.record_id) > (s.after_day, s.after_id) AND (f.day, f.record_id) <= (s.upto_day, s.upto_id)
      AND CASE WHEN {_admits("s.given")} THEN
              NOT {_admits("s.wanted")} OR (s.given_omit # s.wanted_omit) & f.filled <> 0
          ELSE {_admits("s.wanted")} END
    ORDER BY f.day, f.record_id
"""

_MOVED = f"""
SELECT slice_number, day, record_id, {_BODY}, upto_bytes FROM (
    SELECT slice_number, day, record_id, {_CARRIED}, {_COST} AS bytes,
           sum({_COST}) OVER (ORDER BY slice_number, day, record_id ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY slice_number, day, record_id) AS place
    FROM (
        SELECT s.slice_number, s.wanted_omit, f.* FROM {_DIFFERING} LIMIT $4) AS f
        LIMIT $4
    ) AS f
) AS page
WHERE upto_bytes - bytes <= $5 OR place <= 2
ORDER BY slice_number, day, record_id
"""

_COUNT = f"SELECT s.collection, count(*) AS moved FROM {_DIFFERING}) AS f GROUP BY s.collection"

_DIGESTS = f"""
SELECT r.collection, count(*) AS records, bit_xor(f.mark) AS mark
FROM jsonb_to_recordset($2::text::jsonb) AS r(collection smallint, {_declared("wanted")})
JOIN feed f ON f.account_id = $1 AND f.collection = r.collection AND NOT f.is_deleted
           AND {_admits("r.wanted")}
GROUP BY r.collection
"""
