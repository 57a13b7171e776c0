"""Downloading a web order: it becomes an invoice once, with its payment, or is held with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Channel, Principal
from app.galleries import automatic_tasks, order_store
from app.galleries.automatic_tasks import Occasion, TaskEvent
from app.galleries.order_models import OrderState, WebOrder
from app.galleries.ordering import lines_of
from app.studio.invoices import InvoiceType
from app.studio.payments import PaymentState, PaymentType
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write
from app.sync.validation import InvalidFieldsError

_WAITING = {OrderState.READY, OrderState.HELD}
_NOT_APPLIED = "The payment made online was used otherwise meanwhile: this order is still to be paid."


class Code(StrEnum):
    """Why an order is held, or what to know of one that was downloaded."""

    CLIENT_UNKNOWN = "client_unknown"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_OF_ANOTHER_CLIENT = "session_of_another_client"
    NUMBER_TAKEN = "number_taken"
    REFUSED = "refused"
    """A rule refuses the invoice as it would be."""
    PAYMENT_NOT_APPLIED = "payment_not_applied"
    """It is an invoice, and what was paid online was used otherwise meanwhile."""


class _Held(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Target:
    """Whose invoice an order becomes, from which session and studio, and what pays it."""

    client_id: UUID
    studio_id: str | None
    payment: Values | None
    is_first: bool


async def download(session: WriteSession, who: Principal, order: WebOrder) -> bool:
    """Make an invoice of an order that waits, or hold it; say whether there was anything to do.

    It is read in this transaction, which has the account's turn: of several at once one finds it waiting. The
    invoice's id is the order's. The house makes it, whoever asks: nobody is asked for further fields.
    While its payment is being charged or taken back an order waits as it is, until more is known.
    """
    if order.state not in _WAITING:
        return False
    house = house_of(who)
    try:
        target = await _target(session, house, order)
        if target.payment and target.payment["state"] == PaymentState.PROCESSING:
            return False
        order.code = None
        writes = _writes(order, target, clock.day_of(order.placed_at, who.time_zone).isoformat())
        writes += await automatic_tasks.writes_for(session, house, _occasion(order, target))
        try:
            await write(session, house, writes)
        except (ChangeRefused, InvalidFieldsError):
            raise _Held(Code.REFUSED) from None
    except _Held as held:
        order.state, order.code = OrderState.HELD.value, held.code.value
    else:
        order.state, order.client_id = OrderState.DOWNLOADED.value, target.client_id
        order.downloaded_at = clock.now()
    session.add(order)
    await session.flush()
    return True


def house_of(who: Principal) -> Principal:
    """Return the house, doing what somebody has asked for: no rule asks it to fill in what is missing."""
    return replace(who, channel=Channel.SYSTEM)


async def _target(session: WriteSession, who: Principal, order: WebOrder) -> _Target:
    """Return whose invoice an order becomes: clients who were merged are followed."""
    draft = await Draft.begin(session, who)
    client_key, session_key = _key("clients", order.client_id), _key("sessions", order.session_id)
    payment_key, studio_key = _key("payments", order.payment_id), _key("studios", order.studio_id)
    await draft.load(key for key in (client_key, session_key, payment_key, studio_key) if key)
    await draft.load_survivors([client_key] if client_key else [])
    client_key = draft.survivor(client_key) if client_key else None
    booked, payment = _values(draft, session_key), _values(draft, payment_key)
    if client_key is None or _values(draft, client_key) is None:
        raise _Held(Code.CLIENT_UNKNOWN)
    if session_key and booked is None:
        raise _Held(Code.SESSION_UNKNOWN)
    if booked and booked["client_id"] != str(client_key[1]):
        raise _Held(Code.SESSION_OF_ANOTHER_CLIENT)
    if await order_store.is_invoiced(session, order.number):
        raise _Held(Code.NUMBER_TAKEN)
    is_first = order.session_id is not None and not await order_store.has_orders(session, order.session_id)
    studio = str(order.studio_id) if _values(draft, studio_key) else None
    return _Target(client_key[1], booked["studio_id"] if booked else studio, payment, is_first)


def _writes(order: WebOrder, target: _Target, day: str) -> list[Write]:
    """Return the invoice of an order with its payment: that of now applied to it, or one that is to come."""
    is_paid = _is_free(order, target.payment)
    if order.payment_id and not is_paid:
        order.code = Code.PAYMENT_NOT_APPLIED.value
    writes = [Write("invoices", order.id, _invoice(order, target, day, is_paid=is_paid))]
    if is_paid and order.payment_id:
        writes.append(Write("payments", order.payment_id, {"invoice_id": str(order.id)}))
    elif order.payment_id is None and order.total:
        writes.append(Write("payments", uuid5(order.id, "payment"), _agreed(order, target, day)))
    return writes


def _occasion(order: WebOrder, target: _Target) -> Occasion:
    return Occasion(
        event=TaskEvent.WEB_ORDER,
        of=order.id,
        subject=f"Web order {order.number}",
        description=None,
        client_id=target.client_id,
        session_id=order.session_id,
        studio_id=target.studio_id,
        invoice_id=order.id,
    )


def _is_free(order: WebOrder, payment: Values | None) -> bool:
    """Say whether the payment of an order is still a deposit of just its total."""
    return (
        payment is not None
        and payment["state"] == PaymentState.APPROVED
        and payment["payment_type"] == PaymentType.PAYMENT
        and payment["invoice_id"] is None
        and payment["amount"] == order.total
    )


def _invoice(order: WebOrder, target: _Target, day: str, *, is_paid: bool) -> dict[str, Any]:
    # Who has paid for somebody else is billed for it: a payment stands on no stranger's invoice.
    payer = (target.payment or {})["client_id"] if is_paid else None
    return {
        "web_order_number": order.number,
        "client_id": str(target.client_id),
        "bill_to_client_id": payer or str(target.client_id),
        "session_id": str(order.session_id) if order.session_id else None,
        "studio_id": target.studio_id,
        "description": "Web order",
        "invoice_type": (InvoiceType.INITIAL_ORDER if target.is_first else InvoiceType.RE_ORDER).value,
        "invoice_date": day,
        "shipping": order.shipping,
        "lines": [
            {
                "id": str(each.id),
                "item": each.item,
                "description": each.name,
                "images": list(each.images),
                "quantity": each.quantity,
                "unit_price": each.unit_price,
                "tax": each.tax,
            }
            for each in lines_of(order)
        ],
        "notes": _NOT_APPLIED if order.code == Code.PAYMENT_NOT_APPLIED else None,
    }


def _agreed(order: WebOrder, target: _Target, day: str) -> Mapping[str, Any]:
    """Return the payment of an order that is paid later, as one that was agreed is written."""
    return {
        "client_id": str(target.client_id),
        "invoice_id": str(order.id),
        "studio_id": target.studio_id,
        "payment_type": PaymentType.PAYMENT.value,
        "state": PaymentState.PENDING.value,
        "amount": order.total,
        "due_date": day,
    }


def _key(collection: str, record_id: UUID | None) -> tuple[int, UUID] | None:
    return (registry.number_of(collection), record_id) if record_id else None


def _values(draft: Draft, key: tuple[int, UUID] | None) -> Values | None:
    state = draft.get(key) if key else None
    return state.values if state else None
