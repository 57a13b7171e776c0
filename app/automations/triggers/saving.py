"""Triggers as kept: saved when all in them fits their kind, switched on and off, told in the trail."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts.editions import require_edition
from app.accounts.errors import VersionChanged
from app.accounts.features import Feature, declare
from app.accounts.models import Edition
from app.accounts.standing import Work
from app.accounts.store import bring_automations_due_forward
from app.audit.trail import Action as Deed
from app.audit.trail import Entry, keep
from app.automations.made import Made
from app.automations.reaching import FALLBACKS, Act
from app.automations.triggers import store
from app.automations.triggers.errors import TriggerInvalid, TriggerLimitReached, TriggerNotFound
from app.automations.triggers.kinds import (
    SPECS,
    STOP_WORDS,
    TEMPLATES,
    WRITTEN,
    Kind,
    Recipient,
    Spec,
    Wanted,
    Why,
)
from app.automations.triggers.models import Trigger
from app.automations.triggers.schemas import TriggerMakeRequest, TriggerRequest
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.desk.hubs import store as hubs
from app.desk.hubs.dates import Calendar
from app.desk.hubs.filters import Reader
from app.desk.hubs.models import HubFilter
from app.desk.hubs.saved import SHIPPED, read_filter
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.http.failures import MOST_FIELDS
from app.studio.weekdays import Weekday
from app.sync import records
from app.templates import store as templates
from app.templates.models import TemplateKind
from app.templates.saving import view_of
from app.templates.wording import Fault, Wording, faults_of

MOST = 200
"""How many triggers an account may have."""
LEAST = Edition.PROFESSIONAL
"""From which edition on there are triggers."""
TRIGGERS = declare(
    Feature("triggers", "Triggers", "What happens by itself when a record changes, and what waits to.")
)
ON_PAPER = (Recipient.CLIENT, Recipient.BILL_TO)
"""Whom texts and letters on paper can reach: of users there is no number, and they are met."""
REACHED = {
    Act.EMAIL: tuple(Recipient),
    Act.TEXT: ON_PAPER,
    Act.CALL: tuple(Recipient),
    Act.TASK: tuple(Recipient),
    Act.LETTER: ON_PAPER,
}
_LOOKED_FOR = ("kind", "type_id", "status_id", "value", "on_field", "offset_days")
"""What must be so; what waits was raised by how these were before."""
_UNTOLD = {"account_id", "trigger_id", "version", "changed_at", "changed_by", "since", "swept_to"}
_Fault = tuple[str, str | Fault]
"""A place that is wrong, and its code; of words with fields in them what templates tell."""


@dataclass(slots=True)
class _Check:
    """A trigger that is wanted, held against its kind, the lists, and what its author may name."""

    work: Work[WriteSession]
    wanted: TriggerRequest
    spec: Spec
    row: Trigger | None

    async def faults(self) -> list[_Fault]:
        """Return every place that is wrong, each with a code."""
        found = [*self._faults_of_shape()]
        if self.spec.collection.number not in (await view_of(self.work)).rights:
            # It could be had to tell its author by email what they may not view.
            found.append(("kind", "not_allowed"))
        found += [each async for each in self._faults_of_lists()]
        found += [each async for each in self._faults_of_names()]
        return found

    def _faults_of_shape(self) -> Iterator[_Fault]:
        wanted, spec = self.wanted, self.spec
        given = {
            "type_id": (spec.type, wanted.type_id),
            "status_id": (spec.status, wanted.status_id),
            "value": (Wanted.MUST if spec.has_value else Wanted.NO, wanted.value),
            "on_field": (Wanted.MUST if spec.on_fields else Wanted.NO, wanted.on_field),
            "template_id": (Wanted.MUST if wanted.action in WRITTEN else Wanted.NO, wanted.template_id),
            "user_ids": (Wanted.MUST if wanted.recipient is Recipient.USERS else Wanted.NO, wanted.user_ids),
            "made": (self._need_of_made(), wanted.made),
        }
        for name, (need, value) in given.items():
            if need is Wanted.MUST and not value:
                yield name, "missing"
            elif need is Wanted.NO and value:
                yield name, "not_expected"
        if wanted.offset_days and not spec.on_fields:
            yield "offset_days", "not_expected"
        if wanted.on_field and spec.on_fields and wanted.on_field not in spec.on_fields:
            yield "on_field", "not_a_choice"
        yield from self._faults_of_value()
        if wanted.action not in spec.actions:
            yield "action", "not_allowed"
        if wanted.fallback and (wanted.action, wanted.fallback) not in FALLBACKS:
            yield "fallback", "not_allowed"
        reached = [REACHED[each] for each in (wanted.action, wanted.fallback) if each]
        if wanted.recipient not in spec.recipients or any(wanted.recipient not in each for each in reached):
            yield "recipient", "not_allowed"

    def _need_of_made(self) -> Wanted:
        """Say whether calls and tasks are to be described: what stands in for an email has its subject."""
        wanted = self.wanted
        if not {wanted.action, wanted.fallback} & _ASKED:
            return Wanted.NO
        return Wanted.MAY if wanted.action is Act.EMAIL else Wanted.MUST

    def _faults_of_value(self) -> Iterator[_Fault]:
        value, spec = self.wanted.value, self.spec
        if not value or not spec.has_value:
            return
        if spec.values and value not in spec.values:
            yield "value", "not_a_choice"
        elif not spec.values and (len(value.split()) != 1 or not value.strip(_AROUND)):
            yield "value", "one_word"
        elif not spec.values and value.strip().casefold() in STOP_WORDS:
            yield "value", "reserved"

    async def _faults_of_lists(self) -> Any:
        wanted, spec, session = self.wanted, self.spec, self.work.session
        if wanted.type_id and spec.types and not await records.find(session, spec.types, wanted.type_id):
            yield "type_id", "not_found"
        if wanted.status_id and spec.statuses:
            status = await records.find(session, spec.statuses, wanted.status_id)
            if status is None:
                yield "status_id", "not_found"
            elif wanted.type_id and status.get(spec.type_field or "") not in {None, str(wanted.type_id)}:
                yield "status_id", "does_not_fit"
        for user_id in wanted.user_ids:
            if not await records.find(session, "staff", user_id):
                yield "user_ids", "not_found"
        if wanted.made:
            async for fault in self._faults_of_made(wanted.made):
                yield fault

    async def _faults_of_made(self, made: Made) -> Any:
        session, is_task = self.work.session, self.wanted.action is Act.TASK
        lists = {
            "type_id": ("task_types" if is_task else "phone_call_types", made.type_id),
            "user_id": ("staff", made.user_id),
            "department_id": ("departments", made.department_id),
        }
        for name, (collection, record_id) in lists.items():
            if record_id and not await records.find(session, collection, record_id):
                yield f"made.{name}", "not_found"
        if made.priority and not is_task:
            yield "made.priority", "not_expected"
        if not made.subject:
            if self._need_of_made() is Wanted.MUST:
                yield "made.subject", "missing"
            return
        said = Wording(TemplateKind.TEXT, self.spec.basis, text=made.subject)
        for fault in faults_of(said, await view_of(self.work)):
            yield "made.subject", fault

    async def _faults_of_names(self) -> Any:
        if self.wanted.filter_id and (code := await self._fault_of_filter(self.wanted.filter_id)):
            yield "filter_id", code
        if self.wanted.template_id and self.wanted.action in WRITTEN:
            code = await self._fault_of_template(self.wanted.template_id)
            if code:
                yield "template_id", code

    async def _fault_of_filter(self, filter_id: UUID) -> str | None:
        session, hub = self.work.session, self.spec.hub
        row = await filter_row(session, filter_id)
        if row is None or row.hub != hub.name:
            return "not_found"
        if self.row is not None and self.row.filter_id == filter_id and self.row.kind == self.spec.kind:
            return None
        view = await view_of(self.work)
        if hub.collection.number not in view.rights:
            return "not_found"
        if read_filter(Reader(hub.collection, view, await calendar(session)), row) is None:
            return "not_found"
        # All who look after triggers must see what one goes by.
        return None if row.is_shared else "not_shared"

    async def _fault_of_template(self, template_id: UUID) -> str | None:
        template = await templates.template(self.work.session, template_id)
        if template is None:
            return "not_found"
        if template.kind not in TEMPLATES[self.wanted.action]:
            return "wrong_kind"
        if template.basis != self.spec.basis:
            return "wrong_basis"
        is_kept = self.row is not None and self.row.template_id == template_id
        return "inactive" if template.is_inactive and not is_kept else None


_ASKED = {Act.CALL, Act.TASK}
_AROUND = ".,;:!?\"'()[]"


async def filter_row(session: Session, filter_id: UUID) -> HubFilter | None:
    """Return a filter that was saved, or comes with the product, whoever may see it."""
    shipped = {each.saved_id: each for each in SHIPPED}
    return shipped.get(filter_id) or await hubs.saved(session, HubFilter, filter_id)


async def calendar(session: Session) -> Calendar:
    """Return the company's calendar today."""
    zone = await store.zone(session)
    company = await hubs.company(session)
    first = list(Weekday).index(Weekday(company.first_weekday or Weekday.SUNDAY))
    return Calendar(clock.today(zone), zone, first)


