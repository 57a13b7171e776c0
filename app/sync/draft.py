"""The only code that writes a synced record or the feed: in memory first, with what follows, then at once."""

import asyncio
import weakref
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.audit.store import Deed
from app.audit.trail import doer_of
from app.core.db import WriteSession
from app.core.principal import Principal
from app.sync import facts, feed, records, registry
from app.sync.auditing import audited, renaming
from app.sync.feed import Key
from app.sync.fields import BOOKKEEPING, OnDelete, Values
from app.sync.links import renamed
from app.sync.moving import is_movable, move
from app.sync.reactions import (
    Stamped,
    Work,
    Written,
    at_hand,
    conclude,
    follow,
    is_followed_at_last,
    looks_ahead,
    prepare,
    react,
    tell_stamped,
)
from app.sync.records import Reference
from app.sync.refusals import StillReferenced
from app.sync.registry import FieldSpec
from app.sync.stamping import Body, Stamping, State, all_states, rendered, states
from app.sync.validation import InvalidFieldsError, canonical

SERVER = 0
"""The writer that stands for everybody but a phone's own stream."""
_AT_ONCE = 20
"""How many records are rendered before the database is looked after."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What some fields that were sent make of a record."""

    sent: Mapping[str, Any]
    before: Values
    after: Values


class Checkpoint(NamedTuple):
    """What a draft had changed, and was about to do beside that, at some point."""

    changed: Mapping[Key, State]
    intended: Mapping[Hashable, Any]


NOTHING = Checkpoint({}, {})
"""Where every draft begins, and begins again once it is written."""


