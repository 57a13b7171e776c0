"""Planning: what an occurrence comes to: who is reached by what, and what is said to them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from app.automations import reaching
from app.automations.acting import Errand, Order, links_of
from app.automations.made import Made
from app.automations.reaching import Act, Person, Way, way_to
from app.automations.saying import Words, words_for
from app.automations.triggers import store
from app.automations.triggers.kinds import SPECS, WRITTEN, Kind, Recipient, Spec, State, Why
from app.automations.triggers.models import Trigger
from app.automations.triggers.store import Ended, Open
from app.core.db import Session
from app.outbox.blocks import blocked
from app.outbox.states import Channel, Purpose
from app.sync import records, registry
from app.sync.fields import Values
from app.templates import store as templates
from app.templates.merging import Merged
from app.templates.models import Template

_INSTEAD = {Act.EMAIL: "an email", Act.TEXT: "a text"}
_CALLED = {Act.CALL: "Call", Act.TASK: "Task", Act.LETTER: "Letter"}
_NAMED = {Act.EMAIL: "Email", Act.TEXT: "Text", **_CALLED}
_DONE = {Act.CALL: "added", Act.TASK: "added", Act.LETTER: "to be printed"}
_LINKED = ("client_id", "session_id", "invoice_id", "task_id", "studio_id")
_Key = tuple[int, UUID]
_ByTrigger = Mapping[UUID, Mapping[UUID, Words]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an occurrence comes to: orders with what each has in common with others, or nothing.

    `happened` is what the history of its record tells of it at once: of letters it tells when they have gone.
    """

    occurrence: Open
    ended: Ended
    orders: tuple[tuple[Errand, Order], ...] = ()
    happened: str | None = None

    @property
    def clients(self) -> set[UUID]:
        """Return the clients who must still be there when it is made."""
        return {each.person.client_id for _, each in self.orders if each.person.client_id}


@dataclass(frozen=True, slots=True)
class _Ground:
    """What was read for some occurrences together; `words` are by trigger and by what they are about.

    Addresses of `staff` that nothing goes to, whatever it bypasses, are in `never`.
    """

    triggers: Mapping[UUID, Trigger]
    records: Mapping[_Key, Values]
    clients: Mapping[UUID, Person]
    blocked_too: Mapping[UUID, Person]
    staff: Mapping[UUID, Person]
    never: frozenset[str]
    templates: Mapping[UUID, Template]
    words: _ByTrigger


async def plan(session: Session, found: Sequence[Open], public_url: str | None) -> list[Plan]:
    """Return what some occurrences come to; those of triggers or records that are no more are left out."""
    triggers = await store.some_triggers(session, {each.trigger_id for each in found})
    there = await _records(session, {(each.collection, each.record_id) for each in found})
    known = [each for each in found if each.trigger_id in triggers and _key(each) in there]
    ground = await _read(session, known, triggers, there, public_url)
    return [_Planning(ground, each).plan() for each in known]


async def _read(
    session: Session,
    found: Sequence[Open],
    triggers: Mapping[UUID, Trigger],
    there: Mapping[_Key, Values],
    public_url: str | None,
) -> _Ground:
    people = {each for key, fields in there.items() for each in _clients_of(key, fields)}
    named = {each for trigger in triggers.values() for each in trigger.user_ids}
    named |= {each for fields in there.values() for each in (*_assigned(fields), *_photographers(fields))}
    used = {each.template_id: each for each in [t async for t in _templates(session, triggers.values())]}
    words: dict[UUID, Mapping[UUID, Words]] = {}
    for trigger_id, trigger in triggers.items():
        mine = [each for each in found if each.trigger_id == trigger_id]
        about = {it for each in mine if (it := _about(_spec(trigger), each, there[_key(each)]))}
        words[trigger_id] = await words_for(
            session,
            _spec(trigger).basis,
            sorted(about),
            template=used.get(trigger.template_id) if trigger.template_id else None,
            subject=_made(trigger).subject,
            public_url=public_url,
        )
    return _Ground(
        triggers,
        there,
        await reaching.clients(session, people, bypasses_blocks=True),
        await reaching.clients(session, people),
        staff := await _staff(session, named),
        await _never(session, staff),
        used,
        words,
    )


