"""How one change is judged against the records as they stand: applied, merged, already so, or refused."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.accounts.features import allows
from app.core.ids import NIL
from app.core.principal import Channel, Level
from app.sync import links, registry
from app.sync.commands import Call, Command, find
from app.sync.draft import SERVER, Draft
from app.sync.feed import Key
from app.sync.fields import Values
from app.sync.links import links_in, renamed
from app.sync.members import added, resolved
from app.sync.reactions import Notice, at_hand
from app.sync.refusals import (
    AlreadyExists,
    Blocked,
    CardNumberRefused,
    ChangedMeanwhile,
    ChangeRefused,
    InvalidFields,
    NilId,
    PermissionDenied,
    ReadOnlyCollection,
    ReadOnlyField,
    RecordChanged,
    RecordDeleted,
    RecordMerged,
    ReferenceMerged,
    UnknownCollection,
    UnknownCommand,
    UnknownRecord,
    UnknownReference,
)
from app.sync.registry import Collection
from app.sync.rendering import EMPTY
from app.sync.schemas import Change, OnConflict, Operation, Outcome
from app.sync.scope import Scope
from app.sync.sight import names_hidden
from app.sync.stamping import State
from app.sync.tables import Kind
from app.sync.validation import InvalidFieldsError, canonical

_NEEDED = {
    Operation.CREATE: Level.ADD_ONLY,
    Operation.PATCH: Level.ADD_MODIFY,
    Operation.DELETE: Level.ADD_MODIFY_DELETE,
}
KEPT = "The value on the server was kept."
CHANGED = "This is no longer as it was shown."


@dataclass(frozen=True, slots=True)
class Ruling:
    """A change that was taken in: as sent, in part, or because it was already so."""

    outcome: Outcome
    code: str | None = None
    message: str | None = None
    fields: dict[str, str] | None = None
    notices: tuple[Notice, ...] = ()


APPLIED = Ruling(Outcome.APPLIED)
NOOP = Ruling(Outcome.NOOP)


@dataclass(slots=True)
class Judge:
    """Judges the changes of a push against a draft.

    `rights` is what the user may see, whatever the device is to hold; `card_numbers` says which changes hold
    the number of a card, and where; `refused` remembers by which change a creation failed.
    """

    draft: Draft
    writer: int
    on_conflict: OnConflict
    rights: Scope
    card_numbers: Mapping[int, str] = field(default_factory=dict)
    refused: dict[Key, int] = field(default_factory=dict)

    def judge(self, change: Change) -> Ruling:
        """Change the draft as asked; it is to be taken back if this raises `ChangeRefused`."""
        notices = self.draft.work.notices
        notices.clear()
        if place := self.card_numbers.get(change.n):
            raise CardNumberRefused({place: CardNumberRefused.message})
        change, renamed_fields = self._up_to_date(change)
        ruling = _with_renamed(self._judge(change), renamed_fields)
        return replace(ruling, notices=tuple(notices)) if notices else ruling

    def _judge(self, change: Change) -> Ruling:
        key = self._key(change)
        self.permit(change)
        match change.op:
            case Operation.CREATE:
                return self._create(key, change)
            case Operation.PATCH:
                return self._patch(key, change)
            case Operation.DELETE:
                return self._delete(key, change)
            case Operation.COMMAND:
                return self._command(key, change)

    def take(self, change: Change) -> None:
        """Make a change as if nobody else had changed anything; raises `ChangeRefused`."""
        change = self.redirected(change)
        key = self._key(change)
        state = self.draft.get(key)
        is_there = change.op is Operation.CREATE and state is not None and not state.is_deleted
        op = Operation.PATCH if is_there else change.op
        newest = change.model_copy(update={"op": op, "base_revision": self.draft.revision - 1})
        self._judge(self._renewed(newest))
        self.check_links(newest)

    def require_shown(self, change: Change, revision: int) -> None:
        """Refuse where the record of a change is not as it was at a revision; 0 is that of one not there.

        What a phone has changed since in its own stream is as it showed it.
        """
        key = key_of(self.redirected(change))
        state = self.draft.get(key) if key else None
        if key is None or state is None or state.values is None or not self.may_see(key, state):
            if revision:
                raise RecordChanged
            return
        if state.body_revision == revision:
            return
        changed = self._changed_since(state, revision)
        if changed or not revision or self.writer == SERVER:
            changed -= names_hidden(registry.numbered(key[0]), self.rights[key[0]])
            raise RecordChanged(dict.fromkeys(sorted(changed), CHANGED))

    def redirected(self, change: Change) -> Change:
        """Return a change of a merged record as one of the record that stays; nobody asked to delete that."""
        key = key_of(change)
        if key is None or change.op is Operation.DELETE:
            return change
        survivor = self.draft.survivor(key)
        return change if survivor == key else change.model_copy(update={"id": survivor[1]})

    async def load(self, changes: Sequence[Change]) -> None:
        """Read what is looked at when some changes are judged, all of it in a few trips."""
        draft = self.draft
        keys = {change.n: key for change in changes if (key := key_of(change))}
        targets = [target for change in changes for _, target in links_of(change)]
        await draft.load([*keys.values(), *targets, *at_hand(draft.work, (key[0] for key in keys.values()))])
        await draft.load_survivors([*keys.values(), *targets])
        await draft.load_referring(_going(changes, keys))
        intended: list[tuple[Key, Mapping[str, Any] | None]] = []
        commanded = {keys.get(change.n) for change in changes if change.op is Operation.COMMAND}
        foreseen: dict[Key, Values] = {}
        for change in map(self._renewed, changes):
            key = keys.get(change.n)
            if key is None:
                continue
            before = foreseen.get(key) or draft.fields(key)
            is_command = change.op is Operation.COMMAND
            if is_command and not before:
                # A command earlier in the push may make it.
                before = draft.expected(key)
            fields = await self._leads_to(key, change, before) if is_command else _sets(key, change, before)
            intended.append((key, fields))
            if key in commanded:
                with suppress(InvalidFieldsError):
                    foreseen[key] = canonical(registry.numbered(key[0]), {**before, **(fields or {})})
        await draft.prepare(intended)

    async def _leads_to(self, key: Key, change: Change, before: Values) -> Mapping[str, Any]:
        """Return the fields a command may set; it reads what it needs."""
        called = find(change.collection, change.command)
        if called is None or not before:
            return {}
        with suppress(ChangeRefused):
            call = self._call(called, key, change, before)
            if called.prepares is None:
                return called.run(call)
            await called.prepares(call)
        return {}

    def check_links(self, change: Change) -> None:
        """Refuse links to nowhere; called when all changes that stand together are in the draft."""
        missing = {}
        for name, target in links_of(change):
            state = self.draft.get(self.draft.survivor(target))
            if state is None or state.is_deleted:
                missing[name] = target
        blocking = [self.refused[target] for target in missing.values() if target in self.refused]
        if blocking:
            raise Blocked(blocked_by=min(blocking))
        if missing:
            raise UnknownReference(dict.fromkeys(missing, UnknownReference.message))

    def _key(self, change: Change) -> Key:
        collection = registry.named(change.collection)
        if collection is None:
            raise UnknownCollection
        if change.op is not Operation.COMMAND and not self._may_write(collection, change.op):
            raise ReadOnlyCollection
        if change.id == NIL:
            raise NilId
        return collection.number, change.id

    def _may_write(self, collection: Collection, doing: Operation) -> bool:
        """Say whether a collection is written to from where the user is: lists are maintained at a desk."""
        if self.draft.work.who.channel is not Channel.DESK:
            return collection.is_writable
        is_set = doing is Operation.PATCH
        return collection.is_changed_at_desk if is_set else collection.is_made_at_desk

    def permit(self, change: Change) -> None:
        """Refuse what the user's rights do not reach; what follows from a change needs none."""
        collection = registry.numbered(registry.number_of(change.collection))
        if change.op is not Operation.COMMAND:
            self._require(collection.feature, _NEEDED[change.op])
        elif called := find(change.collection, change.command):
            for feature, level in called.needed(collection).items():
                self._require(feature, level)

    def _permit_parts(self, key: Key, old: Values, values: Values, names: Container[str]) -> None:
        """Refuse to fill, change or empty fields in a part for which the user lacks that right."""
        for name, feature in registry.numbered(key[0]).guarded.items():
            if name in names and values[name] != old.get(name):
                self._require(feature, _needed(old.get(name), values[name]))

    def _require(self, feature: str | None, level: Level) -> None:
        if feature is not None and not allows(self.draft.work.who, feature, level):
            raise PermissionDenied({"feature": feature, "level": level})

    def _create(self, key: Key, change: Change) -> Ruling:
        state = self.draft.get(key)
        if state is not None and state.values is None:
            raise self._gone(key)
        values = self._foreseen(key, {}, self._resolved(key, change)[0])
        if state is not None and state.values is not None:
            # What was left open may have been filled in when the record was made.
            if differing := [
                name for name in change.fields if values[name] not in (None, state.values[name])
            ]:
                raise AlreadyExists(self._told(key, state, differing))
            return NOOP
        _refuse_read_only(registry.numbered(key[0]), values, change.fields, {})
        self._permit_parts(key, {}, values, change.fields)
        self.draft.save(key, values, change.fields)
        return APPLIED

    def _patch(self, key: Key, change: Change) -> Ruling:
        self.present(key)
        old = self.draft.fields(key)
        sent, free = self._resolved(key, change)
        values = self._foreseen(key, old, sent)
        _refuse_read_only(registry.numbered(key[0]), values, sent, old)
        wanted = {name for name in sent if values[name] != old[name]}
        if not wanted:
            return NOOP
        self._permit_parts(key, old, values, wanted)
        kept = self._clashing(self._state(key), change, wanted, free)
        if kept and (kept == wanted or self.on_conflict is OnConflict.FAIL):
            raise ChangedMeanwhile(dict.fromkeys(sorted(kept), KEPT))
        if kept:
            mixed = {name: value for name, value in sent.items() if name not in kept}
            values = self._foreseen(key, old, mixed)
        self.draft.save(key, values, wanted - kept)
        if not kept:
            return APPLIED
        reasons = dict.fromkeys(sorted(kept), KEPT)
        return Ruling(Outcome.MERGED, ChangedMeanwhile.code, ChangedMeanwhile.message, reasons)

    def _delete(self, key: Key, change: Change) -> Ruling:
        state = self.draft.get(key)
        if state is None or state.is_deleted or not self.may_see(key, state):
            return NOOP
        if self._changed_by_others(state, change):
            raise ChangedMeanwhile
        self.draft.remove(key)
        return APPLIED

    def present(self, key: Key) -> Values:
        """Return a record that is there for the user; raises `ChangeRefused` of any other."""
        state = self.draft.get(key)
        if state is None or not self.may_see(key, state):
            if key in self.refused:
                raise Blocked(blocked_by=self.refused[key])
            raise UnknownRecord
        if state.values is None:
            raise self._gone(key)
        return state.values

    def _gone(self, key: Key) -> ChangeRefused:
        survivor = self.draft.survivor(key)
        return RecordDeleted() if survivor == key else RecordMerged({"merged_into": str(survivor[1])})

    def _up_to_date(self, change: Change) -> tuple[Change, list[str]]:
        """Return a change with what has taken the place of merged records in its links, and where."""
        if not self.draft.has_merged:
            return change, []
        names: dict[UUID, UUID] = {}
        fields: dict[str, None] = {}
        for name, target in links_of(change):
            survivor = self.draft.survivor(target)
            if survivor != target:
                names[target[1]] = survivor[1]
                fields[name] = None
        if not names:
            return change, []
        sent = {
            name: renamed(value, names) if name in fields else value for name, value in change.fields.items()
        }
        return change.model_copy(update={"fields": sent}), list(fields)

    def _renewed(self, change: Change) -> Change:
        return self._up_to_date(change)[0]

    def may_see(self, key: Key, state: State) -> bool:
        """Say whether the user has a right to the record: to others it does not exist."""
        rule = self.rights.get(key[0])
        return rule is not None and (state.anchors is None or rule.may_see(state.anchors))

    def _told(self, key: Key, state: State, differing: Iterable[str]) -> dict[str, str]:
        """Return which fields of a record are not as they were sent, those the user may look at."""
        who, guarded = self.draft.work.who, registry.numbered(key[0]).guarded
        if not self.may_see(key, state):
            return {}
        shown = (e for e in differing if e not in guarded or allows(who, guarded[e], Level.VIEW_ONLY))
        return dict.fromkeys(shown, "The record under this id has another one.")

    def _state(self, key: Key) -> State:
        state = self.draft.get(key)
        if state is None:
            raise AssertionError("the record was there a moment ago")
        return state

    def _command(self, key: Key, change: Change) -> Ruling:
        before = self.draft.checkpoint()
        called = find(change.collection, change.command)
        if called is None:
            raise UnknownCommand
        call = self._call(called, key, change, self.draft.fields(key))
        state = self.draft.get(key)
        is_hidden = state is not None and not self.may_see(key, state)
        # A record may be gone by the command itself; one the user may not view is told nothing of.
        if not is_hidden and called.is_done and called.is_done(call):
            return NOOP
        self.present(key)
        fields = called.run(call)
        if self._state(key).is_deleted:
            return APPLIED
        present = self.draft.fields(key)
        values = self._foreseen(key, present, fields)
        if values != present:
            self.draft.save(key, values, fields)
        return NOOP if self.draft.checkpoint() == before else APPLIED

    def _call(self, called: Command, key: Key, change: Change, fields: Values) -> Call:
        """Return a use of a command for a record with some fields, or raise `ChangeRefused`."""
        try:
            sent = called.read(change.fields)
        except InvalidFieldsError as error:
            raise InvalidFields(error.reasons) from None
        return Call(key, fields, sent, self.draft.work, self)

    def _foreseen(self, key: Key, before: Values, sent: Mapping[str, Any]) -> Values:
        try:
            return self.draft.foresee(key, before, sent)
        except InvalidFieldsError as error:
            raise InvalidFields(error.reasons) from None

    def _resolved(self, key: Key, change: Change) -> tuple[Mapping[str, Any], set[str]]:
        return resolved(registry.numbered(key[0]), self.draft.fields(key), change.fields)

    def _clashing(self, state: State, change: Change, wanted: set[str], free: set[str]) -> set[str]:
        """Return the wanted fields that others changed since the base: a device never clashes with itself."""
        others = self._changed_by_others(state, change)
        return wanted if others and self.on_conflict is OnConflict.SERVER else (wanted & others) - free

    def _changed_since(self, state: State, revision: int) -> set[str]:
        """Return what others changed since a revision: at a desk nobody's changes are told from one's own."""
        base = revision if revision < self.draft.revision else 0
        own = None if self.writer == SERVER else self.writer
        stamps = state.field_revisions.items()
        return {name for name, (since, writer) in stamps if since > base and writer != own}

    def _changed_by_others(self, state: State, change: Change) -> set[str]:
        base = change.base_revision or 0
        # Seen in a future that a restored backup has undone: nothing is known of what it was based on.
        base = 0 if base >= self.draft.revision else base
        return {
            name
            for name, (revision, writer) in state.field_revisions.items()
            if revision > base and writer != self.writer
        }


