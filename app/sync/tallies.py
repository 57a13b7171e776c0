"""Tallies: what the feed holds by collection and month, kept in the statement that writes the feed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from app.core import arrays
from app.core.db import Session, WriteSession
from app.sync.anchors import ALWAYS, NOT_YET, SLOTS, Anchors, Told
from app.sync.scope import Rule, Scope

Numbers = tuple[int, ...]
_Amounted = tuple["Counted", date, Numbers]
Months = Mapping[date, int]
"""An amount by the first day of its month; what is always at hand stands on the day that is always."""


class Counted(IntEnum):
    """What an amount counts, by month and by `numbers`; tombstones count nothing.

    `RECORDS` and, by their place in `sizes`, `BYTES`; records by their whole set of `LABELS` and of `OWNERS`
    if they have any, and those that are `PRIVATE` by their owners too: all these by the month of the
    record's day. By days below them are counted parents: each kind's `LATEST` by its slot, and the `LAST` of
    these alone, by the slot that has it. `ACTIVITY` tells where counting by that day or the record's own,
    whichever is later, differs from `RECORDS`: one more by the slot, and by 0 one less on their own day.
    """

    RECORDS = 1
    BYTES = 2
    LABELS = 3
    OWNERS = 4
    PRIVATE = 5
    LATEST = 6
    LAST = 7
    ACTIVITY = 8

    # Counted by for each record, and a member's own hash is worked out from its name each time.
    __hash__ = int.__hash__


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one collection, as far as a rule asks for them."""

    amounts: Mapping[Counted, Mapping[Numbers, Months]] = field(default_factory=dict)

    def by(self, counted: Counted) -> Mapping[Numbers, Months]:
        """Return amounts by what was counted and month."""
        return self.amounts.get(counted, {})

    @property
    def records(self) -> Months:
        """Return how many records stand on each month."""
        return self.by(Counted.RECORDS).get((), {})


NOTHING = Tally()
Weighed = tuple[Anchors, Sequence[int]]
"""What of a living row is tallied: its anchors, and its `sizes`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """By how much some writing changes the tallies of one collection: mostly a few bytes."""

    collection: int
    amounts: Counter[_Amounted] = field(default_factory=Counter)

    def take(self, before: Weighed | None, after: Weighed | None) -> None:
        """Put on what a row comes to, and take off what it came to before."""
        amounts = self.amounts
        if before and after and before[0].told == after[0].told:
            month = _month_of(after[0].day)
            for place, (was, now) in enumerate(zip_longest(before[1], after[1], fillvalue=0), 1):
                if now != was:
                    amounts[Counted.BYTES, month, (place,)] += now - was
            return
        for row, sign in ((before, -1), (after, 1)):
            if row is None:
                continue
            anchors, sizes = row
            for key, amount in _contributed(anchors.told):
                amounts[key] += sign * amount
            month = _month_of(anchors.day)
            for place, size in enumerate(sizes, 1):
                if size:
                    amounts[Counted.BYTES, month, (place,)] += sign * size

    def rows(self) -> Iterator[tuple[int, Counted, date, str, int]]:
        """Yield collection, kind, month, numbers as the text of an array, and amount, of all that differs."""
        for (counted, month, numbers), amount in self.amounts.items():
            if amount:
                yield self.collection, counted, month, "{" + ",".join(map(str, numbers)) + "}", amount


def columns(turns: Iterable[Turn]) -> list[Any]:
    """Return what some turns have, in the order of the statement's arrays."""
    return arrays.columns(_TYPES, [row for turn in turns for row in turn.rows()])


@lru_cache(maxsize=10_000)
def _contributed(told: Told) -> tuple[tuple[_Amounted, int], ...]:
    """Return what one living row adds but for its bytes, as `contributions` does; many say the same."""
    return tuple(_counts(*told))


def _counts(
    day: date, labels: Numbers, owners: Numbers, private: bool, latest: tuple[date | None, ...]
) -> Iterator[tuple[_Amounted, int]]:
    month = _month_of(day)
    yield (Counted.RECORDS, month, ()), 1
    if labels:
        yield (Counted.LABELS, month, labels), 1
    if owners:
        yield (Counted.OWNERS, month, owners), 1
    if private:
        yield (Counted.PRIVATE, month, owners), 1
    if latest == NOT_YET:
        return
    below = [(each, -slot) for slot, each in enumerate(latest, 1) if each]
    for each, slot in below:
        yield (Counted.LATEST, _month_of(each), (-slot,)), 1
    last, slot = max(below)
    yield (Counted.LAST, _month_of(last), (-slot,)), 1
    if last > day:
        yield (Counted.ACTIVITY, _month_of(last), (-slot,)), 1
        yield (Counted.ACTIVITY, month, (0,)), -1


def _month_of(day: date) -> date:
    return day if day == ALWAYS else day.replace(day=1)


async def read(session: Session, scope: Scope) -> dict[int, Tally]:
    """Return the counts of each collection that is on; labels and owners only where a rule names them."""
    numbers = sorted({each for rule in scope.values() for each in _named(rule)})
    found: dict[int, dict[Counted, dict[Numbers, Months]]] = {}
    for row in await session.raw.fetch(_READ, session.account_id, list(scope), numbers):
        by_numbers = found.setdefault(row["collection"], {}).setdefault(Counted(row["kind"]), {})
        by_numbers[tuple(row["numbers"])] = dict(zip(row["months"], row["amounts"], strict=True))
    return {number: Tally(amounts) for number, amounts in found.items()}