class Draft:
    """What one transaction is about to write: records loaded, changed in memory, written in one go.

    `save` and `remove` obey the rules of the field; `put`, `amend` and `delete` are what those are made of.
    `revision` is what its writes are stamped with, `reached` how far the account has really come, and
    `has_merged` tells that one of the records looked at was merged into another. `intended` is what commands
    have decided beside records, under keys of their own, for what follows at last: it goes back with them.
    """

    def __init__(self, session: WriteSession, who: Principal, revision: int, writer: int) -> None:
        self.revision = revision
        self.reached = revision - 1
        self.session = session
        self._who = who
        self._doer = doer_of(who)
        self._writer = writer
        now = self._doer.at.isoformat().replace("+00:00", "Z")
        user = str(who.user_id) if who.user_id else None
        self._made = {"created_at": now, "created_by": user}
        self._updated = {"updated_at": now, "updated_by": user}
        self._loaded: dict[Key, State | None] = {}
        self._changed: dict[Key, State] = {}
        self.intended: dict[Hashable, Any] = {}
        self._written: dict[Key, None] = {}
        self._ids: dict[int, dict[UUID, None]] = {}
        self._referring: dict[Key, list[Reference]] = {}
        self._restamped: dict[int, set[UUID]] = {}
        self._foreseen: dict[Key, Foreseen] = {}
        self._whole: set[int] = set()
        self._mended: set[Key] = set()
        self.has_merged = False
        # Held by each other, they and all they hold would wait for the collector, many pushes at once.
        self.work = Work(weakref.proxy(self), who)
        self._ages = self.work.ages

    @classmethod
    async def begin(cls, session: WriteSession, who: Principal, writer: int = SERVER) -> "Draft":
        """Begin at the revision this transaction will have; the session holds the account's clock."""
        return cls(session, who, await feed.next_revision(session), writer)

    async def load(self, keys: Iterable[Key]) -> None:
        """Read the records that will be looked at, those not yet known."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._loaded]
        if missing:
            found = await states(self.session, missing)
            self._loaded |= found
            self.has_merged |= any(state.merged_into for state in found.values() if state)
            for number, record_id in missing:
                self._ids.setdefault(number, {})[record_id] = None
                self._grow(number)

    async def load_all(self, *numbers: int) -> None:
        """Read whole collections, as short as lists are."""
        missing = [number for number in dict.fromkeys(numbers) if number not in self._whole]
        if missing:
            found = await all_states(self.session, missing)
            self._whole.update(missing)
            for key, state in found.items():
                self._loaded.setdefault(key, state)
                self._ids.setdefault(key[0], {})[key[1]] = None
                self._grow(key[0])

    def _grow(self, number: int) -> None:
        self._ages[number] = self._ages.get(number, 0) + 1

    def get(self, key: Key) -> State | None:
        """Return a record as this transaction sees it; it must have been loaded."""
        return self._changed.get(key) or self._loaded[key]

    def peek(self, key: Key) -> State | None:
        """Return a record as this transaction sees it, if it was looked at."""
        return self._changed.get(key) or self._loaded.get(key)

    def fields(self, key: Key) -> Values:
        """Return the fields of a record without bookkeeping; none of one that does not exist."""
        state = self._changed.get(key) or self._loaded[key]
        if state is None or not state.values:
            return {}
        fields = dict(state.values)
        for name in BOOKKEEPING:
            fields.pop(name, None)
        return fields

    def known(self, number: int) -> Iterator[tuple[UUID, Values]]:
        """Yield the records of a collection that were looked at or written, as they stand, none deleted."""
        for record_id in self._ids.get(number, ()):
            state = self.peek((number, record_id))
            if state is not None and state.values is not None:
                yield record_id, state.values

    def changed(self, number: int) -> Iterator[tuple[UUID, Values]]:
        """Yield the records of a collection that are written and not deleted."""
        for (of, record_id), state in self._changed.items():
            if of == number and state.values is not None:
                yield record_id, state.values

    async def prepare(self, intended: Sequence[tuple[Key, Mapping[str, Any] | None]]) -> None:
        """Read what will be looked at when some fields are set, or records without any deleted."""
        numbers = {number for (number, _), _ in intended}
        await self.load(at_hand(self.work, numbers))
        ahead = {number for number in numbers if looks_ahead(number)}
        writes: list[Written] = []
        first: dict[Key, Values] = {}
        latest: dict[Key, Values] = {}
        for key, fields in intended:
            if key[0] in ahead:
                present = self.fields(key)
                before = latest.get(key) or present
                found = self._foreseeable(key, before, fields)
                latest[key] = (found and found.after) or before
                alone = first.setdefault(key, present or latest[key])
                if found:
                    writes.append(found)
                # Earlier changes of the record may be refused, and this one not.
                if before and before != alone and (instead := self._foreseeable(key, alone, fields)):
                    writes.append(replace(instead, is_instead=True))
        if writes:
            await prepare(self.work, writes)

    def _foreseeable(self, key: Key, before: Values, sent: Mapping[str, Any] | None) -> Written | None:
        """Return the write some fields would make; none where they cannot be kept."""
        try:
            after = None if sent is None else self.foresee(key, before, sent)
        except InvalidFieldsError:
            return None
        return Written(key, before or None, after, frozenset(sent or ()))

    def expect(self, foreseen: Mapping[Key, Foreseen]) -> None:
        """Take over what was checked before the turn came."""
        self._foreseen.update(foreseen)

    def foresee(self, key: Key, before: Values, sent: Mapping[str, Any]) -> Values:
        """Return all fields of a record in canonical form once some are set, or raise `InvalidFieldsError`.

        It is asked before a change is judged and again when it is: what was sent is checked once.
        """
        known = self._foreseen.get(key)
        if known is None or known.sent is not sent or known.before != before:
            after = canonical(registry.numbered(key[0]), {**before, **sent})
            known = self._foreseen[key] = Foreseen(sent, before, after)
        return dict(known.after)

    def expected(self, key: Key) -> Values:
        """Return the fields a record that is not there yet is foreseen to have; none if it is not."""
        known = self._foreseen.get(key)
        return dict(known.after) if known and self.peek(key) is None else {}

    async def load_referring(self, keys: Iterable[Key]) -> None:
        """Read what refers to records that may be deleted, and to what goes with them."""
        waiting = set(keys) - self._referring.keys()
        while waiting:
            self._referring |= {key: [] for key in waiting}
            by_number: dict[int, list[UUID]] = {}
            for number, record_id in waiting:
                by_number.setdefault(number, []).append(record_id)
            for number, ids in by_number.items():
                found = await records.referring(self.session, registry.numbered(number), ids)
                self._referring |= {(number, each): references for each, references in found.items()}
            moved = [
                each
                for key in waiting
                for each in self._referring[key]
                if each.field.on_delete is not OnDelete.REFUSE
            ]
            await self.load(each.key for each in moved)
            waiting = {
                each.key for each in moved if each.field.on_delete is OnDelete.CASCADE
            } - self._referring.keys()

    async def load_survivors(self, keys: Iterable[Key]) -> None:
        """Read what merged records were merged into; the records themselves must have been loaded."""
        if not self.has_merged:
            return
        waiting = {survivor for key in keys if (survivor := self.survivor(key)) != key}
        while unknown := waiting - self._loaded.keys():
            await self.load(unknown)
            waiting = {self.survivor(key) for key in waiting}

    def survivor(self, key: Key) -> Key:
        """Return the record that has taken the place of a merged one, and of any other the record itself."""
        state = self.peek(key)
        while state and state.merged_into is not None:
            key = key[0], state.merged_into
            state = self.peek(key)
        return key

    async def load_everything_referring(self, key: Key) -> None:
        """Find all that refers to a record, however many they are.

        What can be moved without being read is left unread, unless something else goes in this transaction.
        """
        is_alone = not self._referring
        found = await records.referring(self.session, registry.numbered(key[0]), [key[1]], most=None)
        self._referring[key] = found.get(key[1], [])
        await self.load(
            each.key for each in self._referring[key] if not (is_alone and is_movable(each.field))
        )

    def save(self, key: Key, fields: Values, sent: Iterable[str]) -> None:
        """Set all fields of a record, given in canonical form, with all that follows from it.

        Raises `ChangeRefused` where a rule of the field does; the draft is then to be taken back.
        """
        written = Written(key, self.fields(key) or None, dict(fields), frozenset(sent))
        react(self.work, written)
        self.put(key, written.after or fields)

    def remove(self, key: Key) -> None:
        """Delete a record with what goes with it; raises `ChangeRefused` where it must stay."""
        state = self.get(key)
        if state is None or state.is_deleted:
            return
        referring = self.referring(key)
        needing = {
            registry.numbered(each.key[0]).name
            for each in referring
            if each.field.on_delete is OnDelete.REFUSE
        }
        if needing:
            raise StillReferenced(dict.fromkeys(sorted(needing), StillReferenced.message))
        react(self.work, Written(key, self.fields(key), None, frozenset()))
        self.delete(key)
        for each in referring:
            if each.field.on_delete is OnDelete.CASCADE:
                self.remove(each.key)
            else:
                self._clear(each, key[1])

    def make(self, key: Key, fields: Values) -> None:
        """Create a record of the server's own under a new id, given in canonical form."""
        self._loaded[key] = None
        self._ids.setdefault(key[0], {})[key[1]] = None
        self.put(key, fields)

    def amend(self, key: Key, fields: Values) -> None:
        """Set some fields of a record that is there."""
        self.put(key, {**self.fields(key), **fields})

    def _clear(self, reference: Reference, record_id: UUID) -> None:
        state = self.get(reference.key)
        if state and state.values is not None:
            named = state.values[reference.field.name]
            left = [each for each in named if each != str(record_id)] if isinstance(named, list) else None
            self.amend(reference.key, {reference.field.name: left})

    def referring(self, key: Key) -> list[Reference]:
        """Return what refers to a record now, what was written here among it; as far as it was loaded."""
        specs: dict[int, list[FieldSpec]] = {}
        for child, spec in registry.referring(registry.numbered(key[0]).name):
            specs.setdefault(child.number, []).append(spec)
        if not specs:
            return []
        known = {**self._written, **dict.fromkeys(self._changed)}
        stored = (each for each in self._referring.get(key, ()) if each.key not in known)
        written = (
            Reference(child, spec)
            for child in known
            if not self._is_deleted(child)
            for spec in specs.get(child[0], ())
        )
        return [each for each in (*stored, *written) if each.key != key and self._names(each, key[1])]

    def _is_deleted(self, key: Key) -> bool:
        state = self.peek(key)
        return state is not None and state.is_deleted

    def _names(self, reference: Reference, record_id: UUID) -> bool:
        """Say whether a record still names another; one that was not looked at does."""
        state = self.peek(reference.key)
        if state is None or state.values is None:
            return state is None
        return str(record_id) in orjson.dumps(state.values[reference.field.name]).decode()

    def put(self, key: Key, fields: Values) -> None:
        """Set all fields of a record, given in canonical form."""
        before = self.get(key)
        old = before.values if before and before.values else {}
        made = {name: old[name] for name in BOOKKEEPING} if old else self._made
        self._change(key, {**fields, **made, **self._updated}, self._field_revisions(before, fields))

    def mend(self, key: Key, values: Values | None) -> None:
        """Set a record as it really is, bookkeeping and all, or leave a tombstone.

        Who changed what is kept; of a record the feed had lost, every field counts as changed by others. As
        its row told nothing that can be relied upon, its parents are looked at anew. Nothing follows: the
        record itself is what it was.
        """
        self._mended.add(key)
        self._restamp_parents(key, values)
        if values is None:
            self.delete(key)
        else:
            before = self.get(key)
            fields = {name: value for name, value in values.items() if name not in BOOKKEEPING}
            everything = {name: [self.revision, SERVER] for name in fields}
            is_known = before is not None and before.values is not None
            self._change(key, values, self._field_revisions(before, fields) if is_known else everything)

    def delete(self, key: Key) -> None:
        """Leave a tombstone."""
        before = self.get(key)
        if before and not before.is_deleted:
            self._change(key, None, {})

    def merge(self, key: Key, into: Key) -> None:
        """Let everything that names a record name another, and leave a tombstone that says so.

        All that refers to it must have been found; what was not read moves when the draft is written. What
        moves is not asked what follows from that.
        """
        for reference in self.referring(key):
            if self.peek(reference.key) is not None:
                present = self.fields(reference.key)[reference.field.name]
                self.amend(reference.key, {reference.field.name: renamed(present, {key[1]: into[1]})})
        react(self.work, Written(key, self.fields(key), None, frozenset()))
        self.delete(key)
        self.restamp([into])
        self._changed[key] = self._changed[key]._replace(merged_into=into[1])
        self.has_merged = True

    def restamp(self, keys: Iterable[Key]) -> None:
        """Look anew at the latest days below some records; those that differ move in the feed."""
        for number, record_id in keys:
            self._restamped.setdefault(number, set()).add(record_id)

    def _restamp_parents(self, key: Key, values: Values | None) -> None:
        before = self.get(key)
        for link in registry.numbered(key[0]).parents:
            named = {(each or {}).get(link.name) for each in (before.values if before else None, values)}
            self.restamp((registry.number_of(link.link or ""), UUID(each)) for each in named if each)

    async def bring_again(self, keys: Iterable[Key]) -> None:
        """Move records in the feed as they are, so that the next pull judges them afresh."""
        owed = list(keys)
        if owed and await feed.move(self.session, self.revision, owed):
            self.reached = self.revision

    def checkpoint(self) -> Checkpoint:
        """Return what has been changed so far, to go back to."""
        return Checkpoint(dict(self._changed), dict(self.intended))

    def go_back(self, checkpoint: Checkpoint) -> None:
        """Forget every change made after a checkpoint."""
        self._changed, self.intended = dict(checkpoint.changed), dict(checkpoint.intended)
        for number in self._ages:
            self._grow(number)

    async def flush(self) -> None:
        """Write the changes: records, then the feed, its past and the account's clock."""
        if not self._changed and not self._restamped:
            return
        await self._conclude()
        bodies, deeds = await self._write_and_render()
        if any(facts.is_source(registry.numbered(number).name) for number, _ in self._changed):
            await feed.move_scope(self.session)
        done = self._doer, deeds
        stamping = Stamping(self.session, self._who, self.revision, self._restamped, bodies, done)
        written = await stamping.write(self._changed, self._loaded)
        if self.session.is_listened_to:
            await self._tell(written)
        self._loaded |= written
        self._written |= dict.fromkeys(self._changed)
        self._changed, self._restamped, self.intended = {}, {}, {}
        if written:
            self.reached = self.revision

    async def _tell(self, written: Mapping[Key, State]) -> None:
        """Tell who listens to the account what has become of the records that were changed."""
        stamped = [Stamped(key, self._loaded.get(key), written[key]) for key in self._changed]
        await tell_stamped(self.session, self._who, self.revision, stamped)

    async def _conclude(self) -> None:
        """Let follow what follows from all that changed; what that changes has no such consequences."""
        written = [
            Written(key, before.values if before else None, state.values, frozenset())
            for key, state in self._changed.items()
            if is_followed_at_last(key[0]) and key not in self._mended
            for before in [self._loaded.get(key)]
        ]
        if written:
            await conclude(self, written)

    async def _write_and_render(self) -> tuple[dict[Key, Body], list[Deed]]:
        """Render what the feed and the audit trail will have while the database is busy with the records."""
        bodies: dict[Key, Body] = {}
        deeds: list[Deed] = []
        writing = asyncio.ensure_future(self._write_beside())
        try:
            for place, (key, state) in enumerate(self._changed.items()):
                if place % _AT_ONCE == 0:
                    # Lets the next statement go out as soon as the last is answered.
                    await asyncio.sleep(0)
                bodies[key] = rendered(key, state)
                if deed := audited(key, self._loaded.get(key), state):
                    deeds.append(deed)
        finally:
            moved = await writing
        return bodies, deeds + moved

    async def _write_beside(self) -> list[Deed]:
        moved = await self._write_records()
        await self._follow()
        return moved

    def _change(self, key: Key, values: Values | None, field_revisions: Mapping[str, list[int]]) -> None:
        before = self.get(key)
        self._grow(key[0])
        self._changed[key] = State(self.revision, values, before.anchors if before else None, field_revisions)

    async def _write_records(self) -> list[Deed]:
        """Write parents before children, delete them after them; return what moved along with merged ones.

        What is to go gives its unique values free first.
        """
        by_number = self._by_number()
        dead = {
            number: [each for each, values in written.items() if values is None]
            for number, written in by_number.items()
        }
        for number in sorted(by_number):
            living = {each: values for each, values in by_number[number].items() if values is not None}
            await records.release(self.session, registry.numbered(number), dead[number])
            await records.upsert(self.session, registry.numbered(number), living)
        moved: list[Deed] = []
        for (number, record_id), state in self._changed.items():
            if state.merged_into is not None:
                stamp = self.revision, self._writer, self._updated
                ways = record_id, state.merged_into
                async for child, link, ids in move(
                    self.session, registry.numbered(number), ways, stamp, dead
                ):
                    moved += renaming(child, link, ids, ways)
        for number in sorted(by_number, reverse=True):
            await records.delete(self.session, registry.numbered(number), dead[number])
        return moved

    async def _follow(self) -> None:
        """Keep what is kept beside the records, and the way from merged ones to those that live."""
        for number, written in self._by_number().items():
            # Of a record the feed has lost something may be kept nevertheless.
            new = {
                each
                for each in written
                if self._loaded.get((number, each)) is None and (number, each) not in self._mended
            }
            await follow(self.session, number, written, new)
        for (number, record_id), state in self._changed.items():
            if state.merged_into is not None:
                await feed.follow_on(self.session, number, record_id, state.merged_into)

    def _by_number(self) -> dict[int, dict[UUID, Values | None]]:
        found: dict[int, dict[UUID, Values | None]] = {}
        for (number, record_id), state in self._changed.items():
            found.setdefault(number, {})[record_id] = state.values
        return found

    def _field_revisions(self, before: State | None, fields: Values) -> dict[str, list[int]]:
        if before is None or before.values is None:
            return {}
        old = before.values
        stamped = {name: [self.revision, self._writer] for name in fields if old.get(name) != fields[name]}
        return {**before.field_revisions, **stamped}