async def listed(session: Session) -> tuple[Sequence[Trigger], dict[UUID, int]]:
    """Return all triggers by name, and how much waits of each."""
    return await store.triggers(session), await store.waiting(session)


async def read(session: Session, trigger_id: UUID) -> Trigger:
    """Return a trigger; raises `TriggerNotFound`."""
    row = await store.trigger(session, trigger_id)
    if row is None:
        raise TriggerNotFound
    return row


async def make(work: Work[WriteSession], wanted: TriggerMakeRequest) -> Trigger:
    """Save a new trigger; what was before it raises it no more."""
    spec = await _checked(work, wanted, None)
    session = work.session
    if await store.count(session) >= MOST:
        raise TriggerLimitReached(limit=MOST)
    row = Trigger(
        account_id=session.account_id,
        trigger_id=new_id(),
        version=0,
        is_active=wanted.is_active,
        **_columns(wanted, spec),
    )
    await _begin_anew(session, row)
    return await _save(work, row, None)


async def put(
    work: Work[WriteSession], trigger_id: UUID, wanted: TriggerRequest, expected: int | None
) -> Trigger:
    """Set the expected version of a trigger whole.

    Where it looks for something else from now on, what waits of it is forgotten, and it begins anew.
    """
    row = await _expected(work.session, trigger_id, expected)
    spec = await _checked(work, wanted, row)
    before, columns = _told(row), _columns(wanted, spec)
    is_other = any(getattr(row, name) != columns[name] for name in _LOOKED_FOR)
    if is_other:
        await store.drop_open(work.session, trigger_id)
    if is_other or row.filter_id != wanted.filter_id:
        await _begin_anew(work.session, row)
    row.paused_code = None
    for name, value in columns.items():
        setattr(row, name, value)
    return await _save(work, row, before)


