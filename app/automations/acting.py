"""Making something for somebody: an email, a text, a call, a task or a letter on paper, each made once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.automations.made import Made
from app.automations.reaching import CHANNELS, Act, Person, Way
from app.automations.saying import Words, html_of
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.outbox.posting import Content, Letter, post
from app.outbox.states import Purpose
from app.studio.deliveries import DeliveryState
from app.sync import registry
from app.sync.fields import Values
from app.sync.store import UNFIT, Write, write
from app.templates import paper
from app.templates.fields import Basis

COLLECTIONS = {
    Act.EMAIL: "emails",
    Act.TEXT: "text_messages",
    Act.CALL: "phone_calls",
    Act.TASK: "tasks",
}
"""What is made is a record of one of these; a letter on paper is none."""
SPOILT = (
    *UNFIT,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What is raised of one record however often it is tried: it cannot be kept, or a defect shows in it."""
_LONGEST_SUBJECT, _LONGEST_TASK = 200, 100
_OWN = {
    Basis.SESSION: "session_id",
    Basis.INVOICE: "invoice_id",
    Basis.TASK: "task_id",
}


@dataclass(frozen=True, slots=True)
class Errand:
    """What all that is made at once has in common: the kinds it is of, for what, and for whom it is made."""

    purpose: Purpose
    made: Made = field(default_factory=Made)
    is_bulk: bool = False
    bypasses_blocks: bool = False
    email_type_id: UUID | None = None
    category: str | None = None
    file_ids: tuple[UUID, ...] = ()
    communication_id: UUID | None = None
    made_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that is to be made, under an id by which it is made once; `links` are of `links_of`."""

    made_id: UUID
    way: Way
    person: Person
    links: Mapping[str, Any]
    words: Words
    occurrence_id: UUID | None = None


def client_of(basis: Basis, record_id: UUID, record: Values) -> UUID | None:
    """Return the client a record leads to: of an invoice whom it is billed to."""
    if basis is Basis.CLIENT:
        return record_id
    named = ("bill_to_client_id", "client_id") if basis is Basis.INVOICE else ("client_id",)
    return next((UUID(it) for name in named if (it := record[name])), None)


def links_of(basis: Basis, record_id: UUID, record: Values) -> dict[str, Any]:
    """Return what is made about a record names: its client, the record itself, and what that belongs to."""
    client_id = client_of(basis, record_id, record)
    shared = ("session_id", "invoice_id", "studio_id")
    links = {name: record[name] for name in shared if record.get(name)}
    links["client_id"] = str(client_id) if client_id else None
    if basis in _OWN:
        links[_OWN[basis]] = str(record_id)
    return links


async def make(session: WriteSession, who: Principal, errand: Errand, orders: Sequence[Order]) -> None:
    """Make what is ordered, in this transaction; raises what `sync.store.write` does where a rule refuses.

    Each is new: whoever orders knows in the same transaction what was made before.
    """
    await post(session, [_letter(errand, each) for each in orders if each.way.action in CHANNELS])
    writes = [_write(who, errand, each) for each in orders if each.way.action in COLLECTIONS]
    if writes:
        await write(session, who, writes)
    for each in orders:
        if each.way.action is Act.LETTER and each.person.client_id:
            html = each.words.merged.html or html_of(each.words.merged.text)
            await paper.keep(session, each.person.client_id, each.words.subject, html, letter_id=each.made_id)


def _letter(errand: Errand, order: Order) -> Letter:
    merged, is_email = order.words.merged, order.way.action is Act.EMAIL
    content = Content(
        subject=order.words.subject[:_LONGEST_SUBJECT] if is_email else "",
        text=merged.text,
        html=merged.html if is_email else None,
        file_ids=errand.file_ids if is_email else (),
        calendar=merged.calendar if is_email else None,
    )
    return Letter(
        letter_id=order.made_id,
        channel=CHANNELS[order.way.action],
        purpose=errand.purpose,
        to=(order.way.address or "",),
        content=content,
        collection=COLLECTIONS[order.way.action],
        client_id=order.person.client_id,
        is_bulk=errand.is_bulk,
        bypasses_blocks=errand.bypasses_blocks,
        occurrence_id=order.occurrence_id,
        communication_id=errand.communication_id,
        made_by=errand.made_by,
    )


def _write(who: Principal, errand: Errand, order: Order) -> Write:
    action = order.way.action
    name = COLLECTIONS[action]
    fields = registry.numbered(registry.number_of(name)).fields
    links = {key: value for key, value in order.links.items() if key in fields}
    if action is Act.TASK and order.links.get("task_id"):
        links["parent_task_id"] = order.links["task_id"]
    said = {
        Act.EMAIL: _email,
        Act.TEXT: _text,
        Act.CALL: _call,
        Act.TASK: _task,
    }[action](who, errand, order)
    return Write(name, order.made_id, links | said)


def _email(who: Principal, errand: Errand, order: Order) -> dict[str, Any]:
    merged = order.words.merged
    return {
        "date": clock.today(who.time_zone).isoformat(),
        "to_addresses": [order.way.address],
        "subject": order.words.subject[:_LONGEST_SUBJECT],
        "body": merged.text,
        # Of what goes to many, phones have the text alone: they would load the same page ten thousand times.
        "html": None if errand.is_bulk else merged.html,
        "email_type_id": _id(errand.email_type_id),
        "category": errand.category,
        "is_block_bypassed": errand.bypasses_blocks,
        "is_draft": False,
        "delivery_state": DeliveryState.QUEUED.value,
    }


def _text(who: Principal, errand: Errand, order: Order) -> dict[str, Any]:
    del errand
    return {
        "date": clock.today(who.time_zone).isoformat(),
        "phone": order.way.address,
        "message": order.words.merged.text,
        "delivery_state": DeliveryState.QUEUED.value,
    }


def _call(who: Principal, errand: Errand, order: Order) -> dict[str, Any]:
    made = errand.made
    return {
        "date": (clock.today(who.time_zone) + timedelta(days=made.due_in_days)).isoformat(),
        "phone": order.way.address,
        "subject": order.words.subject[:_LONGEST_SUBJECT],
        "phone_call_type_id": _id(made.type_id),
        "assigned_user_id": _id(made.user_id),
        "assigned_department_id": _id(made.department_id),
    }


def _task(who: Principal, errand: Errand, order: Order) -> dict[str, Any]:
    made, today = errand.made, clock.today(who.time_zone)
    return {
        "subject": order.words.subject[:_LONGEST_TASK].strip(),
        "start_date": today.isoformat(),
        "due_date": (today + timedelta(days=made.due_in_days)).isoformat(),
        "priority": made.priority,
        "task_type_id": _id(made.type_id),
        "assigned_user_id": _id(made.user_id),
        "assigned_department_id": _id(made.department_id),
    }


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
