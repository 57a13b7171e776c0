"""The checkout: the cart as it is ordered, once, to be paid later or by a card that is charged next."""

from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4, uuid5

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.accounts.errors import PermissionDenied
from app.accounts.standing import Work
from app.cards import gate, reserving
from app.cards.errors import (
    CardPaymentDiffers,
    CardsCountry,
    CardsNotConfigured,
    CardsSwitchedOff,
    CurrencyDiffers,
    NothingToPay,
    RecordRefused,
)
from app.cards.reserving import Wanted
from app.cards.schemas import MOST
from app.core.db import Session, WriteSession
from app.galleries import carts, ordering
from app.galleries.carts import PricedCart
from app.galleries.order_refusals import CartEmpty, CartFull, OrderDiffers, OrderRefused
from app.galleries.ordering import Checkout
from app.galleries.visits import open_shop
from app.http.errors import RateLimited
from app.portal.web import words
from app.portal.web.pages import Wrong
from app.portal.web.shop import cart as cart_page
from app.portal.web.shop.counter import ORDERS, Counter
from app.portal.web.visits import Visit
from app.sync import records

_NO_CARDS = (CardsCountry, CardsNotConfigured, CardsSwitchedOff, CurrencyDiffers, PermissionDenied)
_NOT_RESERVED = (*_NO_CARDS, CardPaymentDiffers, NothingToPay, RecordRefused)
_LONGEST = 100


class _CardsOff(Exception):
    """A cart is not paid by card, whatever the form says."""


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show what is about to be ordered, and how it can be paid."""
    counter = Counter(visit)
    async with counter.reading() as work:
        cart = await carts.read_cart(work.session, work.who, counter.visit)
        can_pay = await _can_pay(work, counter, cart)
        client = await records.find(work.session, "clients", counter.visit.client_id)
    if not cart.lines or cart.unavailable:
        return await cart_page.show(visit, wrong)
    return visit.page(
        "checkout.html",
        wrong,
        cart=cart,
        can_pay=can_pay,
        address=(client or {}).get("address") or {},
        key=uuid4().hex,
    )


async def place(visit: Visit) -> Response:
    """Order the cart as it was shown; sent again, it is the same order.

    With a card the payment is reserved in the transaction that places the order: there is never one without
    the other. Its id follows from the form's key, so that no repeat reserves another.
    """
    form, counter = visit.form, Counter(visit)
    key, tag, pays_now = form.get("key", ""), form.get("tag", ""), form.get("pay") == "now"
    if not 0 < len(key) <= _LONGEST or len(tag) > _LONGEST:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    name = f"{counter.visit.client_id} {key}"
    asked = Checkout(key, tag, uuid5(counter.visit.gallery_id, name) if pays_now else None)
    try:
        counter.count(ORDERS)
        async with counter.writing() as work:
            order = await ordering.placed(work.session, counter.visit, asked)
            if order is None:
                await _reserve(work, counter, asked)
                order = await ordering.place(work.session, work.who, counter.visit, asked)
    except RateLimited as error:
        response = await show(visit, Wrong(words.of_refusal(error.code), HTTPStatus.TOO_MANY_REQUESTS))
        response.headers.update(error.headers)
        return response
    except OrderDiffers as differs:
        return visit.to(f"/orders/{differs.places[0]}", said="ordered_before")
    except (CartEmpty, CartFull) as refused:
        sentence = words.EMPTY if isinstance(refused, CartEmpty) else words.CART_TOO_FULL
        return await cart_page.show(visit, Wrong(sentence, HTTPStatus.CONFLICT))
    except OrderRefused as refused:
        return await show(visit, Wrong(words.of_order(refused), HTTPStatus.CONFLICT))
    except (*_NOT_RESERVED, _CardsOff):
        return await show(visit, Wrong(words.CARDS_OFF, HTTPStatus.CONFLICT))
    return visit.to(f"/orders/{order.id}/pay" if pays_now else f"/orders/{order.id}")


async def _reserve(work: Work[WriteSession], counter: Counter, asked: Checkout) -> None:
    """Reserve what the cart comes to, as the client's deposit at the studio of their session."""
    if asked.payment_id is None:
        return
    session, who, visit = work.session, work.who, counter.visit
    shop = await open_shop(session, who, visit)
    cart = await carts.price(session, shop, await carts.lines_in(session, visit))
    if cart.tag != asked.tag or cart.unavailable or not cart.lines:
        # It is refused as it is placed, with the reason.
        return
    if not 1 <= cart.sums.total <= MOST:
        raise _CardsOff
    at_studio = replace(work, who=replace(who, studio_id=shop.studio_id))
    wanted = Wanted(asked.payment_id, None, visit.client_id, cart.sums.total, cart.currency)
    await reserving.reserve(at_studio, counter.till, wanted)


async def _can_pay(work: Work[Session], counter: Counter, cart: PricedCart) -> bool:
    """Say whether a cart can be paid by card."""
    if not 1 <= cart.sums.total <= MOST:
        return False
    try:
        await gate.admitted(work.session, work.who, counter.till)
    except _NO_CARDS:
        return False
    return True
