"""The pull's algorithm: one page of the way from what a device holds to what it should hold now.

Records stamped after the base are judged afresh (step 1, first on every page); those stamped before it have
not changed, so only those on which the rule they were given under and the target differ are moved (step 2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Session
from app.sync import reader
from app.sync.anchors import Anchors
from app.sync.cursor import END_KEY, FIRST_KEY, LAST_ID, Cursor, Piece, RecordKey, Transit, end_of
from app.sync.page import Page
from app.sync.reader import Fresh, Moved, Slice
from app.sync.scope import Scope, slices

NIL = UUID(int=0)


async def advance(
    session: Session, cursor: Cursor, target: Scope, *, now: int, device_id: UUID | None, page: Page
) -> None:
    """Fill one page and move the cursor; it is at rest again when the device has reached the target.

    `now` is the clock of the session's snapshot, and the target was compiled from that same state.
    """
    if cursor.transit is None and cursor.revision == now and cursor.base == target:
        return
    way = cursor.transit or _set_out(cursor)
    step = Transition(session, cursor, way, target, now, device_id, page)
    await step.aim()
    await step.judge_fresh()
    if not page.is_cut:
        await step.move_unchanged()
    page.progress = way.progress
    if page.is_cut:
        cursor.transit = way
    else:
        cursor.revision, cursor.base, cursor.transit = now, dict(target), None


def _set_out(cursor: Cursor) -> Transit:
    held = {number: [Piece(END_KEY, rule)] for number, rule in cursor.base.items()}
    return Transit(place=end_of(cursor.revision), held=held, is_first=not cursor.base)


@dataclass(frozen=True, slots=True)
class Transition:
    """One call's part of the way: where the device stands, where it should go, the page between."""

    session: Session
    cursor: Cursor
    way: Transit
    target: Scope
    now: int
    device_id: UUID | None
    page: Page

    async def aim(self) -> None:
        """Aim at the scope of now; fresh records judged for another are judged again."""
        way, start = self.way, end_of(self.cursor.revision)
        if way.used and way.used[-1][0] == self.target:
            return
        if way.used:
            way.place = start
        known = [reach for scope, reach in way.used if scope == self.target]
        way.used = [(scope, reach) for scope, reach in way.used if scope != self.target]
        way.used.append((dict(self.target), known[0] if known else start))
        await self._count()

    async def judge_fresh(self) -> None:
        """Step 1: put what changed and belongs here, remove what changed and may be held."""
        way, page = self.way, self.page
        if way.place >= end_of(self.now):
            return
        rows = page.take(await reader.fresh(self.session, way.place, self.now, self.target, page.room))
        for row in rows:
            if row.body is not None:
                page.put(row.place[1], row.body)
        await self._remove([row for row in rows if row.body is None])
        way.place = rows[-1].place if page.is_cut else end_of(self.now)
        scope, reach = way.used[-1]
        way.used[-1] = (scope, max(reach, way.place))

    async def move_unchanged(self) -> None:
        """Step 2: put what enters and evict what leaves, with the room that is left."""
        waiting = list(self._waiting())
        if not waiting:
            return
        if not self.page.room.rows:
            self.page.is_cut = True
            return
        found = await reader.moved(self.session, self.cursor.revision, waiting, self.page.room)
        rows = self.page.take(found)
        for row in rows:
            self._move(waiting[row.slice_number].collection, row)
        if self.page.is_cut and rows:
            self._settle(waiting, waiting[rows[-1].slice_number].collection, rows[-1].key)

    async def _remove(self, gone: Sequence[Fresh]) -> None:
        """Name only records the device may hold: no other id is ever said."""
        if not gone:
            return
        past = await reader.past(self.session, [row.place[1:] for row in gone], self.cursor.revision)
        for row in gone:
            number, record_id = row.place[1:]
            states = past.get((number, record_id), [])
            if not row.is_deleted:
                states = [*states, row.anchors]
            if any(self._may_hold(number, record_id, state) for state in states):
                (self.page.delete if row.is_deleted else self.page.evict)(number, record_id)

    def _may_hold(self, number: int, record_id: UUID, state: Anchors) -> bool:
        """Say whether a state could have been sent, under a rule it could have been sent under."""
        if _admits(self.target, number, state):
            return True
        if state.since <= self.cursor.revision:
            given = (self.cursor.base, *(scope for scope, _ in self.way.used))
            return any(_admits(scope, number, state) for scope in given)
        if self.device_id is not None and state.by == self.device_id:
            return True
        began = (state.since, number, record_id)
        return any(began <= reach and _admits(scope, number, state) for scope, reach in self.way.used)

    def _move(self, number: int, row: Moved) -> None:
        if row.body is None:
            self.page.evict(number, row.key[1])
        else:
            self.page.put(number, row.body)
        done, total = self.way.progress[number]
        self.way.progress[number] = (done + 1, total)

    def _settle(self, waiting: Sequence[Slice], last_number: int, key: RecordKey) -> None:
        """Remember under which rule each stretch of keys was given, up to the last one on a full page."""
        held = self.way.held
        for number in dict.fromkeys(each.collection for each in waiting):
            wanted = self.target.get(number)
            if number == last_number:
                held[number] = _split(self._pieces(number), key, Piece(key, wanted))
                return
            held[number] = [Piece(END_KEY, wanted)]

    def _waiting(self) -> Iterator[Slice]:
        """Yield what may differ: collections switched off first, children before parents; then the rest."""
        for number in self._in_order():
            after, wanted = FIRST_KEY, self.target.get(number)
            for piece in self._pieces(number):
                for first, last in slices(piece.rule, wanted):
                    start, end = max(after, (first, NIL)), min(piece.upto, (last, LAST_ID))
                    if start < end:
                        yield Slice(number, start, end, piece.rule, wanted)
                after = piece.upto

    def _in_order(self) -> list[int]:
        numbers = sorted({*self.cursor.base, *self.target, *self.way.held})
        off = [number for number in numbers if number not in self.target]
        return [*reversed(off), *(number for number in numbers if number in self.target)]

    def _pieces(self, number: int) -> list[Piece]:
        return self.way.held.get(number, [Piece(END_KEY, None)])

    async def _count(self) -> None:
        """Count what is to be moved once per target, never per page."""
        waiting = list(self._waiting())
        counts = await reader.count(self.session, self.cursor.revision, waiting) if waiting else {}
        self.way.progress = {number: (0, total) for number, total in sorted(counts.items())}


def _split(pieces: Sequence[Piece], key: RecordKey, done: Piece) -> list[Piece]:
    """Put a finished stretch before what is left, equal neighbours becoming one."""
    left = [piece for piece in pieces if piece.upto > key]
    while left and left[0].rule == done.rule:
        done = left.pop(0)
    return [done, *left]


def _admits(scope: Scope, number: int, state: Anchors) -> bool:
    return number in scope and scope[number].admits(state)
