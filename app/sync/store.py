"""The only code that writes a synced record or the feed, in one transaction, whoever asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.sync import facts, feed, records, registry
from app.sync.feed import Key
from app.sync.fields import BOOKKEEPING, Values
from app.sync.links import links_in
from app.sync.registry import Collection
from app.sync.stamping import Stamping, State, states
from app.sync.tables import Kind
from app.sync.validation import InvalidFieldsError, canonical

SERVER = 0
"""The writer that stands for everybody but a phone's own stream."""


@dataclass(frozen=True, slots=True)
class Write:
    """A record the server itself creates, changes or, with no fields, deletes; all fields in JSON form."""

    collection: str
    record_id: UUID
    fields: Mapping[str, Any] | None

    @classmethod
    def delete(cls, collection: str, record_id: UUID) -> "Write":
        """Return the write that deletes a record."""
        return cls(collection, record_id, None)


async def write(session: WriteSession, who: Principal, writes: Sequence[Write]) -> int:
    """Carry out the server's own writes and return their revision.

    Raises `InvalidFieldsError` for fields the declaration refuses, and the database's error for a link to
    nowhere.
    """
    draft = await Draft.begin(session, who)
    keys = [(_collection(each.collection).number, each.record_id) for each in writes]
    await draft.load(keys)
    for key, each in zip(keys, writes, strict=True):
        if each.fields is None:
            draft.delete(key)
        else:
            state = draft.get(key)
            present = state.values if state and state.values else {}
            fields = {name: value for name, value in present.items() if name not in BOOKKEEPING}
            draft.put(key, canonical(registry.numbered(key[0]), {**fields, **each.fields}))
    await _refuse_dangling(draft, writes)
    await draft.flush()
    return draft.revision


async def _refuse_dangling(draft: "Draft", writes: Sequence[Write]) -> None:
    """Refuse sets and elements that name what does not exist; single links are foreign keys."""
    named = [
        (name, (_collection(target).number, record_id))
        for each in writes
        if each.fields is not None
        for name, target, record_id in links_in(_collection(each.collection).model, each.fields)
        if _collection(each.collection).fields[name].kind is not Kind.ID
    ]
    await draft.load(key for _, key in named)
    missing = {name for name, key in named if (state := draft.get(key)) is None or state.is_deleted}
    if missing:
        raise InvalidFieldsError(dict.fromkeys(missing, "A record this one refers to does not exist."))


