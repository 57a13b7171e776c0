"""A card that pays an order: it is typed in at the processor's own field, and its token is charged once."""

import re
from http import HTTPStatus

from starlette.responses import Response

from app.accounts.errors import PermissionDenied
from app.cards import charging
from app.cards.errors import (
    CardPaymentStands,
    CardsCountry,
    CardsNotConfigured,
    CardsSwitchedOff,
    TokenRequired,
)
from app.cards.gateway import Token
from app.galleries.order_models import OrderState
from app.http.errors import RateLimited
from app.portal import store
from app.portal.web import pages, words
from app.portal.web.pages import Wrong
from app.portal.web.shop.counter import CHARGES, Counter
from app.portal.web.shop.frame import place_of
from app.portal.web.shop.orders import found, intent_of, order_in, told
from app.portal.web.visits import Visit

_TOKEN = re.compile(r"[A-Za-z0-9]{8,40}")
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])/20[0-9]{2}")
_NOT_NOW = (
    CardPaymentStands,
    CardsCountry,
    CardsNotConfigured,
    CardsSwitchedOff,
    PermissionDenied,
    TokenRequired,
)
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Ask for a card as long as it can be charged; what has become of it is told by the order's own page."""
    counter = Counter(visit)
    async with counter.reading() as work:
        order = await found(work.session, counter, order_in(visit))
        intent = await intent_of(work.session, order)
    if told(order, intent) != "to_pay":
        return visit.to(f"/orders/{order.id}")
    if wrong is None and intent and intent.code:
        wrong = Wrong(words.NOT_SENT, HTTPStatus.OK)
    response = visit.page(
        "pay.html",
        wrong,
        order=order,
        frame=place_of(visit, order.id),
        is_simulated=intent is not None and intent.is_simulated,
    )
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


async def pay(visit: Visit) -> Response:
    """Charge a card for an order, once, however often this is sent."""
    counter, order_id = Counter(visit), order_in(visit)
    token, expiry = visit.form.get("token", ""), visit.form.get("expiry", "")
    if not _TOKEN.fullmatch(token):
        return await show(visit, Wrong(words.NO_CARD))
    async with counter.reading() as work:
        order = await found(work.session, counter, order_id)
    if order.state != OrderState.UNPAID or order.payment_id is None:
        return visit.to(f"/orders/{order_id}")
    try:
        counter.count(CHARGES)
        known = expiry if _EXPIRY.fullmatch(expiry) else None
        await charging.charge(counter.till, counter.writing, order.payment_id, Token(token), known)
    except RateLimited as error:
        wrong = Wrong(words.of_refusal(error.code), HTTPStatus.TOO_MANY_REQUESTS)
        response = await show(visit, wrong)
        response.headers.update(error.headers)
        return response
    except _NOT_NOW:
        return await show(visit, Wrong(words.CARDS_OFF_NOW, HTTPStatus.CONFLICT))
    return await _after(visit, counter)


async def _after(visit: Visit, counter: Counter) -> Response:
    """Lead to the order, or tell here what became of it where its gallery was closed meanwhile."""
    async with visit.database.reading(counter.account_id) as session:
        order = await found(session, counter, order_in(visit))
        gallery = await store.open_gallery(session, counter.visit.gallery_id)
        intent = await intent_of(session, order)
    if gallery is None:
        sentence = words.closed_meanwhile(order.number, told(order, intent))
        return pages.plain(HTTPStatus.OK, sentence, "Your order")
    is_to_pay = told(order, intent) == "to_pay"
    return visit.to(f"/orders/{order.id}/pay" if is_to_pay else f"/orders/{order.id}")
