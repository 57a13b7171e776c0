"""How small bodies become when answers are compressed: learned from samples, kept a while."""

from asyncio import to_thread
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.db import Session
from app.http.compression import Encoding, compressed
from app.sync.rendering import is_carried, taken_apart

_Key = tuple[UUID, int, int]
_LASTS = timedelta(hours=1)
_MOST = 10_000
_ROWS = 100
_BYTES = 131_072


@dataclass(frozen=True, slots=True)
class Shrinking:
    """How a collection's bodies shrink: those of the sample together, and each byte more that follows."""

    size: int = 0
    compressed: int = 0
    further: float = 1.0

    def of(self, size: int) -> int:
        """Return about how many bytes are left of so many."""
        if size < self.size:
            return round(size * self.compressed / self.size)
        return round(self.compressed + (size - self.size) * self.further)


_known: OrderedDict[_Key, tuple[datetime, Shrinking]] = OrderedDict()


async def shrinking(session: Session, parts: Mapping[int, int]) -> dict[int, Shrinking]:
    """Return how the bodies of some collections shrink, each with the `parts` its rule speaks of.

    Samples are read, and compressed, for what is not known: another window asks for nothing new.
    """
    keys = {number: (session.account_id, number, each) for number, each in parts.items()}
    now = clock.now()
    found = {number: known for number, key in keys.items() if (known := _recall(key, now))}
    missing = keys.keys() - found.keys()
    samples = await _samples(session, sorted(missing)) if missing else {}
    for number in missing:
        # In a thread: meanwhile others are answered.
        found[number] = await to_thread(_shrinking, samples.get(number, []), parts[number])
        _keep(keys[number], now + _LASTS, found[number])
    return found


def _recall(key: _Key, now: datetime) -> Shrinking | None:
    until, found = _known.get(key, (now, None))
    if found is None or until <= now:
        return None
    _known.move_to_end(key)
    return found


def _keep(key: _Key, until: datetime, found: Shrinking) -> None:
    _known[key] = (until, found)
    _known.move_to_end(key)
    if len(_known) > _MOST:
        _known.popitem(last=False)


async def _samples(session: Session, collections: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in await session.raw.fetch(_SAMPLES, session.account_id, collections):
        found.setdefault(row["collection"], []).append(row)
    return found


def _shrinking(sample: Sequence[Any], parts: int) -> Shrinking:
    """Compress the bodies one behind the other, as on a page: the second half tells how it goes on."""
    bodies = [_body(row, parts)[:_BYTES] for row in sample]
    half, whole = b",".join(bodies[: len(bodies) // 2]), b",".join(bodies)
    if not whole:
        return Shrinking()
    before, after = (len(compressed(each, Encoding.GZIP)) for each in (half, whole))
    return Shrinking(len(whole), after, (after - before) / (len(whole) - len(half)))


def _body(row: Any, parts: int) -> bytes:
    core, found = taken_apart(row["body"], row["preview"], row["sizes"])
    carried = (part for place, part in enumerate(found, 1) if is_carried(place, parts))
    return b"".join([core, *carried, b"}"])


_OF_COLLECTION = """
        SELECT collection, day, record_id, body, preview, sizes
        FROM feed
        WHERE account_id = $1 AND collection = asked.collection AND NOT is_deleted AND day"""

# The newest, then what is always at hand, as far as all are not too large together; the first at any size.
_SAMPLES = f"""
SELECT s.collection, s.body, s.preview, s.sizes
FROM unnest($2::smallint[]) AS asked(collection)
CROSS JOIN LATERAL (
    SELECT f.collection, f.body, f.preview, f.sizes,
           sum((SELECT sum(size) FROM unnest(f.sizes) AS sized(size))) OVER newest_first AS upto,
           row_number() OVER newest_first AS place
    FROM (
        ({_OF_COLLECTION} < 'infinity' ORDER BY day DESC, record_id DESC LIMIT {_ROWS})
        UNION ALL
        ({_OF_COLLECTION} = 'infinity' ORDER BY day DESC, record_id DESC LIMIT {_ROWS})
    ) AS f
    WINDOW newest_first AS (ORDER BY f.day = 'infinity', f.day DESC, f.record_id DESC)
) AS s
WHERE place = 1 OR place <= {_ROWS} AND upto <= {_BYTES}
"""