async def _records(session: Session, keys: Collection[_Key]) -> dict[_Key, Values]:
    there: dict[_Key, Values] = {}
    for number in {number for number, _ in keys}:
        ids = [record_id for of, record_id in keys if of == number]
        found = await records.some(session, registry.numbered(number), ids)
        there |= {(number, record_id): fields for record_id, fields in found.items()}
    return there


async def _templates(session: Session, triggers: Iterable[Trigger]) -> Any:
    for template_id in {each.template_id for each in triggers if each.template_id}:
        if template := await templates.template(session, template_id):
            if template.email_type_id and not await templates.is_email_type(session, template.email_type_id):
                # Of this plan alone: nothing is written here.
                session.expunge(template)
                template.email_type_id = None
            yield template


async def _staff(session: Session, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return those of some users who work here, as they are reached: there is no number of them."""
    found = await records.some(session, registry.numbered(registry.number_of("staff")), list(ids))
    emails = [each["email"] for each in found.values() if each["email"]]
    stopped = frozenset(await blocked(session, Channel.EMAIL, emails))
    return {
        user_id: Person(each["display_name"], email=each["email"], blocked=stopped)
        for user_id, each in found.items()
        if not each["is_inactive"]
    }


async def _never(session: Session, staff: Mapping[UUID, Person]) -> frozenset[str]:
    emails = [each.email for each in staff.values() if each.email]
    return frozenset(await blocked(session, Channel.EMAIL, emails, bypassed=True))


def _key(occurrence: Open) -> _Key:
    return occurrence.collection, occurrence.record_id


def _spec(trigger: Trigger) -> Spec:
    return SPECS[Kind(trigger.kind)]


def _made(trigger: Trigger) -> Made:
    return Made.model_validate(trigger.made, strict=False) if trigger.made else Made()


def _clients_of(key: _Key, fields: Values) -> set[UUID]:
    """Return the clients a record names, or is."""
    if key[0] == registry.number_of("clients"):
        return {key[1]}
    return {UUID(fields[each]) for each in ("client_id", "bill_to_client_id") if fields.get(each)}


def _assigned(record: Values) -> list[UUID]:
    """Return the users a task is given to, or an appointment is with."""
    named = [record.get("assigned_user_id"), *record.get("user_ids", ())]
    return [UUID(each) for each in named if each]


def _photographers(record: Values) -> list[UUID]:
    return [UUID(record["photographer_id"])] if record.get("photographer_id") else []


def _about(spec: Spec, occurrence: Open, record: Values) -> UUID | None:
    """Return the record that words are about: of an email, or a text, its client."""
    if spec.basis.collection.number == occurrence.collection:
        return occurrence.record_id
    return UUID(record["client_id"]) if record.get("client_id") else None


@dataclass(slots=True)
class _Planning:
    """One occurrence, and what it comes to."""

    ground: _Ground
    occurrence: Open
    trigger: Trigger = field(init=False)
    record: Values = field(init=False)

    def __post_init__(self) -> None:
        self.trigger = self.ground.triggers[self.occurrence.trigger_id]
        self.record = self.ground.records[_key(self.occurrence)]

    def plan(self) -> Plan:
        """Return what it comes to: its action, what is done in its place, or why neither."""
        ways = [each for each in self._ways() if each[1].code is None]
        if not ways:
            return self._failed(Why.NOBODY_TO_REACH)
        words = self._words(ways[0][1].action)
        if unfit := words.unfit(ways[0][1].action):
            return self._failed(Why(unfit))
        orders = tuple(self._order(person, way, words, user_id) for person, way, user_id in ways)
        _, first = orders[0]
        done = Ended(
            self.occurrence.occurrence_id, State.PROCESSED, None, first.way.action.value, first.made_id
        )
        return Plan(self.occurrence, done, orders, self._told(first))

    def _ways(self) -> Iterator[tuple[Person, Way, UUID | None]]:
        """Yield everybody it is for and how they are reached, users with their ids."""
        recipient, action = Recipient(self.trigger.recipient), Act(self.trigger.action)
        client = self._client(recipient)
        if recipient in (Recipient.CLIENT, Recipient.BILL_TO):
            # What is to be done about a record without a client may be done all the same.
            fallback = Act(self.trigger.fallback) if self.trigger.fallback else None
            person = client or Person("")
            yield person, way_to(person, action, fallback), None
            return
        for user_id in self._users(recipient):
            # Whoever calls, it is the client who is called.
            phone, client_id = (client.phone, client.client_id) if client else (None, None)
            person = replace(self.ground.staff[user_id], client_id=client_id)
            if self.trigger.is_block_bypassed:
                person = replace(person, blocked=self.ground.never)
            way = Way(action, phone) if action is Act.CALL else way_to(person, action)
            if way.code and self.trigger.fallback == Act.CALL:
                way = Way(Act.CALL, phone)
            yield person, way, user_id

    def _client(self, recipient: Recipient) -> Person | None:
        """Return the client it is about: of an invoice whom it was sold to, or who pays."""
        names = ["client_id", "bill_to_client_id"]
        if recipient is Recipient.BILL_TO:
            names.reverse()
        named = (UUID(self.record[each]) for each in names if self.record.get(each))
        is_client = self.occurrence.collection == registry.number_of("clients")
        client_id = self.occurrence.record_id if is_client else next(named, None)
        known = self.ground.clients if self.trigger.is_block_bypassed else self.ground.blocked_too
        return known.get(client_id) if client_id else None

    def _users(self, recipient: Recipient) -> list[UUID]:
        """Return who is meant of those who work here."""
        named = {
            Recipient.USERS: self.trigger.user_ids,
            Recipient.ASSIGNED_USER: _assigned(self.record),
            Recipient.PHOTOGRAPHER: _photographers(self.record),
        }
        return [each for each in dict.fromkeys(named[recipient]) if each in self.ground.staff]

    def _words(self, action: Act) -> Words:
        """Return what is said; what would have no subject is called as the template is, or the trigger."""
        about = _about(_spec(self.trigger), self.occurrence, self.record)
        found = self.ground.words[self.trigger.trigger_id].get(about) if about else None
        template = self.ground.templates.get(self.trigger.template_id) if self.trigger.template_id else None
        merged = found.merged if found else Merged()
        # A letter has its own subject, whatever a call in its place is called.
        subject = merged.subject if action in WRITTEN else found.subject if found else ""
        return Words(merged, subject.strip() or (template.name if template else self.trigger.name))

    def _order(self, person: Person, way: Way, words: Words, user_id: UUID | None) -> tuple[Errand, Order]:
        template = self.ground.templates.get(self.trigger.template_id) if self.trigger.template_id else None
        made = _made(self.trigger)
        errand = Errand(
            purpose=Purpose.TRIGGER,
            made=made.model_copy(update={"user_id": user_id}) if user_id else made,
            bypasses_blocks=self.trigger.is_block_bypassed,
            email_type_id=template.email_type_id if template else None,
            file_ids=tuple(template.file_ids) if template else (),
        )
        return errand, Order(
            # Cut anywhere, and begun again, it is made once.
            made_id=uuid5(UUID(str(self.occurrence.occurrence_id)), f"{way.action} {user_id or ''}"),
            way=way,
            person=person,
            links=self._links(person),
            words=words,
            occurrence_id=self.occurrence.occurrence_id,
        )

    def _links(self, person: Person) -> dict[str, Any]:
        """Return the records it is about, by the fields that name them."""
        basis, record_id = _spec(self.trigger).basis, self.occurrence.record_id
        if basis.collection.number == self.occurrence.collection:
            links = links_of(basis, record_id, self.record)
            shared = {"task_id": self.record["task_id"]} if self.record.get("task_id") else {}
        else:
            links = {name: self.record[name] for name in _LINKED if self.record.get(name)}
            shared = {}
        client_id = str(person.client_id) if person.client_id else None
        return {**links, **shared, "client_id": client_id}

    def _told(self, order: Order) -> str | None:
        action, first = order.way.action, Act(self.trigger.action)
        if action not in _CALLED:
            return None
        told = f'{_CALLED[action]} "{order.words.subject}" {_DONE[action]}'
        return told if action is first else f"{told} in place of {_INSTEAD[first]}"

    def _failed(self, why: Why) -> Plan:
        action = Act(self.trigger.action)
        subject = f' "{self._words(action).subject}"' if action is not Act.TEXT else ""
        done = "made" if action in _CALLED else "sent"
        happened = f"{_NAMED[action]}{subject} could not be {done}: {why.sentence}"
        return Plan(
            self.occurrence,
            Ended(self.occurrence.occurrence_id, State.FAILED, why),
            happened=happened,
        )
