"""The client's own orders: what was ordered, how far it has come, and one that was not paid put back."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.cards import reserving
from app.cards import store as card_store
from app.cards.errors import CardPaymentStands
from app.cards.gateway import DUPLICATE_WITHIN_A_MINUTE
from app.cards.models import CardIntent
from app.cards.states import IntentState
from app.core.db import Session
from app.galleries import ordering
from app.galleries.order_models import OrderState, WebOrder
from app.portal.web import words
from app.portal.web.shop.counter import Counter
from app.portal.web.visits import Visit


async def show(visit: Visit) -> Response:
    """Show all orders, the latest first."""
    counter = Counter(visit)
    async with counter.reading() as work:
        orders = await ordering.orders_of(work.session, counter.visit)
    return visit.page("orders.html", orders=[(each, words.of_state(each.state)) for each in orders])


async def show_one(visit: Visit) -> Response:
    """Show an order: that it was placed, whether it is paid, and what can be done where it is not."""
    counter = Counter(visit)
    async with counter.reading() as work:
        order = await found(work.session, counter, order_in(visit))
        intent = await intent_of(work.session, order)
    return visit.page(
        "order.html",
        order=order,
        lines=ordering.lines_of(order),
        told=told(order, intent),
        is_simulated=intent is not None and intent.is_simulated,
        is_alike=intent is not None and intent.code == DUPLICATE_WITHIN_A_MINUTE,
    )


async def put_back(visit: Visit) -> Response:
    """Let go of a card payment nobody has charged: what was ordered is in the cart again."""
    counter = Counter(visit)
    async with counter.writing() as work:
        order = await found(work.session, counter, order_in(visit))
        if order.state == OrderState.UNPAID and order.payment_id:
            try:
                await reserving.cancel(work, order.payment_id)
            except CardPaymentStands:
                # It was charged, or may have been: the order says which.
                return visit.to(f"/orders/{order.id}")
    if order.state != OrderState.CANCELLED:
        return visit.to(f"/orders/{order.id}")
    return visit.to("/cart", said="put_back")


async def found(session: Session, counter: Counter, order_id: UUID) -> WebOrder:
    """Return an order of the client."""
    order = await ordering.order_of(session, counter.visit, order_id)
    if order is None:
        raise HTTPException(404)
    return order


async def intent_of(session: Session, order: WebOrder) -> CardIntent | None:
    """Return the card payment of an order, if it has one."""
    return await card_store.intent(session, order.payment_id) if order.payment_id else None


def told(order: WebOrder, intent: CardIntent | None) -> str:
    """Say in one word how an order stands for whoever has placed it."""
    if order.state == OrderState.CANCELLED:
        is_declined = intent is not None and intent.state == IntentState.DECLINED
        return "declined" if is_declined else "not_charged"
    if order.state == OrderState.UNPAID:
        state = intent.state if intent else None
        return {IntentState.RESERVED.value: "to_pay", IntentState.UNRESOLVED.value: "unresolved"}.get(
            state or "", "finding_out"
        )
    if intent is None:
        return "later"
    return "paid" if intent.state == IntentState.APPROVED else "taken_back"


def order_in(visit: Visit) -> UUID:
    """Return the order an address is about."""
    order_id: UUID = visit.request.path_params["order_id"]
    return order_id
