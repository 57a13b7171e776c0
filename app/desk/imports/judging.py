"""What becomes of the next rows of an import: judged by the engine, and written or taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from app.accounts.features import allows
from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.principal import Level
from app.core.revisions import go_on
from app.desk.imports import store
from app.desk.imports.building import Built, Lists, Reading
from app.desk.imports.store import Duplicates, Fate, Found, Judged, Likeness
from app.desk.imports.targets import Kind
from app.readers.tables import Row
from app.studio.rules import likenesses
from app.sync import registry
from app.sync.draft import SERVER, Draft
from app.sync.groups import Decision, Group
from app.sync.judging import Judge
from app.sync.refusals import ChangedMeanwhile, ChangeRefused, StillReferenced
from app.sync.rendering import EMPTY
from app.sync.schemas import Change, OnConflict, Operation
from app.sync.taking import take_in
from app.sync.target import rights_of

CHUNK = 100
"""How many rows are looked at in one transaction."""
_LISTS = {
    Kind.CLIENTS: ("client_statuses", "client_groups", "lead_sources"),
    Kind.APPOINTMENTS: ("appointment_types",),
}
_NUMBER = "client_number"
_UNREADABLE = "row_unreadable"
_INVALID = "invalid_fields"
_CHANGED = "It was changed since it was made, and stays."
_NEEDED = "Other records belong to it; it stays."
_BLANK: Mapping[str, Any] = {**dict.fromkeys(likenesses.COMPARED), "phones": []}


@dataclass(slots=True)
class _Alike:
    """What a row has in common with others: with records, and what it may have in common with other rows.

    `told` says in words, by what they have in common, who one of those records is.
    """

    others: dict[UUID, None] = field(default_factory=dict)
    has: set[Likeness] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chunk:
    """The next rows, what they would be, and whom they are like."""

    found: Found
    rows: Sequence[Row]
    judge: Judge
    built: dict[int, Built]
    alike: dict[int, _Alike]

    @property
    def sound(self) -> list[int]:
        """Return the rows of which nothing is wrong by itself."""
        return [row.number for row in self.rows if not row.problem and not self.built[row.number].wrong]

    def unsound(self, fate: Fate) -> list[Judged]:
        """Return the others, and what is wrong with them."""
        found = []
        for row in self.rows:
            if row.problem:
                found.append(Judged(row.number, fate, code=_UNREADABLE, reasons={"": row.problem}))
            elif wrong := self.built[row.number].wrong:
                found.append(Judged(row.number, fate, code=_INVALID, reasons=wrong))
        return found

    def creation(self, row: int) -> Change:
        """Return what makes the record of a row."""
        built = self.built[row]
        return Change(
            n=row, collection=self.found.kind, id=built.record_id, op=Operation.CREATE, fields=built.fields
        )


async def check(work: Work[WriteSession], found: Found) -> list[Judged]:
    """Say what would become of the next rows: they are written, judged by that, and taken back."""
    chunk = await _read(work, found)
    session = work.session
    creations = [chunk.creation(row) for row in chunk.sound]
    has_moved_scope, audit_head = session.has_moved_scope, session.audit_head
    await session.raw.execute("SAVEPOINT checked")
    decisions = await _taken(work, chunk, creations)
    await session.raw.execute("ROLLBACK TO SAVEPOINT checked")
    session.has_moved_scope, session.audit_head = has_moved_scope, audit_head
    judged = chunk.unsound(Fate.ERROR)
    judged += await _fates(session, chunk, decisions)
    return judged


async def run(work: Work[WriteSession], found: Found) -> list[Judged]:
    """Make records of the next rows, or say why none was made of one."""
    chunk = await _read(work, found)
    chunk = _cut(chunk)
    judged = chunk.unsound(Fate.FAILED)
    changes: list[Change] = []
    for row in chunk.sound:
        others = list(chunk.alike[row].others)
        if _is_left_out(chunk, row):
            told = chunk.alike[row].told
            judged.append(Judged(row, Fate.SKIPPED, duplicates_of=others, reasons=told))
        elif others and found.duplicates is Duplicates.FILL:
            filling = await _filling(chunk, row, others[0])
            if filling.fields:
                changes.append(filling)
            else:
                told = chunk.alike[row].told
                judged.append(Judged(row, Fate.SKIPPED, duplicates_of=others, reasons=told))
        else:
            changes.append(chunk.creation(row))
    decisions = await _taken(work, chunk, changes)
    judged += [_done(chunk, change, decisions[change.n]) for change in changes]
    return judged


async def undo(work: Work[WriteSession], found: Found) -> list[Judged]:
    """Delete the next records that were made, but for those that somebody has changed or that others need."""
    rows = await store.created(work.session, found, CHUNK)
    judge = await _judge(work)
    keys = {row: (registry.number_of(found.kind), record_id) for row, record_id in rows}
    await judge.draft.load(keys.values())
    await judge.draft.load_referring(keys.values())
    judged: list[Judged] = []
    changes: list[Change] = []
    for row, key in keys.items():
        state = judge.draft.get(key)
        if state is None or state.is_deleted:
            judged.append(Judged(row, Fate.UNDONE, key[1]))
        elif state.field_revisions:
            judged.append(_kept(row, key[1], ChangedMeanwhile.code, {"": _CHANGED}))
        elif judge.draft.referring(key):
            judged.append(_kept(row, key[1], StillReferenced.code, {"": _NEEDED}))
        else:
            changes.append(
                Change(
                    n=row,
                    collection=found.kind,
                    id=key[1],
                    op=Operation.DELETE,
                    base_revision=state.body_revision,
                )
            )
    decisions: Mapping[int, Decision] = {}
    if changes:
        decisions = await take_in(work.session, judge, [Group((change,)) for change in changes], changes)
    for change in changes:
        decision = decisions[change.n]
        if isinstance(decision, ChangeRefused):
            judged.append(_kept(change.n, change.id, decision.code, _sentences(decision)))
        else:
            judged.append(Judged(change.n, Fate.UNDONE, change.id))
    return judged


def _kept(row: int, record_id: UUID, code: str, reasons: Mapping[str, str]) -> Judged:
    return Judged(row, Fate.CREATED, record_id, code=code, reasons=reasons)


async def _judge(work: Work[WriteSession]) -> Judge:
    session, who = work.session, work.who
    go_on(session, work.clock)
    rights = await rights_of(session, who, work.clock)
    return Judge(await Draft.begin(session, who), SERVER, OnConflict.FAIL, rights)


async def _read(work: Work[WriteSession], found: Found) -> Chunk:
    """Read the next rows with all that is asked of them."""
    session, who = work.session, work.who
    rows = await store.chunk(session, found, CHUNK)
    lists = {name: await store.entries(session, name) for name in _LISTS[found.kind]}
    staff = await store.staff(session) if found.kind is Kind.APPOINTMENTS else {}
    reading = Reading(
        kind=found.kind,
        account_id=session.account_id,
        import_id=found.import_id,
        columns=found.columns,
        fields=found.fields,
        dates=found.dates,
        today=work.clock.day_in(who.time_zone),
        lists=Lists({**lists, "staff": staff}),
        importer_id=found.user_id if found.user_id in staff.values() else None,
    )
    built = {row.number: reading.build(row.number, row.cells) for row in rows}
    chunk = Chunk(found, rows, await _judge(work), built, {number: _Alike() for number in built})
    if found.kind is Kind.CLIENTS:
        await _compare(session, chunk)
    else:
        may_name = allows(
            who, registry.numbered(registry.number_of("clients")).feature or "", Level.VIEW_ONLY
        )
        await _name_clients(session, chunk.built.values(), may_name=may_name)
        await _find_known(chunk, chunk.sound, "event")
    return chunk


async def _compare(session: WriteSession, chunk: Chunk) -> None:
    """Find out which clients there are that rows are like."""
    sound = chunk.sound
    clients = [(chunk.built[row].record_id, {**_BLANK, **chunk.built[row].fields}) for row in sound]
    same: dict[tuple[int, str], UUID] = {}
    for place, kind, value, others in await likenesses.found(session, clients, chunk.found.compare_by):
        alike = chunk.alike[sound[place]]
        alike.has.add((kind, value))
        alike.others.update(dict.fromkeys(others))
        if others:
            same[sound[place], kind] = others[0]
    numbers = {row: number for row in sound if (number := chunk.built[row].fields.get(_NUMBER))}
    taken = await store.clients_of_numbers(session, list(numbers.values()))
    if chunk.found.duplicates is not Duplicates.CREATE:
        await _find_same(chunk)
    for row, number in numbers.items():
        chunk.alike[row].has.add((_NUMBER, str(number)))
        if number in taken:
            chunk.alike[row].others = {taken[number]: None}
            same[row, _NUMBER] = taken[number]
    names = await store.names_of_clients(session, list(same.values())) if same else {}
    for (row, kind), other in same.items():
        if other in chunk.alike[row].others:
            chunk.alike[row].told[kind] = f"{names.get(other, 'Another client')} has the same."


async def _name_clients(session: WriteSession, built: Iterable[Built], *, may_name: bool) -> None:
    """Name the clients appointments are for; who may not see clients names none."""
    named = [(each, *each.client) for each in built if each.client]
    if not may_name:
        return
    numbers = await store.clients_of_numbers(
        session, [int(what) for _, way, what in named if way == "number"]
    )
    emails = await store.clients_of_emails(session, [what for _, way, what in named if way == "email"])
    for each, way, what in named:
        client = numbers.get(int(what)) if way == "number" else emails.get(what)
        if client:
            each.fields["client_id"] = str(client)
        elif way == "number":
            each.wrong[_NUMBER] = "No client has this number."


async def _find_same(chunk: Chunk) -> None:
    """Let a row that has nothing clients are compared by be the client the same row was made into before."""
    account_id = chunk.judge.draft.session.account_id
    cells = {row.number: row.cells for row in chunk.rows}
    alone = [
        row for row in chunk.sound if not chunk.alike[row].has and _NUMBER not in chunk.built[row].fields
    ]
    for row in alone:
        chunk.built[row].record_id = uuid5(account_id, "client " + chr(31).join(cells[row]))
    await _find_known(chunk, alone, "row")


async def _find_known(chunk: Chunk, rows: Iterable[int], kind: str) -> None:
    """Find out which rows were brought in before, whose records would have the same ids."""
    draft, number = chunk.judge.draft, registry.number_of(chunk.found.kind)
    ids = {row: chunk.built[row].record_id for row in rows}
    for row, record_id in ids.items():
        chunk.alike[row].has.add((kind, str(record_id)))
    while ids:
        await draft.load((number, record_id) for record_id in ids.values())
        gone: dict[int, UUID] = {}
        for row, record_id in ids.items():
            state = draft.get((number, record_id))
            if state is not None and state.is_deleted:
                # What was deleted, as by undoing an import, may come again, but not under the same id.
                gone[row] = uuid5(record_id, "again")
            elif state is not None and chunk.judge.may_see((number, record_id), state):
                chunk.alike[row].others[record_id] = None
                chunk.alike[row].told[kind] = "It was brought in before."
        for row, record_id in gone.items():
            chunk.built[row].record_id = record_id
        ids = gone


def _is_made_anyhow(found: Found) -> bool:
    """Say whether rows become records whatever they are like; events never do, each has an id of its own."""
    return found.duplicates is Duplicates.CREATE and found.kind is Kind.CLIENTS


def _is_left_out(chunk: Chunk, row: int) -> bool:
    """Say whether nothing is written of a row, for the records it is like."""
    taken = 1 if chunk.found.duplicates is Duplicates.FILL else 0
    return not _is_made_anyhow(chunk.found) and len(chunk.alike[row].others) > taken


def _cut(chunk: Chunk) -> Chunk:
    """Return the rows before the first that is like another of them that is written: that one must be there.

    What is left out changes nothing for those behind it.
    """
    if _is_made_anyhow(chunk.found):
        return chunk
    seen = set[Likeness]()
    for place, row in enumerate(chunk.rows):
        if row.number not in chunk.alike or row.problem or chunk.built[row.number].wrong:
            continue
        if _is_left_out(chunk, row.number):
            continue
        has = chunk.alike[row.number].has
        if place and has & seen:
            return replace(chunk, rows=chunk.rows[:place])
        seen |= has
    return chunk


async def _filling(chunk: Chunk, row: int, record_id: UUID) -> Change:
    """Return what fills in of a record that is there what is empty."""
    draft, key = chunk.judge.draft, (registry.number_of(chunk.found.kind), record_id)
    await draft.load([key])
    state, present = draft.get(key), draft.fields(key)
    sent = {
        name: value
        for name, value in chunk.built[row].fields.items()
        if present.get(name) in EMPTY and value not in EMPTY
    }
    return Change(
        n=row,
        collection=chunk.found.kind,
        id=record_id,
        op=Operation.PATCH,
        base_revision=state.body_revision if state else 0,
        fields=sent,
    )


async def _taken(work: Work[WriteSession], chunk: Chunk, changes: Sequence[Change]) -> Mapping[int, Decision]:
    if not changes:
        return {}
    return await take_in(work.session, chunk.judge, [Group((change,)) for change in changes], changes)


async def _fates(session: WriteSession, chunk: Chunk, decisions: Mapping[int, Decision]) -> list[Judged]:
    """Return what would become of the rows of which nothing is wrong by itself."""
    import_id = chunk.found.import_id
    asked = list({each for row in decisions for each in chunk.alike[row].has})
    first = await store.first_rows(session, import_id, asked)
    claimed: dict[Likeness, int] = {}
    judged: list[Judged] = []
    for row, decision in decisions.items():
        alike = chunk.alike[row]
        others = list(alike.others)
        earlier = [found for each in alike.has if (found := claimed.get(each) or first.get(each))]
        same_as = min(earlier, default=None)
        is_like = bool(others) or same_as is not None
        left_out = chunk.built[row].left_out
        same = {
            kind: f"Row {at} has the same."
            for kind, value in sorted(alike.has)
            if (at := claimed.get((kind, value)) or first.get((kind, value)))
        }
        refusal = decision if isinstance(decision, ChangeRefused) else None
        if is_like:
            # What it could not be made for is told, but no error: a run that skips or fills never makes it.
            code = refusal.code if refusal else None
            wrong = _sentences(refusal) if refusal else {}
            reasons = {**left_out, **wrong, **same, **alike.told}
            judged.append(Judged(row, Fate.DUPLICATE, None, others, same_as, code, reasons))
        elif refusal:
            judged.append(_refused(row, Fate.ERROR, refusal))
        else:
            claimed |= dict.fromkeys(alike.has, row)
            judged.append(Judged(row, Fate.CREATE, reasons=left_out))
    await store.claim(session, import_id, claimed)
    return judged


def _done(chunk: Chunk, change: Change, decision: Decision) -> Judged:
    """Return what has become of a row that was to be written."""
    if isinstance(decision, ChangeRefused):
        return _refused(change.n, Fate.FAILED, decision)
    fate = Fate.CREATED if change.op is Operation.CREATE else Fate.FILLED
    others = list(chunk.alike[change.n].others)
    return Judged(change.n, fate, change.id, others, reasons=chunk.built[change.n].left_out)


def _refused(row: int, fate: Fate, refusal: ChangeRefused) -> Judged:
    return Judged(row, fate, code=refusal.code, reasons=_sentences(refusal))


def _sentences(refusal: ChangeRefused) -> dict[str, str]:
    reasons = refusal.fields or {"": refusal.message}
    return {name: str(told) for name, told in reasons.items()}