def _sets(key: Key, change: Change, before: Values) -> Mapping[str, Any] | None:
    """Return the fields a change may set that is no command, none for a deletion."""
    if change.op is Operation.DELETE:
        return None
    return resolved(registry.numbered(key[0]), before, change.fields)[0]


def _needed(old: Any, new: Any) -> Level:
    """Return the level for which a field gets another value: filled, changed or emptied."""
    if new in EMPTY:
        return Level.ADD_MODIFY_DELETE if old not in EMPTY else Level.NO_ACCESS
    return Level.ADD_ONLY if old in EMPTY else Level.ADD_MODIFY


def links_of(change: Change) -> Iterator[tuple[str, Key]]:
    """Yield the records a change refers to, by field, as far as they can be read."""
    collection = registry.named(change.collection)
    if collection is None:
        return
    fields, linking = change.fields, links.linking(collection.model)
    if linking.isdisjoint(fields):
        return
    named = {name: value for name, value in fields.items() if name in linking}
    for name, target, record_id in links_in(collection.model, added(collection, named)):
        parent = registry.named(target)
        if parent is not None:
            yield name, (parent.number, record_id)


def _going(changes: Sequence[Change], keys: Mapping[int, Key]) -> set[Key]:
    """Return what some changes delete, and what they bring below that: it may go too."""
    known = [change for change in changes if change.n in keys]
    going = {keys[change.n] for change in known if change.op is Operation.DELETE}
    if not going:
        return going
    below = [(keys[change.n], {target for _, target in links_of(change)}) for change in known]
    while more := {key for key, targets in below if not targets.isdisjoint(going)} - going:
        going |= more
    return going


