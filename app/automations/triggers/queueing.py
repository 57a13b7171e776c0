"""The queue as people look after it: listed, processed, skipped, deleted, of what they may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.automations.triggers import store
from app.automations.triggers.errors import TriggerNotFound
from app.automations.triggers.kinds import OPEN, State, Why
from app.automations.triggers.schemas import (
    MOST_AT_ONCE,
    DoneAnswer,
    DoneAnswers,
    OccurrenceAnswer,
    QueueAnswer,
    QueueRequest,
)
from app.automations.triggers.store import Ended, Open
from app.core import clock
from app.core.db import Session, WriteSession
from app.sync import registry
from app.sync.fields import Values
from app.sync.visible import some_seen

_TITLES = ("description", "subject", "message")
_LONGEST_TITLE = 100
NOT_FOUND, NOT_WAITING = "occurrence_not_found", "occurrence_not_waiting"
_SENTENCES = {
    NOT_FOUND: "There is no such occurrence.",
    NOT_WAITING: "This one does not wait any more.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which occurrences are listed: all that are not said otherwise."""

    state: State | None
    trigger_id: UUID | None
    behind: UUID | None
    most: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Occurrences that were named, in their order, and those of them that wait and may be seen."""

    named: Sequence[UUID]
    found: Mapping[UUID, Open]
    has_more: bool

    @property
    def waiting(self) -> list[UUID]:
        """Return those that wait."""
        return [each for each in self.named if each in self.found and self.found[each].state in OPEN]


async def listed(work: Work[Session], wanted: Wanted) -> QueueAnswer:
    """Return a page of the queue, without what is about records the user may not see."""
    trigger_id, behind = wanted.trigger_id, wanted.behind
    state = wanted.state.value if wanted.state else None
    rows = await store.queue(work.session, state, trigger_id, behind, wanted.most + 1)
    shown = rows[: wanted.most]
    records = await _records(work, {(row["collection"], row["record_id"]) for row in shown})
    of = {key: client_of(key[0], key[1], fields) for key, fields in records.items()}
    clients = await some_seen(work, "clients", list({each for each in of.values() if each}))
    told = []
    for row in shown:
        key = row["collection"], row["record_id"]
        if key in records or row["code"] == Why.RECORD_GONE:
            client_id = of.get(key)
            client = clients.get(client_id) if client_id else None
            told.append(_answer(row, records.get(key), client_id if client else None, client))
    return QueueAnswer(
        occurrences=told, next_page=shown[-1]["occurrence_id"] if len(rows) > wanted.most else None
    )


async def chosen(work: Work[Any], request: QueueRequest) -> Chosen:
    """Return the occurrences a request names; what is about records the user may not see is not there."""
    if request.trigger_id is not None:
        if await store.trigger(work.session, request.trigger_id) is None:
            raise TriggerNotFound
        waiting = await store.waiting_of(work.session, request.trigger_id, MOST_AT_ONCE + 1)
        found = {each.occurrence_id: each for each in waiting[:MOST_AT_ONCE]}
        seen = await _seen(work, found)
        return Chosen(list(seen), seen, len(waiting) > MOST_AT_ONCE)
    ids = list(dict.fromkeys(request.ids or ()))
    return Chosen(ids, await _seen(work, await store.some(work.session, ids)), has_more=False)


async def end(
    work: Work[WriteSession], request: QueueRequest, state: State, code: Why | None = None
) -> DoneAnswers:
    """Skip or delete what waits of some occurrences."""
    meant = await chosen(work, request)
    ended = [Ended(each, state, code) for each in meant.waiting]
    done = await store.end(work.session, ended, clock.now(), by=work.who.user_id, among=OPEN)
    return answers(meant, {each.occurrence_id: each for each in ended if each.occurrence_id in done})


def answers(meant: Chosen, done: Mapping[UUID, Ended]) -> DoneAnswers:
    """Return an answer for each occurrence that was named."""
    results = [_done(each, meant.found.get(each), done.get(each)) for each in meant.named]
    return DoneAnswers(results=results, has_more=meant.has_more)


def _done(occurrence_id: UUID, found: Open | None, ended: Ended | None) -> DoneAnswer:
    if ended is not None and ended.state not in OPEN:
        message = ended.code.sentence if ended.code else None
        return DoneAnswer(id=occurrence_id, is_done=True, state=ended.state, code=ended.code, message=message)
    code = NOT_WAITING if found else NOT_FOUND
    return DoneAnswer(
        id=occurrence_id,
        is_done=False,
        state=found.state if found else None,
        code=code,
        message=_SENTENCES[code],
    )


def client_of(collection: int, record_id: UUID, fields: Values) -> UUID | None:
    """Return the client a record is about, if it is about one; of an invoice who pays it."""
    if collection == registry.number_of("clients"):
        return record_id
    found = fields.get("bill_to_client_id") or fields.get("client_id")
    return UUID(found) if found else None


async def _seen(work: Work[Any], found: Mapping[UUID, Open]) -> dict[UUID, Open]:
    records = await _records(work, {(each.collection, each.record_id) for each in found.values()})
    return {key: each for key, each in found.items() if (each.collection, each.record_id) in records}


async def _records(work: Work[Any], keys: Collection[tuple[int, UUID]]) -> dict[tuple[int, UUID], Values]:
    """Return those of some records that the user may see."""
    found: dict[tuple[int, UUID], Values] = {}
    for number in {number for number, _ in keys}:
        ids = [record_id for of, record_id in keys if of == number]
        seen = await some_seen(work, registry.numbered(number).name, ids)
        found |= {(number, record_id): fields for record_id, fields in seen.items()}
    return found


def _answer(
    row: Any, record: Values | None, client_id: UUID | None, client: Values | None
) -> OccurrenceAnswer:
    same = ("trigger_id", "trigger_name", "record_id", "state", "due_at", "raised_at", "ended_at", "ended_by")
    code = Why(row["code"]) if row["code"] else None
    title = next((record[each] for each in _TITLES if record.get(each)), None) if record else None
    return OccurrenceAnswer(
        **{name: row[name] for name in same},
        id=row["occurrence_id"],
        is_automatic=bool(row["is_automatic"]),
        collection=registry.numbered(row["collection"]).name,
        client_id=client_id,
        client_name=name_of(client) if client else None,
        title=title[:_LONGEST_TITLE] if title else None,
        code=code,
        message=code.sentence if code else None,
        action=row["action"],
        made_id=row["made_id"],
        letter_state=row["letter_stands"],
    )


def name_of(client: Values) -> str | None:
    """Return what a client is called."""
    names = [client[each] for each in ("first_name", "last_name") if client[each]]
    return " ".join(names) or client["company_name"]