async def at_hand(session: Session, collection: int, owner: str | None = None) -> int:
    """Return how many records of a collection are always at hand, of private ones those of one owner."""
    kind = Counted.RECORDS if owner is None else Counted.PRIVATE
    amount = await session.raw.fetchval(_AT_HAND, session.account_id, collection, kind, ALWAYS, owner)
    return int(amount)


async def differing(session: Session, collection: int) -> Turn | None:
    """Return by how much the tallies of a collection are not what its feed comes to, if at all."""
    rows = await session.raw.fetch(_DIFFERING, session.account_id, collection)
    found = {(Counted(row["kind"]), row["month"], tuple(row["numbers"])): row["lacking"] for row in rows}
    return Turn(collection, Counter(found)) if found else None


async def mend(session: WriteSession, lacking: Turn) -> None:
    """Add what was found lacking, whatever has been written since: tallies are sums."""
    await session.raw.execute(_ADD, session.account_id, *columns([lacking]))
    await session.raw.execute(_SHED, session.account_id, lacking.collection)


def _named(rule: Rule) -> Numbers:
    return (*(rule.required or ()), *rule.excluded, *(rule.owners or ()))


def contributions(row: str) -> str:
    """Return the query of what one living row of the feed adds: kind, month, numbers and amount.

    It tells the same as `Turn.take` does of the rows a transaction writes, which it has at hand.
    """
    month = _month(f"{row}.day")
    slots = ", ".join(f"({slot}, {row}.latest_{slot})" for slot in range(1, SLOTS + 1))
    below = f"(SELECT * FROM (VALUES {slots}) AS slots(slot, latest) WHERE latest IS NOT NULL) AS below"
    last = f"(SELECT * FROM {below} ORDER BY latest DESC, slot LIMIT 1) AS last"
    return f"""
    SELECT {Counted.RECORDS} AS kind, {month} AS month, '{{}}'::integer[] AS numbers, 1 AS amount
    UNION ALL
    SELECT {Counted.BYTES}, {month}, ARRAY[place::integer], size
    FROM unnest({row}.sizes) WITH ORDINALITY AS sized(size, place)
    UNION ALL
    SELECT {Counted.LABELS}, {month}, {row}.labels, 1 WHERE {row}.labels <> '{{}}'
    UNION ALL
    SELECT {Counted.OWNERS}, {month}, {row}.owners, 1 WHERE {row}.owners <> '{{}}'
    UNION ALL
    SELECT {Counted.PRIVATE}, {month}, {row}.owners, 1 WHERE {row}.private
    UNION ALL
    SELECT {Counted.LATEST}, {_month("latest")}, ARRAY[slot], 1 FROM {below}
    UNION ALL
    SELECT kind, {_month("stands")}, ARRAY[number], amount
    FROM {last} CROSS JOIN LATERAL (VALUES
        ({Counted.LAST}, latest, slot, 1), ({Counted.ACTIVITY}, latest, slot, 1),
        ({Counted.ACTIVITY}, {row}.day, 0, -1)) AS told(kind, stands, number, amount)
    WHERE kind = {Counted.LAST} OR latest > {row}.day
    """


def _month(day: str) -> str:
    return f"date_trunc('month', {day}::timestamp)::date"


# Labels and owners that no rule names say nothing that the records do not.
_READ = f"""
SELECT collection, kind, numbers, array_agg(month) AS months, array_agg(amount) AS amounts
FROM feed_tallies
WHERE account_id = $1 AND collection = ANY($2::smallint[]) AND amount <> 0
  AND (kind NOT IN ({Counted.LABELS}, {Counted.OWNERS}) OR numbers && $3::integer[])
GROUP BY collection, kind, numbers
"""

_AT_HAND = """
SELECT coalesce(sum(amount), 0) FROM feed_tallies
WHERE account_id = $1 AND collection = $2 AND kind = $3 AND month = $4
  AND ($5::text IS NULL
       OR (SELECT number FROM anchor_numbers WHERE account_id = $1 AND name = $5) = ANY(numbers))
"""

_COUNTED = f"""
SELECT c.kind, c.month, c.numbers, sum(c.amount) AS amount
FROM feed f CROSS JOIN LATERAL ({contributions("f")}) AS c
WHERE f.account_id = $1 AND f.collection = $2 AND NOT f.is_deleted
GROUP BY c.kind, c.month, c.numbers
HAVING sum(c.amount) <> 0
"""

_DIFFERING = f"""
SELECT kind, month, numbers, coalesce(counted.amount, 0) - coalesce(kept.amount, 0) AS lacking
FROM ({_COUNTED}) AS counted
FULL JOIN (SELECT kind, month, numbers, amount FROM feed_tallies
           WHERE account_id = $1 AND collection = $2 AND amount <> 0) AS kept
       USING (kind, month, numbers)
WHERE counted.amount IS DISTINCT FROM kept.amount
"""


_TYPES = ("smallint", "smallint", "date", "text", "bigint")
COLUMNS = len(_TYPES)
"""How many arrays `columns` returns."""


def adding(first: int) -> str:
    """Return the statement that adds what turns have, its columns numbered from a place."""
    return f"""
    INSERT INTO feed_tallies AS t (account_id, collection, kind, month, numbers, amount)
    SELECT $1, collection, kind, month, numbers::int[], amount
    FROM unnest({arrays.parameters(_TYPES, first)}) AS turned(collection, kind, month, numbers, amount)
    ON CONFLICT (account_id, collection, kind, month, numbers) DO UPDATE
    SET amount = t.amount + excluded.amount"""


_ADD = adding(2)
_SHED = "DELETE FROM feed_tallies WHERE account_id = $1 AND collection = $2 AND amount = 0"
