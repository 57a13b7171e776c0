"""Automatic tasks: work that begins for the studio when a client has ordered or chosen something online."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.order_errors import GalleryTaskTargetNotFound
from app.galleries.order_models import GalleryTask
from app.studio.business_days import business_days_after
from app.studio.rules.settings import USUAL
from app.sync import records
from app.sync.store import Write

SETTINGS = "companies"
"""What a right to these settings is given by: they are the company's."""
_SUBJECT = "gallery_tasks"
_TARGETS = {
    "task_type_id": "task_types",
    "assigned_department_id": "departments",
    "assigned_user_id": "staff",
}
"""What a task may be given to, and of which type it may be."""


class TaskEvent(StrEnum):
    """What a task is made for."""

    WEB_ORDER = "web_order"
    """An order has become an invoice."""
    YEARBOOK_CHOICE = "yearbook_choice"
    """A client has chosen all images the yearbook asks for."""
    PREPAID_CHOICE = "prepaid_choice"
    """A client has chosen images for all of a prepaid order."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """Of which type a task is, who is to do it, and within how many business days."""

    task_type_id: UUID | None
    assigned_department_id: UUID | None
    assigned_user_id: UUID | None
    due_days: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """What has happened, by a record each task is made for once, and what the task is to say of it."""

    event: TaskEvent
    of: UUID
    subject: str
    description: str | None
    client_id: UUID
    session_id: UUID | None
    studio_id: str | None
    invoice_id: UUID | None = None

    @property
    def task_id(self) -> UUID:
        """Return the id of the task: always the same, so that there is one."""
        return uuid5(self.of, self.event)


async def read(session: Session) -> dict[TaskEvent, TaskPlan]:
    """Return for which events tasks are made."""
    return {
        TaskEvent(each["event"]): TaskPlan(**{name: each[name] for name in TaskPlan.__slots__})
        for each in await order_store.gallery_tasks(session)
    }


async def put(session: WriteSession, who: Principal, plans: Mapping[TaskEvent, TaskPlan]) -> None:
    """Have tasks made for these events from now on, and for no others.

    Raises `GalleryTaskTargetNotFound` where one names what is not there, or is no longer offered.
    """
    for plan in plans.values():
        for name in _TARGETS:
            if getattr(plan, name) and await _usable(session, plan, name) is None:
                raise GalleryTaskTargetNotFound(target=name)
    before = await read(session)
    rows = [
        GalleryTask(
            account_id=session.account_id,
            event=event.value,
            task_type_id=plan.task_type_id,
            assigned_department_id=plan.assigned_department_id,
            assigned_user_id=plan.assigned_user_id,
            due_days=plan.due_days,
        )
        for event, plan in plans.items()
    ]
    await order_store.set_gallery_tasks(session, rows)
    action = Action.CHANGED if before else Action.CREATED
    told = [{event.value: _told(plan) for event, plan in each.items()} for each in (before, plans)]
    await keep(session, who, Entry(SETTINGS, _SUBJECT, session.account_id, action, *told))


async def writes_for(session: Session, who: Principal, occasion: Occasion) -> Sequence[Write]:
    """Return the write of the task an occasion is to have; none where the studio wants none.

    It goes with what it is made for, in one transaction. Done again it changes the task there is, and opens
    it again where it was done: so one whose occasion has changed stays one, and says how it is now. What the
    settings name and is no longer offered is left out: no order waits for it.
    """
    plan = (await read(session)).get(occasion.event)
    if plan is None:
        return ()
    known = await records.find(session, "tasks", occasion.task_id)
    said = {"description": occasion.description}
    if known and known["complete_date"] is None:
        return (Write("tasks", occasion.task_id, said),)
    today = clock.today(who.time_zone)
    company = await records.find(session, "companies", session.account_id) or USUAL
    due = business_days_after(today, plan.due_days, company["work_week"])
    dated = {"start_date": today.isoformat(), "due_date": due.isoformat(), "complete_date": None}
    if known:
        return (Write("tasks", occasion.task_id, {**said, **dated}),)
    named = {
        "subject": occasion.subject,
        "client_id": str(occasion.client_id),
        "session_id": str(occasion.session_id) if occasion.session_id else None,
        "invoice_id": str(occasion.invoice_id) if occasion.invoice_id else None,
        "studio_id": occasion.studio_id,
    }
    given = {name: await _usable(session, plan, name) for name in _TARGETS}
    return (Write("tasks", occasion.task_id, {**said, **dated, **named, **given}),)


async def writes_for_yearbook(
    session: Session, who: Principal, session_id: UUID, images: Sequence[str], missing: str | None = None
) -> Sequence[Write]:
    """Return the same of the images a client has chosen for the yearbook.

    As long as one of them is `missing`, no task begins; one that is open says how it is now.
    """
    booked = await records.find(session, "sessions", session_id)
    if booked is None:
        return ()
    occasion = Occasion(
        event=TaskEvent.YEARBOOK_CHOICE,
        of=session_id,
        subject="Yearbook image chosen online",
        description=f"Chosen: {', '.join(images)}" + (f"; the {missing} is still missing" if missing else ""),
        client_id=UUID(booked["client_id"]),
        session_id=session_id,
        studio_id=booked["studio_id"],
    )
    if missing is None:
        return await writes_for(session, who, occasion)
    known = await records.find(session, "tasks", occasion.task_id)
    is_open = known is not None and known["complete_date"] is None
    return (Write("tasks", occasion.task_id, {"description": occasion.description}),) if is_open else ()


async def _usable(session: Session, plan: TaskPlan, name: str) -> str | None:
    """Return the id of what a plan names, if that is there and still offered."""
    record_id: UUID | None = getattr(plan, name)
    found = await records.find(session, _TARGETS[name], record_id) if record_id else None
    return str(record_id) if found and not found["is_inactive"] else None


def _told(plan: TaskPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in TaskPlan.__slots__}
