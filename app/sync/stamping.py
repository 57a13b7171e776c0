"""Stamping: how changed records get their anchors, children before parents, and their rows in the feed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from app.audit.store import Deed, Doer
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.sync import feed, records, registry
from app.sync.anchors import NOT_YET, Anchors, numbered
from app.sync.feed import FeedRow, Key
from app.sync.fields import Values
from app.sync.registry import Collection
from app.sync.rendering import core_of, filled_of, mark_of, parts_of
from app.sync.tallies import Turn, Weighed

_UNTOUCHED: Mapping[str, list[int]] = {}


class State(NamedTuple):
    """A record as it stands: its version, its values (none once deleted), and who changed which field.

    `anchors` and `sizes` are those last written; what a draft has not yet written has the former ones. What
    was merged into another record names it in `merged_into`.
    """

    body_revision: int
    values: Values | None
    anchors: Anchors | None
    field_revisions: Mapping[str, list[int]] = _UNTOUCHED
    sizes: tuple[int, ...] = ()
    merged_into: UUID | None = None

    @property
    def weighed(self) -> Weighed | None:
        """Return what its row in the feed is tallied by, nothing for a tombstone."""
        return None if self.is_deleted or self.anchors is None else (self.anchors, self.sizes)

    @property
    def is_deleted(self) -> bool:
        """Say whether only a tombstone is left."""
        return self.values is None


class Body(NamedTuple):
    """What a phone receives of a record, and which of its optional parts hold something."""

    filled: int
    core: bytes
    parts: list[bytes]


@dataclass(slots=True)
class Shift:
    """What a parent's children no longer say, and what they say now: the latest days, kind by kind."""

    gone: feed.Latest = NOT_YET
    come: feed.Latest = NOT_YET

    def told(self, before: feed.Latest) -> feed.Latest | None:
        """Return the latest days that follow from those before; none where the other children must be asked.

        That is so where what is gone may have been the latest there was, and nothing as late has come.
        """
        for known, gone, come in zip(before, self.gone, self.come, strict=True):
            if gone and (known is None or gone >= known) and (come is None or come < gone):
                return None
        return _later(before, self.come)


