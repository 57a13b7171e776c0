"""Who is booked twice, as the house's rule of conflicts has it, found in one walk through each day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from app.studio.schedule import Slot


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that a record takes of some people."""

    record_id: UUID
    slot: Slot


@dataclass(frozen=True, slots=True)
class DoubleBooking:
    """Somebody's bookings of a day, each of which clashes with another of them."""

    user_id: UUID
    day: date
    record_ids: list[UUID]


def double_bookings(taken: Iterable[Taken]) -> Iterator[DoubleBooking]:
    """Yield who is booked twice, by day and user; a record does not clash with itself."""
    diaries: dict[tuple[str, str], list[Taken]] = defaultdict(list)
    for each in taken:
        for person in each.slot.people:
            diaries[each.slot.day, person].append(each)
    for (day, person), diary in sorted(diaries.items()):
        if found := _clashing(diary):
            yield DoubleBooking(UUID(person), date.fromisoformat(day), found)


def _clashing(diary: list[Taken]) -> list[UUID]:
    """Return the records of one person's day that clash with another, in the order of their times.

    Sorted by start, a booking clashes with some other one before it if and only if it does with that which
    ends last, or begins with it: so each is compared with three others at most, however many there are.
    """
    diary = sorted(diary, key=lambda each: (each.slot.start, each.slot.end, each.record_id.int))
    found: dict[UUID, None] = {}
    for one, other in _candidates(diary):
        if one.slot.clashes(other.slot):
            found |= {one.record_id: None, other.record_id: None}
    places = {each.record_id: place for place, each in reversed(list(enumerate(diary)))}
    return sorted(found, key=places.__getitem__)


def _candidates(diary: list[Taken]) -> Iterator[tuple[Taken, Taken]]:
    """Yield pairs of different records: if a booking clashes with any, it does in one of its pairs."""
    # Of two records those whose bookings so far end last: one of them is not the booking's own.
    latest: list[Taken] = []
    for each in diary:
        yield from ((other, each) for other in latest if other.record_id != each.record_id)
        kept = [other for other in latest if other.record_id != each.record_id]
        own = [other for other in latest if other.record_id == each.record_id]
        best = max([*own, each], key=lambda other: other.slot.end)
        latest = sorted([*kept, best], key=lambda other: other.slot.end)[-2:]
    # What begins at the same moment clashes even if it has no length, and so does the next that begins.
    followers = _next_of_others(diary)
    yield from ((each, follower) for each, follower in zip(diary, followers, strict=True) if follower)
    yield from (
        (before, each)
        for each, before in zip(diary[::-1], _next_of_others(diary[::-1]), strict=True)
        if before
    )


def _next_of_others(diary: list[Taken]) -> list[Taken | None]:
    """Return for each booking the next one behind it that is another record's."""
    found: list[Taken | None] = [None] * len(diary)
    for place, (each, behind) in reversed(list(enumerate(pairwise(diary)))):
        found[place] = behind if behind.record_id != each.record_id else found[place + 1]
    return found