def _with_renamed(ruling: Ruling, fields: Sequence[str]) -> Ruling:
    """Say where other records were taken than those named, beside what else there is to say."""
    if not fields or ruling.outcome is Outcome.NOOP:
        return ruling
    reasons = dict.fromkeys(fields, ReferenceMerged.message)
    if ruling.outcome is Outcome.MERGED:
        return replace(ruling, fields={**reasons, **(ruling.fields or {})})
    return Ruling(ReferenceMerged.outcome, ReferenceMerged.code, ReferenceMerged.message, reasons)


def _refuse_read_only(collection: Collection, values: Values, sent: Mapping[str, Any], old: Values) -> None:
    """Let a device repeat what the server set, so that it may send whole records, but not change it."""
    if collection.defaults.keys().isdisjoint(sent):
        return
    usual = old or collection.defaults
    wrong = [
        name
        for name, value in sent.items()
        if (spec := collection.fields[name]).is_read_only
        # A number has one form; what stands in its place may have been worked out whatever was sent.
        and usual[name] not in ((value,) if spec.kind is Kind.INTEGER else (value, values[name]))
    ]
    if wrong:
        raise ReadOnlyField(dict.fromkeys(wrong, ReadOnlyField.message))


def key_of(change: Change) -> Key | None:
    """Return the record a change is about, none in an unknown collection."""
    collection = registry.named(change.collection)
    return (collection.number, change.id) if collection else None