@dataclass(slots=True)
class Stamping:
    """The writing of one draft into the feed, at one revision.

    A parent carries the latest day of its descendants, kind by kind, so that whoever holds a child holds the
    parent too; a parent that changes in this alone moves in the feed but keeps its version. Those in `asked`
    are looked at anew, whatever has moved below them. `bodies` are those rendered already; what is `audited`
    goes into the audit trail with the first of the rows.
    """

    session: WriteSession
    who: Principal
    revision: int
    asked: Mapping[int, set[UUID]]
    bodies: Mapping[Key, Body]
    audited: tuple[Doer, list[Deed]]
    numbers: dict[str, int] = field(default_factory=dict)
    written: dict[Key, State] = field(default_factory=dict)
    shifts: dict[int, dict[UUID, Shift]] = field(default_factory=dict)
    rows: list[FeedRow] = field(default_factory=list)
    ended: list[tuple[Key, Anchors]] = field(default_factory=list)
    turns: dict[int, Turn] = field(default_factory=dict)
    named: dict[Key, tuple[list[str], list[str]]] = field(default_factory=dict)

    async def write(
        self, changed: Mapping[Key, State], loaded: Mapping[Key, State | None]
    ) -> dict[Key, State]:
        """Write the rows of changed records and of the parents they move; return all that was written."""
        self.named = _names(changed)
        named = (name for both in self.named.values() for names in both for name in names)
        self.numbers = await feed.numbers(self.session, named)
        by_number: dict[int, dict[Key, State]] = {number: {} for number in self.asked}
        for key, state in changed.items():
            by_number.setdefault(key[0], {})[key] = state
        done: set[int] = set()
        while waiting := (by_number.keys() | self.shifts.keys()) - done:
            number = max(waiting)
            done.add(number)
            await self._stamp(registry.numbered(number), by_number.get(number, {}), loaded)
        await self._write()
        return self.written

    async def _stamp(
        self, collection: Collection, changed: Mapping[Key, State], loaded: Mapping[Key, State | None]
    ) -> None:
        number = collection.number
        moved = self.shifts.get(number, {}).keys() | self.asked.get(number, set())
        before = {key: loaded[key] for key in changed}
        before |= await self._parents([(number, record_id) for record_id in moved], loaded)
        latest = await self._latest(collection, before)
        turn = self.turns.setdefault(number, Turn(number))
        for key, old in before.items():
            state = changed.get(key) or old
            if state is None:
                continue
            anchors = self._anchors(key, old, state, latest.get(key[1]))
            if key not in changed and old and anchors == old.anchors:
                continue
            row = _row(key, state, anchors, self.bodies.get(key) or rendered(key, state))
            now = state._replace(anchors=anchors, sizes=row.sizes)
            self.rows.append(row)
            turn.take(old.weighed if old else None, now.weighed)
            if old and old.anchors and not old.is_deleted and anchors != old.anchors:
                self.ended.append((key, old.anchors))
            self._move_parents(collection, old, now)
            self.written[key] = now

    async def _latest(
        self, collection: Collection, before: Mapping[Key, State | None]
    ) -> dict[UUID, feed.Latest]:
        """Return the latest days below the parents that something has moved under."""
        found: dict[UUID, feed.Latest] = {}
        unclear = set(self.asked.get(collection.number, ()))
        for record_id, shift in self.shifts.get(collection.number, {}).items():
            old = before[collection.number, record_id]
            told = shift.told(old.anchors.latest if old and old.anchors else NOT_YET)
            if told is None:
                unclear.add(record_id)
            else:
                found[record_id] = told
        if unclear:
            await self._write()
            found |= await latest_days(self.session, collection, list(unclear))
        return found

    async def _write(self) -> None:
        """Write the rows that are ready."""
        if self.rows:
            turns = self.turns.values()
            await feed.write(self.session, self.revision, self.rows, self.ended, turns, audited=self.audited)
            self.audited = self.audited[0], []
        self.rows, self.ended, self.turns = [], [], {}

    async def _parents(
        self, keys: Sequence[Key], loaded: Mapping[Key, State | None]
    ) -> dict[Key, State | None]:
        """Return parents as they stand in the feed, those that are not already at hand."""
        missing = [key for key in keys if key not in loaded]
        read = await states(self.session, missing) if missing else {}
        return read | {key: loaded[key] for key in keys if key in loaded}

    def _anchors(self, key: Key, old: State | None, state: State, latest: feed.Latest | None) -> Anchors:
        """Anchors that stay the same keep the revision at which they began."""
        before = old.anchors if old else None
        if latest is None:
            latest = before.latest if before else NOT_YET
        stamp, values = registry.numbered(key[0]).stamp, state.values
        if values is None:
            kept = before or Anchors(self.revision, None, latest=latest)
            return kept._replace(since=self.revision, by=self.who.device_id)
        if state is old and before:
            labels, owners = before.labels, before.owners
        else:
            labels, owners = (numbered(names, self.numbers) for names in self.named[key])
        day, private = stamp.day_of(values), stamp.is_private(values)
        now = Anchors(self.revision, self.who.device_id, day, labels, owners, private, latest)
        return before if before and old and not old.is_deleted and before.told == now.told else now

    def _move_parents(self, collection: Collection, old: State | None, now: State) -> None:
        """Note what is gone from below the parents, old and new, and what has come."""
        if not collection.parents:
            return
        was, is_ = _below(collection, old), _below(collection, now)
        for link in collection.parents:
            before, after = _named(old, link.name), _named(now, link.name)
            if before == after and was == is_:
                continue
            shifts = self.shifts.setdefault(registry.number_of(link.link or ""), {})
            if before:
                shift = shifts.setdefault(UUID(before), Shift())
                shift.gone = _later(shift.gone, was)
            if after:
                shift = shifts.setdefault(UUID(after), Shift())
                shift.come = _later(shift.come, is_)


