"""The pull's algorithm: one page of the way from what a device holds to what it should hold now.

Records stamped after the base are judged afresh (step 1, first on every page); those stamped before it have
not changed, so only those on which the rule they were given under and the target differ are moved (step 2).
Of what a device has nothing yet, it gets what is near first: the lists, the days around today, their parents.
From there on the app can be used, and the rest comes from the latest day back.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from app.core.db import Session
from app.sync import reader, registry
from app.sync.anchors import Anchors
from app.sync.cursor import BOTTOM, FIRST_ID, LAST_ID, TOP, Cursor, Piece, RecordKey, Transit, below, end_of
from app.sync.page import Page
from app.sync.reader import Fresh, Moved, Run, Slice
from app.sync.scope import Rule, Scope, shift, slices

LONG = 500
"""From how many records on a stretch that days alone decide is worth statements of its own."""
TOGETHER = 512 * 1024
"""Bytes read by one of them: larger texts leave the processor's caches before they are sent."""
MOST = 1_000
"""Records read by one: a page of megabytes even where all of them are just not too large to be read so."""
FEW = 32
"""Below so many records that fit, the end of a page is filled as any other is."""


Reached = tuple[int, RecordKey]
"""How far a step has come: the last collection, and the key down to which all of it is moved."""


async def advance(
    session: Session,
    cursor: Cursor,
    target: Scope,
    *,
    near: Scope,
    now: int,
    device_id: UUID | None,
    page: Page,
) -> None:
    """Fill one page and move the cursor; it is at rest again when the device has reached the target.

    `near` is the part of the target that comes first. `now` is the clock of the session's snapshot, and the
    target was compiled from that same state.
    """
    is_settled = cursor.transit is None and cursor.base == target
    if is_settled and cursor.revision == now:
        return
    way = cursor.transit or _set_out(cursor)
    if is_settled:
        # Only what was written since can differ: nothing is to be counted, nor to be moved.
        way.aim_at(target)
    step = Transition(session, cursor, way, target, near, now, device_id, page)
    await step.aim()
    await step.judge_fresh()
    for goal in (near, target):
        if not (page.is_cut or is_settled):
            await step.move_unchanged(goal)
    page.progress = way.progress
    way.is_usable = not page.is_cut or step.is_usable()
    if page.is_cut:
        cursor.transit = way
    else:
        cursor.revision, cursor.base, cursor.transit = now, dict(target), None


def _set_out(cursor: Cursor) -> Transit:
    held = {number: [Piece(BOTTOM, rule)] for number, rule in cursor.base.items()}
    return Transit(place=end_of(cursor.revision), held=held, is_usable=bool(cursor.base))


