"""The frame a card is typed in: at an address of its own, which tells nothing of where the gallery is."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is named in small letters there
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.standing import acting
from app.cards import answers, charging, reserving
from app.cards.errors import (
    CardPaymentNotFound,
    CardsNotConfigured,
    ProcessorRefusedCredentials,
    ProcessorUnavailable,
)
from app.cards.gateway import Amount, HostedField
from app.cards.states import IntentState
from app.core import clock
from app.core.db import Database
from app.core.keys import KeyRing
from app.core.principal import Level
from app.http.limits import Limit, RateLimits
from app.http.networks import address_of, counted_as
from app.portal import store
from app.portal.web import pages
from app.portal.web.shop.counter import Counter
from app.portal.web.shop.orders import found
from app.portal.web.visits import MISSES, Endpoint, NoGallery, Visit, answered

FRAMES = Limit("portal card frames", 60, 900)
"""How often the frame of one order is opened: the processor is asked each time."""
_GOOD_FOR = timedelta(minutes=30)
_PURPOSE = "frames of cards"
_SIGNED = 16
"""Bytes of the signature."""
_TOLD = Struct(">I16s16s16s")
_NO_FIELD = (CardPaymentNotFound, CardsNotConfigured, ProcessorRefusedCredentials, ProcessorUnavailable)
_POLICY = (
    "default-src 'none'; script-src 'self' {processor}; style-src 'self' {processor}; "
    "img-src data: {processor}; connect-src {processor}; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'; sandbox allow-scripts"
)
"""Of the page in which the processor's script runs: it has an origin of its own, and nothing of ours."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    account_id: UUID
    gallery_id: UUID
    order_id: UUID


def place_of(visit: Visit, order_id: UUID) -> str:
    """Return where the frame of an order is for the next half hour, for whoever has this path."""
    until = int((clock.now() + _GOOD_FOR).timestamp())
    ids = visit.gallery.account_id, visit.gallery.gallery_id, order_id
    told = _TOLD.pack(until, *(each.bytes for each in ids))
    return f"{pages.BASE}/card/{urlsafe_b64encode(_signature(visit.keys, told) + told).decode().rstrip('=')}"


def framed(api: FastAPI) -> Endpoint:
    """Return the endpoint of the frame; it needs no sign-in, for its address was given to who had one."""

    async def endpoint(request: Request) -> Response:
        return await _field(api, request)

    return answered(endpoint)


async def _field(api: FastAPI, request: Request) -> Response:
    """Return the page in a frame on which the processor's script has a card typed in."""
    limits, database = cast("RateLimits", api.state.limits), cast("Database", api.state.database)
    network = counted_as(address_of(request.scope))
    limits.require_room(MISSES, network)
    told = _unsealed(cast("KeyRing", api.state.keys), request.path_params["sealed"])
    if told is None:
        limits.count(MISSES, network)
        raise NoGallery
    sealed = _opened(told)
    limits.count(FRAMES, str(sealed.order_id))
    hosted: HostedField | None = None
    try:
        async with database.reading(sealed.account_id) as session:
            gallery = await store.open_gallery(session, sealed.gallery_id)
            if gallery is None:
                raise NoGallery
            visit = Visit(api, request, gallery, None, is_limited=False)
            counter, work = Counter(visit), await acting(session, visit.who)
            order = await found(session, counter, sealed.order_id)
            intent = await reserving.find(work, order.payment_id or order.id, Level.VIEW_ONLY)
            if intent.state == IntentState.RESERVED:
                gateway = await charging.gateway(session, counter.till)
                amount = Amount(intent.minor, intent.currency)
        if intent.state == IntentState.RESERVED:
            hosted = await answers.hosted_field(gateway, amount, gallery.time_zone)
    except _NO_FIELD:
        hosted = None
    response = pages.render("card.html", script=hosted.address if hosted else None)
    place = urlsplit(hosted.address) if hosted else None
    processor = f"{place.scheme}://{place.netloc}" if place else ""
    response.headers.update(
        {
            "Content-Security-Policy": _POLICY.format(processor=processor),
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
        }
    )
    return response


def _unsealed(keys: KeyRing, text: str) -> bytes | None:
    """Return what an address tells, if it is ours."""
    try:
        given = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    signature, told = given[:_SIGNED], given[_SIGNED:]
    return told if hmac.compare_digest(signature, _signature(keys, told)) else None


def _opened(told: bytes) -> _Sealed:
    """Return what an address of ours leads to; one that has ended leads nowhere."""
    try:
        until, *ids = _TOLD.unpack(told)
    except StructError:
        raise NoGallery from None
    if until <= clock.now().timestamp():
        raise NoGallery
    return _Sealed(*(UUID(bytes=each) for each in ids))


def _signature(keys: KeyRing, told: bytes) -> bytes:
    return hmac.digest(keys.derived(_PURPOSE), told, "sha256")[:_SIGNED]