async def latest_days(session: Session, parent: Collection, ids: Sequence[UUID]) -> dict[UUID, feed.Latest]:
    """Return the latest days below some parents, whose children have all been written by now."""
    found = await feed.latest_below(session, parent, ids)
    return {each: found.get(each, NOT_YET) for each in ids}


async def states(session: Session, keys: Iterable[Key]) -> dict[Key, State | None]:
    """Return records as the feed has them.

    Fields that a row was written without, by a version of the app that did not know them, come from the
    typed tables: an older version leaves there what it does not know.
    """
    wanted = list(keys)
    rows = await feed.states(session, wanted)
    return await _completed(session, {key: _state_of(rows.get(key)) for key in wanted})


async def all_states(session: Session, numbers: Sequence[int]) -> dict[Key, State | None]:
    """Return all living records of some collections."""
    rows = await feed.all_states(session, numbers)
    return await _completed(session, {key: _state_of(row) for key, row in rows.items()})


async def _completed(session: Session, found: dict[Key, State | None]) -> dict[Key, State | None]:
    lacking: dict[int, list[UUID]] = {}
    for (number, record_id), state in found.items():
        if (
            state
            and state.values is not None
            and not registry.numbered(number).late_defaults.keys() <= state.values.keys()
        ):
            lacking.setdefault(number, []).append(record_id)
    for number, ids in lacking.items():
        collection = registry.numbered(number)
        typed = await records.some(session, collection, ids)
        for record_id in ids:
            found[number, record_id] = _with_late(
                found[number, record_id], typed.get(record_id, {}), collection.late_defaults
            )
    return found


def _with_late(state: State | None, typed: Values, defaults: Mapping[str, Any]) -> State | None:
    if state is None or state.values is None:
        return state
    late = {name: typed.get(name, default) for name, default in defaults.items()}
    return state._replace(values={**late, **state.values})


def _state_of(row: FeedRow | None) -> State | None:
    if row is None:
        return None
    return State(row.body_revision, row.values, row.anchors, row.field_revisions, row.sizes, row.merged_into)


def rendered(key: Key, state: State) -> Body:
    """Render a record, whatever its anchors will be."""
    collection, values = registry.numbered(key[0]), state.values
    if not values:
        return Body(0, b"", [])
    core = core_of(collection, key[1], state.body_revision, values)
    return Body(filled_of(collection, values), core, parts_of(collection, values))


def _row(key: Key, state: State, anchors: Anchors, body: Body) -> FeedRow:
    return FeedRow(
        key=key,
        body_revision=state.body_revision,
        anchors=anchors,
        is_deleted=state.is_deleted,
        filled=body.filled,
        mark=mark_of(key[1], state.body_revision),
        field_revisions=state.field_revisions,
        core=body.core,
        parts=body.parts,
        merged_into=state.merged_into,
    )


def _names(changed: Mapping[Key, State]) -> dict[Key, tuple[list[str], list[str]]]:
    """Return what changed records are labelled with, and whose they are."""
    names: dict[Key, tuple[list[str], list[str]]] = {}
    for key, state in changed.items():
        if state.values is not None:
            stamp = registry.numbered(key[0]).stamp
            names[key] = stamp.labels_of(state.values), stamp.owners_of(state.values)
    return names


def _below(collection: Collection, state: State | None) -> feed.Latest:
    """Return the latest days a living record gives to its parents: its own, and those below it."""
    if state is None or state.values is None or state.anchors is None:
        return NOT_YET
    days, slot = list(state.anchors.latest), (collection.stamp.slot or 0) - 1
    days[slot] = feed.later(days[slot], state.anchors.day)
    return tuple(days)


def _named(state: State | None, name: str) -> str | None:
    found: str | None = state.values[name] if state and state.values else None
    return found


def _later(one: feed.Latest, other: feed.Latest) -> feed.Latest:
    return tuple(feed.later(first, second) for first, second in zip(one, other, strict=True))