class Draft:
    """What one transaction is about to write: records loaded, changed in memory, written in one go.

    `revision` is what its writes are stamped with, `reached` how far the account has really come.
    """

    def __init__(self, session: WriteSession, who: Principal, revision: int, writer: int) -> None:
        self.revision = revision
        self.reached = revision - 1
        self._session = session
        self._who = who
        self._writer = writer
        self._now = clock.now().isoformat().replace("+00:00", "Z")
        self._loaded: dict[Key, State | None] = {}
        self._changed: dict[Key, State] = {}
        self._referring: dict[Key, set[Key]] = {}
        self._restamped: dict[int, set[UUID]] = {}

    @classmethod
    async def begin(cls, session: WriteSession, who: Principal, writer: int = SERVER) -> "Draft":
        """Begin at the revision this transaction will have; the session holds the account's clock."""
        return cls(session, who, await feed.next_revision(session), writer)

    async def load(self, keys: Iterable[Key]) -> None:
        """Read the records that will be looked at, those not yet known."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._loaded]
        if missing:
            self._loaded |= await states(self._session, missing)

    def get(self, key: Key) -> State | None:
        """Return a record as this transaction sees it; it must have been loaded."""
        return self._changed.get(key) or self._loaded[key]

    async def load_referring(self, keys: Iterable[Key]) -> None:
        """Read which records refer to those that may be deleted."""
        by_number: dict[int, list[UUID]] = {}
        for number, record_id in keys:
            by_number.setdefault(number, []).append(record_id)
        for number, ids in by_number.items():
            found = await records.referring(self._session, registry.numbered(number), ids)
            self._referring |= {(number, each): children for each, children in found.items()}

    def is_referred_to(self, key: Key) -> bool:
        """Say whether another record still refers to one; those changed in this draft are looked at anew."""
        return any(self._refers(child, key) for child in self._referring.get(key, ()) if child != key)

    def _refers(self, child: Key, key: Key) -> bool:
        state = self._changed.get(child)
        if state is None:
            return True
        links = registry.numbered(child[0]).links
        target = registry.numbered(key[0]).name
        named = [state.values[spec.name] for spec in links if spec.link == target] if state.values else []
        return str(key[1]) in named

    def put(self, key: Key, fields: Values) -> None:
        """Set all fields of a record, given in canonical form."""
        before = self.get(key)
        old = before.values if before and before.values else {}
        made = {name: old[name] for name in BOOKKEEPING} if old else self._stamp("created")
        self._change(key, {**fields, **made, **self._stamp("updated")}, self._field_revisions(before, fields))

    def mend(self, key: Key, values: Values | None) -> None:
        """Set a record as it really is, bookkeeping and all, or leave a tombstone.

        Who changed what is kept; of a record the feed had lost, every field counts as changed by others.
        """
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

    def restamp(self, keys: Iterable[Key]) -> None:
        """Look anew at the latest days below some records; those that differ move in the feed."""
        for number, record_id in keys:
            self._restamped.setdefault(number, set()).add(record_id)

    async def bring_again(self, keys: Iterable[Key]) -> None:
        """Move records in the feed as they are, so that the next pull judges them afresh."""
        owed = list(keys)
        if owed and await feed.move(self._session, self.revision, owed):
            self.reached = self.revision

    def checkpoint(self) -> dict[Key, State]:
        """Return what has been changed so far, to go back to."""
        return dict(self._changed)

    def go_back(self, checkpoint: dict[Key, State]) -> None:
        """Forget every change made after a checkpoint."""
        self._changed = checkpoint

    async def flush(self) -> None:
        """Write the changes: records, then the feed, its past and the account's clock."""
        if not self._changed and not self._restamped:
            return
        await self._write_records()
        if any(facts.is_source(registry.numbered(number).name) for number, _ in self._changed):
            await feed.move_scope(self._session)
        stamping = Stamping(self._session, self._who, self.revision, moved=self._restamped)
        written = await stamping.write(self._changed, self._loaded)
        self._loaded |= written
        self._changed, self._restamped = {}, {}
        if written:
            self.reached = self.revision

    def _change(self, key: Key, values: Values | None, field_revisions: Mapping[str, list[int]]) -> None:
        before = self.get(key)
        self._changed[key] = State(self.revision, values, before.anchors if before else None, field_revisions)

    async def _write_records(self) -> None:
        """Parents are written before children, and deleted after them."""
        by_number: dict[int, list[tuple[UUID, Values | None]]] = {}
        for (number, record_id), state in self._changed.items():
            by_number.setdefault(number, []).append((record_id, state.values))
        for number in sorted(by_number):
            living = [{"id": str(each), **values} for each, values in by_number[number] if values is not None]
            await records.upsert(self._session, registry.numbered(number), living)
        for number in sorted(by_number, reverse=True):
            dead = [each for each, values in by_number[number] if values is None]
            await records.delete(self._session, registry.numbered(number), dead)

    def _stamp(self, verb: str) -> Values:
        user = self._who.user_id
        return {f"{verb}_at": self._now, f"{verb}_by": str(user) if user else None}

    def _field_revisions(self, before: State | None, fields: Values) -> dict[str, list[int]]:
        if before is None or before.values is None:
            return {}
        old = before.values
        stamped = {name: [self.revision, self._writer] for name in fields if old.get(name) != fields[name]}
        return {**before.field_revisions, **stamped}


def _collection(name: str) -> Collection:
    found = registry.named(name)
    if found is None:
        raise LookupError(f"no collection {name}")
    return found
