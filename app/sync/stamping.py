"""Stamping: how changed records get their anchors, children before parents, and their rows in the feed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.sync import feed, records, registry
from app.sync.anchors import NOT_YET, Anchors, numbered
from app.sync.feed import FeedRow, Key
from app.sync.fields import Values
from app.sync.registry import Collection
from app.sync.rendering import core_of, filled_of, mark_of, parts_of
from app.sync.tallies import Turn, Weighed


@dataclass(frozen=True, slots=True)
class State:
    """A record as it stands: its version, its values (none once deleted), and who changed which field.

    `anchors` and `sizes` are those last written; what a draft has not yet written has the former ones. What
    was merged into another record names it in `merged_into`.
    """

    body_revision: int
    values: Values | None
    anchors: Anchors | None
    field_revisions: Mapping[str, list[int]] = field(default_factory=dict)
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


@dataclass(slots=True)
class Stamping:
    """The writing of one draft into the feed, at one revision.

    A parent carries the latest day of its descendants, kind by kind, so that whoever holds a child holds the
    parent too; a parent that changes in this alone moves in the feed but keeps its version.
    """

    session: WriteSession
    who: Principal
    revision: int
    numbers: dict[str, int] = field(default_factory=dict)
    written: dict[Key, State] = field(default_factory=dict)
    moved: dict[int, set[UUID]] = field(default_factory=dict)

    async def write(
        self, changed: Mapping[Key, State], loaded: Mapping[Key, State | None]
    ) -> dict[Key, State]:
        """Write the rows of changed records and of the parents they move; return all that was written."""
        self.numbers = await feed.numbers(self.session, _names(changed))
        numbers = {number for number, _ in changed}
        done: set[int] = set()
        while waiting := (numbers | self.moved.keys()) - done:
            number = max(waiting)
            done.add(number)
            mine = {key: state for key, state in changed.items() if key[0] == number}
            await self._write_collection(registry.numbered(number), mine, loaded)
        return self.written

    async def _write_collection(
        self, collection: Collection, changed: Mapping[Key, State], loaded: Mapping[Key, State | None]
    ) -> None:
        before = {key: loaded[key] for key in changed}
        affected = [(collection.number, record_id) for record_id in self.moved.get(collection.number, ())]
        before |= await self._parents(affected, loaded)
        latest = await latest_days(self.session, collection, [record_id for _, record_id in affected])
        rows, ended, turn = [], [], Turn(collection.number)
        for key, old in before.items():
            state = changed.get(key) or old
            if state is None:
                continue
            anchors = self._anchors(collection, old, state, latest.get(key[1]))
            if key not in changed and old and anchors == old.anchors:
                continue
            row = _row(collection, key, replace(state, anchors=anchors))
            now = replace(state, anchors=anchors, sizes=row.sizes)
            rows.append(row)
            turn.take(old.weighed if old else None, now.weighed)
            if old and old.anchors and not old.is_deleted and anchors != old.anchors:
                ended.append((key, old.anchors))
            self._move_parents(collection, old, state, anchors)
            self.written[key] = now
        if rows:
            await feed.write(self.session, self.revision, rows, ended, turn)

    async def _parents(
        self, keys: Sequence[Key], loaded: Mapping[Key, State | None]
    ) -> dict[Key, State | None]:
        """Return parents as they stand in the feed, those that are not already at hand."""
        missing = [key for key in keys if key not in loaded]
        read = await states(self.session, missing) if missing else {}
        return read | {key: loaded[key] for key in keys if key in loaded}

    def _anchors(
        self, collection: Collection, old: State | None, state: State, latest: feed.Latest | None
    ) -> Anchors:
        """Anchors that stay the same keep the revision at which they began."""
        before = old.anchors if old else None
        kept = before.latest if before else NOT_YET
        now = Anchors(self.revision, self.who.device_id, latest=kept if latest is None else latest)
        if state.values is None:
            return replace(before, since=self.revision, by=self.who.device_id) if before else now
        stamp, values = collection.stamp, state.values
        now = replace(
            now,
            day=stamp.day_of(values),
            labels=numbered(stamp.labels_of(values), self.numbers)
            if state is not old
            else _of(before).labels,
            owners=numbered(stamp.owners_of(values), self.numbers)
            if state is not old
            else _of(before).owners,
            private=stamp.is_private(values),
        )
        return before if before and old and not old.is_deleted and before.told == now.told else now

    def _move_parents(
        self, collection: Collection, old: State | None, state: State, anchors: Anchors
    ) -> None:
        """Note the parents, old and new, whose latest days may have changed."""
        before, values = (old.values if old else None), state.values
        is_same = old is not None and old.anchors is not None and _below(old.anchors) == _below(anchors)
        for link in collection.parents:
            was, now = (before or {}).get(link.name), (values or {}).get(link.name)
            if was == now and is_same and (before is None) == (values is None):
                continue
            parent = registry.named(link.link or "")
            if parent:
                ids = self.moved.setdefault(parent.number, set())
                ids |= {UUID(each) for each in (was, now) if each}


async def latest_days(session: Session, parent: Collection, ids: Sequence[UUID]) -> dict[UUID, feed.Latest]:
    """Return the latest days below some parents, whose children have all been written by now."""
    found: dict[UUID, feed.Latest] = dict.fromkeys(ids, NOT_YET)
    for child, link in registry.children(parent) if ids else ():
        for parent_id, days in (await feed.latest_below(session, child, link, ids)).items():
            found[parent_id] = _later(found[parent_id], days)
    return found


async def states(session: Session, keys: Iterable[Key]) -> dict[Key, State | None]:
    """Return records as the feed has them.

    Fields that a row was written without, by a version of the app that did not know them, come from the
    typed tables: an older version leaves there what it does not know.
    """
    wanted = list(keys)
    rows = await feed.states(session, wanted)
    found = {key: _state_of(rows.get(key)) for key in wanted}
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
            found[number, record_id] = _completed(
                found[number, record_id], typed.get(record_id, {}), collection.late_defaults
            )
    return found


def _completed(state: State | None, typed: Values, defaults: Mapping[str, Any]) -> State | None:
    if state is None or state.values is None:
        return state
    late = {name: typed.get(name, default) for name, default in defaults.items()}
    return replace(state, values={**late, **state.values})


def _state_of(row: FeedRow | None) -> State | None:
    if row is None:
        return None
    return State(row.body_revision, row.values, row.anchors, row.field_revisions, row.sizes, row.merged_into)


def _row(collection: Collection, key: Key, state: State) -> FeedRow:
    values = state.values
    return FeedRow(
        key=key,
        body_revision=state.body_revision,
        anchors=_of(state.anchors),
        is_deleted=values is None,
        filled=filled_of(collection, values) if values else 0,
        mark=mark_of(key[1], state.body_revision),
        field_revisions=state.field_revisions,
        core=core_of(collection, key[1], state.body_revision, values) if values else b"",
        parts=parts_of(collection, values) if values else [],
        merged_into=state.merged_into,
    )


def _names(changed: Mapping[Key, State]) -> set[str]:
    names: set[str] = set()
    for (number, _), state in changed.items():
        if state.values is not None:
            stamp = registry.numbered(number).stamp
            names.update(stamp.labels_of(state.values), stamp.owners_of(state.values))
    return names


def _below(anchors: Anchors) -> tuple[date, feed.Latest]:
    return anchors.day, anchors.latest


def _later(one: feed.Latest, other: feed.Latest) -> feed.Latest:
    return tuple(feed.later(first, second) for first, second in zip(one, other, strict=True))


def _of(anchors: Anchors | None) -> Anchors:
    if anchors is None:
        raise AssertionError("a written record has anchors")
    return anchors
