"""Ordering: a cart becomes an order once, as it was shown, to be paid later or by a payment of now."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from app.core import clock
from app.core.db import Session, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.carts import MOST_LINES, PricedCart, keep_lines, lines_in, price
from app.galleries.events import WebOrderReceived
from app.galleries.order_models import OrderState, WebOrder
from app.galleries.order_refusals import (
    CartChanged,
    CartEmpty,
    CartFull,
    GalleryClosed,
    OrderDiffers,
    PaymentUnfit,
)
from app.galleries.pricing import MOST_TO_PAY, OrderLine
from app.galleries.visits import Shop, Visit, open_shop
from app.studio.payments import PaymentState, PaymentType
from app.sync import records
from app.sync.fields import Values

_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What a web order number is written with: nothing that is taken for something else when it is read aloud."""
_UNDER_WAY = {PaymentState.PROCESSING, PaymentState.APPROVED}


@dataclass(frozen=True, slots=True)
class Checkout:
    """What is asked when an order is placed.

    `key` is made up for this order and sent again with each repeat of it; `tag` is that of the cart as it was
    shown. `payment_id` names the payment of an order that is paid now: the client's own, on no invoice, of
    just the total, approved or still being charged; without one it is paid later.
    """

    key: str
    tag: str
    payment_id: UUID | None = None

    @property
    def kept_key(self) -> str:
        """Return the key as it is kept, however long it is."""
        return sha256(self.key.encode()).hexdigest()

    @property
    def fingerprint(self) -> bytes:
        """Tell orders apart by all that is asked."""
        told = [self.tag, str(self.payment_id) if self.payment_id else None]
        return sha256(orjson.dumps(told)).digest()


async def place(session: WriteSession, who: Principal, visit: Visit, asked: Checkout) -> WebOrder:
    """Order what is in the cart, and empty it; asked again under the same key, return the order as it stands.

    An order whose payment is still being charged is `unpaid`. It follows that payment by itself: approved, it
    is `ready`; otherwise it is `cancelled`, and what was ordered is in the cart again.
    """
    if known := await placed(session, visit, asked):
        return known
    shop = await open_shop(session, who, visit)
    lines = await lines_in(session, visit)
    if not lines:
        raise CartEmpty
    cart = await price(session, shop, lines)
    for each in cart.unavailable:
        raise each.why
    if cart.tag != asked.tag:
        raise CartChanged
    if len(lines) > MOST_LINES or cart.sums.total > MOST_TO_PAY:
        # What was not paid has come back to what was put in meanwhile, or a price has risen.
        raise CartFull
    state = await _state(session, visit, cart.sums.total, asked.payment_id)
    made = await _made(session, visit, shop, cart)
    made.state, made.payment_id = state.value, asked.payment_id
    made.request_key, made.fingerprint = asked.kept_key, asked.fingerprint
    session.add(made)
    await session.flush()
    await keep_lines(session, visit, [])
    if state is OrderState.READY:
        await announce(session, who, WebOrderReceived(made.id))
    return made


async def placed(session: Session, visit: Visit, asked: Checkout) -> WebOrder | None:
    """Return what was ordered under a key before; `OrderDiffers` where that was something else."""
    known = await order_store.order_asked(session, visit.gallery_id, visit.client_id, asked.kept_key)
    if known and known.fingerprint != asked.fingerprint:
        raise OrderDiffers(str(known.id))
    return known


async def order_of(session: Session, visit: Visit, order_id: UUID) -> WebOrder | None:
    """Return an order of the client in this gallery, as it stands."""
    found = await order_store.order(session, order_id)
    is_theirs = found and (found.gallery_id, found.ordered_by_id) == (visit.gallery_id, visit.client_id)
    return found if is_theirs else None


async def orders_of(session: Session, visit: Visit) -> Sequence[WebOrder]:
    """Return what the client has ordered in this gallery, the latest first."""
    return await order_store.orders_in(session, visit.gallery_id, visit.client_id)


def lines_of(order: WebOrder) -> list[OrderLine]:
    """Return the lines of an order."""
    return [OrderLine.model_validate(each) for each in order.lines]


async def _state(session: Session, visit: Visit, total: int, payment_id: UUID | None) -> OrderState:
    """Return what an order is at first; refuses a payment that does not pay it."""
    if payment_id is None:
        return OrderState.READY
    payment = await records.find(session, "payments", payment_id)
    is_fit = (
        payment is not None
        and payment["client_id"] == str(visit.client_id)
        and payment["invoice_id"] is None
        and payment["payment_type"] == PaymentType.PAYMENT
        and payment["amount"] == total
        and payment["state"] in _UNDER_WAY
    )
    if payment is None or not is_fit or await order_store.pays_another(session, payment_id):
        raise PaymentUnfit
    return OrderState.READY if payment["state"] == PaymentState.APPROVED else OrderState.UNPAID


async def _made(session: WriteSession, visit: Visit, shop: Shop, cart: PricedCart) -> WebOrder:
    client = await records.find(session, "clients", visit.client_id)
    if client is None:
        raise GalleryClosed
    return WebOrder(
        account_id=session.account_id,
        id=new_id(),
        number=await _number(session),
        gallery_id=visit.gallery_id,
        ordered_by_id=visit.client_id,
        client_id=visit.client_id,
        client_name=_name(client),
        session_id=shop.session_id,
        studio_id=shop.studio_id,
        request_key="",
        fingerprint=b"",
        state="",
        lines=[each.model_dump(mode="json") for each in cart.lines],
        subtotal=cart.sums.subtotal,
        shipping=cart.sums.shipping,
        tax=cart.sums.tax,
        total=cart.sums.total,
        placed_at=clock.now(),
    )


async def _number(session: WriteSession) -> str:
    """Return a number nobody has: eight signs, of which there are more than anybody can try."""
    while True:
        drawn = "".join(secrets.choice(_SIGNS) for _ in range(8))
        number = f"W-{drawn[:4]}-{drawn[4:]}"
        if not await order_store.is_number_taken(session, number):
            return number


def _name(client: Values) -> str:
    names = " ".join(each for each in (client["first_name"], client["last_name"]) if each)
    return names or client["company_name"] or ""