async def activate(work: Work[WriteSession], trigger_id: UUID) -> Trigger:
    """Switch a trigger on, or have one go on that was paused; what happened meanwhile raises it no more."""
    row = await read(work.session, trigger_id)
    if row.is_active and row.paused_code is None:
        return row
    await _checked(work, _wanted(row), row)
    before = _told(row)
    if not row.is_active:
        await _begin_anew(work.session, row)
    row.is_active, row.paused_code = True, None
    return await _save(work, row, before)


async def deactivate(work: Work[WriteSession], trigger_id: UUID) -> Trigger:
    """Switch a trigger off; what waits of it is skipped."""
    row = await read(work.session, trigger_id)
    if not row.is_active:
        return row
    before = _told(row)
    await store.give_up(work.session, trigger_id, Why.INACTIVE, clock.now(), work.who.user_id)
    row.is_active = False
    return await _save(work, row, before)


async def remove(work: Work[WriteSession], trigger_id: UUID, expected: int | None) -> None:
    """Remove the expected version of a trigger and what waits of it; what was done stays in the queue."""
    row = await _expected(work.session, trigger_id, expected)
    before = _told(row)
    await store.drop_open(work.session, trigger_id)
    await work.session.delete(row)
    await work.session.flush()
    await keep(work.session, work.who, _entry(trigger_id, Deed.DELETED, before, None))


async def _checked(work: Work[WriteSession], wanted: TriggerRequest, row: Trigger | None) -> Spec:
    """Return what there is to know of a kind, once all that is wanted fits it; raises `TriggerInvalid`."""
    await require_edition(work.session, LEAST)
    spec = _spec(wanted.kind)
    if spec is None:
        raise TriggerInvalid(fields=[{"path": "kind", "code": "unknown_kind"}])
    faults = dict.fromkeys(await _Check(work, wanted, spec, row).faults())
    if faults:
        told = [
            ({"code": code} if isinstance(code, str) else code.told()) | {"path": path}
            for path, code in faults
        ]
        raise TriggerInvalid(fields=told[:MOST_FIELDS])
    return spec


def _spec(kind: str) -> Spec | None:
    return SPECS[Kind(kind)] if kind in _kinds() else None


def _kinds() -> Collection[str]:
    return {each.value for each in Kind}


async def _begin_anew(session: WriteSession, row: Trigger) -> None:
    now = clock.now()
    row.since = now
    row.swept_to = clock.day_of(now, await store.zone(session)) - timedelta(days=1)


async def _save(work: Work[WriteSession], row: Trigger, before: dict[str, Any] | None) -> Trigger:
    row.version, row.changed_at, row.changed_by = row.version + 1, clock.now(), work.who.user_id
    work.session.add(row)
    await work.session.flush()
    deed = Deed.CREATED if before is None else Deed.CHANGED
    await keep(work.session, work.who, _entry(row.trigger_id, deed, before, _told(row)))
    await bring_automations_due_forward(work.session, clock.now())
    return row


async def _expected(session: Session, trigger_id: UUID, expected: int | None) -> Trigger:
    row = await read(session, trigger_id)
    if expected is None:
        raise PreconditionRequired
    if expected != row.version:
        raise VersionChanged(version=row.version, headers={"ETag": etag(row.version)})
    return row


def _columns(wanted: TriggerRequest, spec: Spec) -> dict[str, Any]:
    given = wanted.model_dump(exclude={"is_active", "kind", "made", "value"})
    value = (
        wanted.value
        if spec.values or wanted.value is None
        else wanted.value.strip().strip(_AROUND).casefold()
    )
    made = wanted.made.model_dump(mode="json") if wanted.made else None
    return {**given, "kind": spec.kind.value, "collection": spec.number, "value": value, "made": made}


def _wanted(row: Trigger) -> TriggerRequest:
    names = TriggerRequest.model_fields.keys()
    given = row.model_dump(include=set(names))
    made = Made.model_validate(row.made, strict=False) if row.made else None
    return TriggerRequest.model_validate({**given, "made": made}, strict=False)


def _told(row: Trigger) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude=_UNTOLD)


def _entry(
    trigger_id: UUID, deed: Deed, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Entry:
    return Entry(TRIGGERS, "triggers", trigger_id, deed, before, after)
