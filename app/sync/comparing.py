"""Comparing the feed with the records, which are the truth, one page of a collection at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from app.core.db import Session
from app.sync import feed
from app.sync.anchors import numbered
from app.sync.feed import FeedRow
from app.sync.fields import Part, Values
from app.sync.registry import Collection
from app.sync.rendering import filled_of, late_bit, parts_of
from app.sync.stamping import latest_days
from app.sync.tallies import Turn


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs on a page.

    `wrong` are records that phones were not told of as they are, `outdated` rows, as they should be, that
    lack nothing but what later schema versions added; `turn` is what writing these does to the tallies.
    """

    wrong: Sequence[UUID]
    outdated: Sequence[FeedRow]
    turn: Turn


async def compare(
    session: Session, collection: Collection, records: Mapping[UUID, Values], version: int
) -> Compared:
    """Compare some records with their rows in a feed that phones know up to a schema version."""
    rows = await feed.states(session, [(collection.number, each) for each in records])
    numbers = await feed.known_numbers(session, {n for v in records.values() for n in _names(collection, v)})
    latest = await latest_days(session, collection, list(records))
    wrong: list[UUID] = []
    outdated: list[FeedRow] = []
    turn = Turn(collection.number)
    for record_id, values in records.items():
        row = rows.get((collection.number, record_id))
        if (
            row is None
            or not _is_told(collection, row, values, version)
            or not _is_stamped(collection, row, values, numbers)
            or row.anchors.latest != latest[record_id]
        ):
            wrong.append(record_id)
            continue
        anew = row._replace(filled=filled_of(collection, values), parts=parts_of(collection, values))
        if anew != row:
            outdated.append(anew)
            turn.take((row.anchors, row.sizes), (anew.anchors, anew.sizes))
    return Compared(wrong, outdated, turn)


def _is_told(collection: Collection, row: FeedRow, values: Values, version: int) -> bool:
    """Say whether a row has all that phones of a version may know, each field in its part."""
    later = {spec.name for spec in collection.late_fields if spec.since > version}
    told = {name: value for name, value in (row.values or {}).items() if name not in later}
    if told != {name: value for name, value in values.items() if name not in later}:
        return False
    known = sum(each.since <= version for each in collection.late_parts)
    parts = zip(row.parts, parts_of(collection, values)[: len(Part) + known], strict=False)
    bits = late_bit(known) - 1
    return (
        len(row.parts) >= len(Part) + known
        and all(one == other or _fields(one) == _fields(other) for one, other in parts)
        and row.filled & bits == filled_of(collection, values) & bits
    )


def _fields(part: bytes) -> Values:
    fields: Values = orjson.loads(b"{" + part[1:] + b"}")
    return fields


def _is_stamped(collection: Collection, row: FeedRow, values: Values, numbers: Mapping[str, int]) -> bool:
    stamp, anchors = collection.stamp, row.anchors
    return (
        set(_names(collection, values)) <= numbers.keys()
        and anchors.labels == numbered(stamp.labels_of(values), numbers)
        and anchors.owners == numbered(stamp.owners_of(values), numbers)
        and (anchors.day, anchors.private) == (stamp.day_of(values), stamp.is_private(values))
    )


def _names(collection: Collection, values: Values) -> list[str]:
    return [*collection.stamp.labels_of(values), *collection.stamp.owners_of(values)]
