"""The SQL of the pull: rules and slices go in as one JSON parameter, bodies come out as bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session
from app.sync.cursor import Place, RecordKey
from app.sync.feed import ALWAYS, Anchors
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
            anchors=Anchors(row["since"], row["by"], row["day"]),
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
        state = Anchors(row["since"], row["by"], row["day"])
        found.setdefault((row["collection"], row["record_id"]), []).append(state)
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


def _rules(scope: Scope) -> str:
    rules = ({"collection": number, **_edges("wanted", rule)} for number, rule in scope.items())
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
        **_edges("given", each.given),
        **_edges("wanted", each.wanted),
    }


def _edges(name: str, rule: Rule | None) -> dict[str, str | None]:
    """No rule has no edges: the comparison with nothing is made false in the statement."""
    if rule is None:
        return {f"{name}_lo": None, f"{name}_hi": None}
    return {f"{name}_lo": _day(rule.lo), f"{name}_hi": _day(rule.hi)}


def _day(day: date) -> str:
    return {EARLIEST: "-infinity", ALWAYS: "infinity"}.get(day) or str(day)


def _admits(rule: str) -> str:
    return f"coalesce(f.day >= {rule}_lo AND (f.day <= {rule}_hi OR f.day = 'infinity'), false)"


_BODY = "f.core || f.parts[1] || f.parts[2] || f.parts[3] || '}'::bytea"
_BYTES = (
    " + ".join(f"octet_length(f.{each})" for each in ("core", "parts[1]", "parts[2]", "parts[3]")) + " + 2"
)

# What does not fit still tells that there is more: a page ends with the row that passes its limit, and the
# second row comes even when the first alone passes it.
# One lower bound only, as a row comparison, or the index is entered far too early.
_FRESH = f"""
SELECT * FROM (
    SELECT revision, collection, record_id, is_deleted, since, "by", day,
           CASE WHEN is_put THEN {_BODY} END AS body,
           sum(CASE WHEN is_put THEN {_BYTES} ELSE {REMOVAL_BYTES} END)
               OVER (ORDER BY revision, collection, record_id ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY revision, collection, record_id) AS place,
           CASE WHEN is_put THEN {_BYTES} ELSE {REMOVAL_BYTES} END AS bytes
    FROM (
        SELECT feed.*, NOT is_deleted AND {_admits("r.wanted").replace("f.day", "feed.day")} AS is_put
        FROM feed
        LEFT JOIN jsonb_to_recordset($6::text::jsonb)
                  AS r(collection smallint, wanted_lo date, wanted_hi date) USING (collection)
        WHERE account_id = $1 AND (revision, collection, record_id) > ($2::bigint, $3::smallint, $4::uuid)
          AND revision <= $5
        ORDER BY revision, collection, record_id
        LIMIT $7
    ) AS f
) AS page
WHERE upto_bytes - bytes <= $8 OR place <= 2
ORDER BY revision, collection, record_id
"""

_PAST = """
SELECT collection, record_id, since, "by", day
FROM feed_past
WHERE account_id = $1 AND until > $4
  AND (collection, record_id) IN (SELECT * FROM unnest($2::smallint[], $3::uuid[]))
"""

_DIFFERING = f"""
jsonb_to_recordset($3::text::jsonb) AS s(
    slice_number integer, collection smallint, after_day date, after_id uuid, upto_day date, upto_id uuid,
    given_lo date, given_hi date, wanted_lo date, wanted_hi date)
CROSS JOIN LATERAL (
    SELECT f.*, {_admits("s.wanted")} AS is_put
    FROM feed f
    WHERE f.account_id = $1 AND f.collection = s.collection AND NOT f.is_deleted AND f.revision <= $2
      AND (f.day, f.record_id) > (s.after_day, s.after_id) AND (f.day, f.record_id) <= (s.upto_day, s.upto_id)
      AND {_admits("s.given")} <> {_admits("s.wanted")}
    ORDER BY f.day, f.record_id
"""

_MOVED = f"""
SELECT * FROM (
    SELECT slice_number, day, record_id,
           CASE WHEN is_put THEN {_BODY} END AS body,
           sum(CASE WHEN is_put THEN {_BYTES} ELSE {REMOVAL_BYTES} END)
               OVER (ORDER BY slice_number, day, record_id ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY slice_number, day, record_id) AS place,
           CASE WHEN is_put THEN {_BYTES} ELSE {REMOVAL_BYTES} END AS bytes
    FROM (
        SELECT s.slice_number, f.* FROM {_DIFFERING} LIMIT $4) AS f
        LIMIT $4
    ) AS f
) AS page
WHERE upto_bytes - bytes <= $5 OR place <= 2
ORDER BY slice_number, day, record_id
"""

_COUNT = f"SELECT s.collection, count(*) AS moved FROM {_DIFFERING}) AS f GROUP BY s.collection"