@dataclass(frozen=True, slots=True)
class Transition:
    """One call's part of the way: where the device stands, where it should go, the page between."""

    session: Session
    cursor: Cursor
    way: Transit
    target: Scope
    near: Scope
    now: int
    device_id: UUID | None
    page: Page

    async def aim(self) -> None:
        """Aim at the scope of now; fresh records judged for another are judged again."""
        if self.way.aim != self.target:
            self.way.aim_at(self.target)
            self.way.place = end_of(self.cursor.revision)
            await self._count()

    async def judge_fresh(self) -> None:
        """Step 1: put what changed and belongs here, remove what changed and may be held."""
        way, page = self.way, self.page
        if way.place >= end_of(self.now):
            return
        found = await reader.fresh(self.session, way.place, self.now, self.target, page.room)
        rows = found[: page.take([row.upto_bytes for row in found])]
        for row in rows:
            if row.body is not None:
                page.put(row.place[1], row.body)
        await self._remove([row for row in rows if row.body is None])
        way.place = rows[-1].place if page.is_cut else end_of(self.now)

    async def move_unchanged(self, goal: Scope) -> None:
        """Step 2: put what enters and evict what leaves, with the room that is left."""
        waiting = list(self._waiting(goal))
        reached: Reached | None = None
        while waiting and not self.page.is_cut:
            if not self.page.room.rows:
                self.page.is_cut = True
                break
            if ran := await self._run(waiting[0]):
                reached = waiting[0].collection, ran.downto
                waiting[:1] = waiting[0].below(ran.downto)
                continue
            found = await self._find(waiting)
            reached = await self._move(waiting, found) or reached
            del waiting[: found.slices]
        if reached:
            self._settle(goal, *reached if self.page.is_cut else ())

    async def _run(self, first: Slice) -> Run | None:
        """Send a text of many records, if what is next is a run and they fit."""
        room, typical = self.page.room, self.way.typical_bytes
        many = min(room.rows, MOST, min(TOGETHER, room.bytes * 9 // 10) // max(typical, 1))
        if not first.is_run or many < FEW:
            return None
        ran = await reader.run(self.session, self.cursor.revision, first, many)
        if ran is None or not self.page.take_run(first.collection, ran):
            return None
        self._note(first.collection, ran.records)
        if ran.records:
            self.way.typical_bytes = ran.cost // ran.records
        return ran

    async def _find(self, waiting: Sequence[Slice]) -> Moved:
        room, typical = self.page.room, self.way.typical_bytes
        return await reader.moved(self.session, self.cursor.revision, waiting, room, typical)

    async def _move(self, waiting: Sequence[Slice], found: Moved) -> Reached | None:
        """Send what was found and fits, and return how far that is."""
        upto_bytes = found.upto_bytes
        fitting = self.page.take(upto_bytes)
        self._send(waiting, found, fitting)
        self.page.is_cut = self.page.is_cut or not found.is_all
        if not self.page.is_cut:
            last = waiting[found.slices - 1]
            return last.collection, last.bottom
        if not fitting:
            return None
        self.way.typical_bytes = upto_bytes[fitting - 1] // fitting
        number = waiting[found.slice_numbers[fitting - 1]].collection
        return number, await reader.key_of(self.session, number, found.id_of(fitting - 1))

    async def _remove(self, gone: Sequence[Fresh]) -> None:
        """Name only records the device may hold: no other id is ever said."""
        if not gone:
            return
        past = await reader.past(self.session, [row.place[1:] for row in gone], self.cursor.revision)
        for row in gone:
            number, record_id = row.place[1:]
            if not self._may_be_held(row, past.get((number, record_id), [])):
                continue
            if row.is_deleted:
                self.page.delete(number, record_id, row.merged_into)
            else:
                self.page.evict(number, record_id)

    def _may_be_held(self, row: Fresh, past: Sequence[Anchors]) -> bool:
        """Say whether the device may have been sent one of the states of a record, or have made it.

        What the cursor is not for is another cursor's business, though the device has made it. A deleted
        record without a past lived in one transaction only: nobody was sent it, but a copy of the device that
        deleted it may have made it too.
        """
        _, number, record_id = row.place
        names = self.cursor.collections
        if names is not None and registry.numbered(number).name not in names:
            return False
        if row.is_deleted and not past:
            return self._is_by_device(row.anchors)
        states = past if row.is_deleted else [*past, row.anchors]
        return any(self._may_hold(number, record_id, state) for state in states)

    def _is_by_device(self, state: Anchors) -> bool:
        return self.device_id is not None and state.by == self.device_id

    def _may_hold(self, number: int, record_id: UUID, state: Anchors) -> bool:
        """Say whether a state could have been sent, under a rule it could have been sent under."""
        if _admits(self.target, number, state):
            return True
        used = self.way.used.get(number, [])
        if state.since <= self.cursor.revision:
            return _admits(self.cursor.base, number, state) or any(rule.admits(state) for rule, _ in used)
        if self._is_by_device(state):
            return True
        began = (state.since, number, record_id)
        return any(began <= reach and rule.admits(state) for rule, reach in used)

    def _send(self, waiting: Sequence[Slice], found: Moved, fitting: int) -> None:
        """Put what enters, as all of a slice does of which nothing was given, and evict what leaves."""
        numbers, first = found.slice_numbers[:fitting], 0
        while first < fitting:
            last = bisect_right(numbers, numbers[first])
            each = waiting[numbers[first]]
            self.page.put_all(each.collection, filter(None, found.bodies[first:last]))
            if each.given is not None:
                for record_id in filter(None, found.gone[first:last]):
                    self.page.evict(each.collection, record_id)
            self._note(each.collection, last - first)
            first = last

    def _left(self, number: int) -> int:
        done, total = self.way.progress.get(number, (0, 0))
        return total - done

    def _note(self, number: int, moved: int) -> None:
        done, total = self.way.progress.get(number, (0, 0))
        self.way.progress[number] = (done + moved, max(total, done + moved))

    def _settle(self, goal: Scope, last_number: int | None = None, downto: RecordKey = BOTTOM) -> None:
        """Remember under which rule each stretch was given: all of them, or down to a key of a collection."""
        for number in self._in_order():
            is_last = number == last_number
            rest = downto if is_last else BOTTOM
            self.way.held[number] = list(_joined(self._settled(number, goal, rest)))
            if is_last:
                return

    def _settled(self, number: int, goal: Scope, downto: RecordKey) -> Iterator[Piece]:
        wanted = goal.get(number)
        for top, piece in self._stretches(number):
            is_moved = self._is_moved(piece, wanted, goal) and top >= downto
            if is_moved:
                yield Piece(max(piece.downto, downto), wanted)
            if not is_moved or piece.downto < downto:
                yield piece

    def _waiting(self, goal: Scope) -> Iterator[Slice]:
        """Yield what may differ: collections switched off first, children before parents; then the rest."""
        for number in self._in_order():
            wanted = goal.get(number)
            is_long = wanted == self.target.get(number) and self._left(number) >= LONG
            for top, piece in self._stretches(number):
                if self._is_moved(piece, wanted, goal):
                    yield from _slices_of(number, top, piece, wanted, is_long=is_long)

    def _is_moved(self, piece: Piece, wanted: Rule | None, goal: Scope) -> bool:
        """Say whether a piece is to be moved on the way to a goal.

        To what is near only where nothing is held, and away where all is switched off: that goes first.
        """
        return goal is self.target or (piece.rule is None) != (wanted is None)

    def _in_order(self) -> list[int]:
        numbers = sorted({*self.cursor.base, *self.target, *self.way.held})
        off = [number for number in numbers if number not in self.target]
        return [*reversed(off), *(number for number in numbers if number in self.target)]

    def _pieces(self, number: int) -> list[Piece]:
        return self.way.held.get(number, [Piece(BOTTOM, None)])

    def _stretches(self, number: int) -> Iterator[tuple[RecordKey, Piece]]:
        """Yield each piece with the key it begins at."""
        pieces = self._pieces(number)
        tops = (TOP, *(below(piece.downto) for piece in pieces[:-1]))
        return zip(tops, pieces, strict=True)

    async def _count(self) -> None:
        """Count what is to be moved once per target, never per page."""
        waiting = list(self._waiting(self.target))
        upto, is_all = self.cursor.revision, self.cursor.revision == self.now
        counts = await reader.count(self.session, upto, waiting, is_all=is_all) if waiting else {}
        self.way.progress = {number: (0, total) for number, total in sorted(counts.items()) if total}

    def is_usable(self) -> bool:
        """Say whether the device has all that is near."""
        pieces = (piece for number in self.target for piece in self._pieces(number))
        return self.way.is_usable or all(piece.rule is not None for piece in pieces)


def _slices_of(
    number: int, top: RecordKey, piece: Piece, wanted: Rule | None, *, is_long: bool
) -> Iterator[Slice]:
    moved = shift(piece.rule, wanted)
    if moved:
        yield Slice(number, top, piece.downto, piece.rule, wanted, moved)
        return
    for first, last in slices(piece.rule, wanted):
        start, end = min(top, (last, LAST_ID)), max(piece.downto, (first, FIRST_ID))
        if start >= end:
            given, goal = (
                rule if rule and rule.reaches(first, last) else None for rule in (piece.rule, wanted)
            )
            yield Slice(number, start, end, given, goal, is_long=is_long)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces, neighbours under one rule as one."""
    for _, group in groupby(pieces, key=attrgetter("rule")):
        *_, last = group
        yield last


def _admits(scope: Scope, number: int, state: Anchors) -> bool:
    return number in scope and scope[number].admits(state)
