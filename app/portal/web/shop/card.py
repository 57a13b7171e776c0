"""A card that pays an order: it is typed in at the processor's own field, and its token is charged once."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.responses import Response

from app.accounts.errors import PermissionDenied
from app.cards import answers, charging, reserving
from app.cards.errors import (
    CardPaymentNotFound,
    CardPaymentStands,
    CardsCountry,
    CardsNotConfigured,
    CardsSwitchedOff,
    ProcessorRefusedCredentials,
    ProcessorUnavailable,
    TokenRequired,
)
from app.cards.gateway import Amount, Token
from app.cards.states import IntentState
from app.core.principal import Level
from app.galleries.order_models import OrderState
from app.http.errors import RateLimited
from app.portal import store
from app.portal.web import pages, words
from app.portal.web.pages import Wrong
from app.portal.web.shop.counter import CHARGES, Counter
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
_NO_FIELD = (CardPaymentNotFound, CardsNotConfigured, ProcessorRefusedCredentials, ProcessorUnavailable)
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FIELD_POLICY = (
    "default-src 'none'; script-src 'self' {processor}; style-src 'self' {processor}; "
    "img-src data: {processor}; connect-src {processor}; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'; sandbox allow-scripts"
)
"""Of the page in which the processor's script runs: it has an origin of its own, and nothing of ours."""


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
        "pay.html", wrong, order=order, is_simulated=intent is not None and intent.is_simulated
    )
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


async def field(visit: Visit) -> Response:
    """Return the page in a frame on which the processor's script has a card typed in."""
    counter, hosted = Counter(visit), None
    try:
        async with counter.reading() as work:
            order = await found(work.session, counter, order_in(visit))
            intent = await reserving.find(work, order.payment_id or order.id, Level.VIEW_ONLY)
            if intent.state == IntentState.RESERVED:
                gateway = await charging.gateway(work.session, counter.till)
                amount = Amount(intent.minor, intent.currency)
        if intent.state == IntentState.RESERVED:
            hosted = await answers.hosted_field(gateway, amount, visit.gallery.time_zone)
    except _NO_FIELD:
        hosted = None
    response = visit.page("card.html", script=hosted.address if hosted else None)
    place = urlsplit(hosted.address) if hosted else None
    processor = f"{place.scheme}://{place.netloc}" if place else ""
    response.headers.update(
        {
            "Content-Security-Policy": _FIELD_POLICY.format(processor=processor),
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
        }
    )
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
