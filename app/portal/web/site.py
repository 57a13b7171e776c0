"""The client's portal as one application: its addresses, its headers, and what becomes of an error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import AppError
from app.http.forms import Foreign, Unreadable
from app.portal.web import assets, details, gallery, groups, pages, prepaid, sign_in, words, yearbook
from app.portal.web import unsubscribing as mail
from app.portal.web.shop import card, cart, checkout, frame, orders, products
from app.portal.web.visits import CardNumber, Entry, NoGallery, Show, guarded

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # The address of a gallery is a secret: it goes nowhere, and still forms say where they come from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}
_WORDS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: words.NO_PAGE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: words.TOO_MUCH,
}
_PICTURE, _GROUP = "/pictures/{picture_id:uuid}", "/groups/{group_id:uuid}"
_PREPAID_LINE = "/prepaid/{invoice_id:uuid}/{line_id:uuid}"
_LINE, _ORDER = "/cart/{line_id:uuid}", "/orders/{order_id:uuid}"
_OPEN: Mapping[str, tuple[Show, Show]] = {
    "/sign-in": (sign_in.show, sign_in.sign_in),
    "/forgotten": (sign_in.show_forgotten, sign_in.ask_anew),
    "/link/{secret}": (sign_in.show_link, sign_in.follow),
}
_SHOWN: Mapping[str, Show] = {
    "": gallery.show,
    _PICTURE: gallery.show_one,
    "/groups": groups.show,
    "/prepaid": prepaid.show,
    _PREPAID_LINE: prepaid.show_line,
    "/yearbook": yearbook.show,
    "/details": details.show,
    "/shop": products.show,
    "/shop/{product_id:uuid}": products.show_one,
    "/cart": cart.show,
    "/checkout": checkout.show,
    "/orders": orders.show,
    _ORDER: orders.show_one,
    f"{_ORDER}/pay": card.show,
}
_DONE: Mapping[str, Show] = {
    f"{_PICTURE}/favourite": gallery.mark,
    f"{_PICTURE}/groups": groups.put,
    f"{_PICTURE}/yearbook": yearbook.choose,
    _PREPAID_LINE: prepaid.choose,
    "/groups": groups.make,
    _GROUP: groups.rename,
    f"{_GROUP}/remove": groups.remove,
    "/details": details.change,
    "/cart": products.put,
    _LINE: cart.change,
    f"{_LINE}/take": cart.take,
    "/checkout": checkout.place,
    f"{_ORDER}/pay": card.pay,
    f"{_ORDER}/cart": orders.put_back,
}
_AGAIN: Mapping[str, Show] = {"/details": details.show_again}


def portal(api: FastAPI) -> ASGIApp:
    """Return the portal of an application."""
    at, post = "/{address}", ["POST"]
    both = [
        Route(at + path, guarded(api, each, Entry.ANYBODY), methods=[method])
        for path, pair in _OPEN.items()
        for method, each in zip(("GET", "POST"), pair, strict=True)
    ]
    made = Starlette(
        routes=[
            Route("/static/{name}", assets.serve),
            Route("/card/{sealed}", frame.framed(api)),
            *both,
            Route(f"{at}/password", guarded(api, sign_in.show_password, Entry.LIMITED)),
            Route(f"{at}/password", guarded(api, sign_in.choose, Entry.LIMITED), methods=post),
            Route(f"{at}/sign-out", guarded(api, sign_in.sign_out, Entry.LIMITED), methods=post),
            *(Route(at + path, guarded(api, show)) for path, show in _SHOWN.items()),
            *(
                Route(at + path, guarded(api, act, again=_AGAIN.get(path)), methods=post)
                for path, act in _DONE.items()
            ),
        ],
        exception_handlers={
            NoGallery: _on_no_gallery,
            Foreign: _on_foreign,
            Unreadable: _on_unreadable,
            CardNumber: _on_card_number,
            **_on_any(),
        },
    )
    return _Headers(made)


def unsubscribing(api: FastAPI) -> ASGIApp:
    """Return the page of whoever wants no more letters, by a link of their own."""
    at = "/{token}"
    made = Starlette(
        routes=[Route(at, mail.shown(api)), Route(at, mail.done(api), methods=["POST"])],
        exception_handlers={mail.NoRecipient: _on_no_recipient, **_on_any()},
    )
    return _Headers(made)


def _on_any() -> dict[Any, Any]:
    return {AppError: _on_refused, HTTPException: _on_no_page, Exception: _on_defect}


class _Headers:
    """Gives every answer of the portal the headers of a page, but those it has of its own.

    It stands outside of what answers a defect.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


async def _on_no_gallery(_: Request, __: Exception) -> Response:
    return pages.plain(HTTPStatus.NOT_FOUND, words.NO_GALLERY)


async def _on_no_recipient(_: Request, __: Exception) -> Response:
    return pages.plain(HTTPStatus.NOT_FOUND, words.NO_RECIPIENT, "No such link")


async def _on_refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise TypeError
    response = pages.plain(error.status, words.of_refusal(error.code))
    response.headers.update(error.headers)
    return response


async def _on_no_page(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return pages.plain(status, _WORDS.get(status, words.ANYTHING))


async def _on_foreign(_: Request, __: Exception) -> Response:
    return pages.plain(HTTPStatus.FORBIDDEN, words.FOREIGN)


async def _on_unreadable(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, Unreadable) else HTTPStatus.BAD_REQUEST
    return pages.plain(status, _WORDS.get(status, words.ANYTHING))


async def _on_card_number(_: Request, __: Exception) -> Response:
    return pages.plain(HTTPStatus.UNPROCESSABLE_ENTITY, words.NO_CARDS)


async def _on_defect(_: Request, __: Exception) -> Response:
    """Answer what went wrong in a page; it is written down on its way out."""
    return pages.plain(HTTPStatus.INTERNAL_SERVER_ERROR, words.of_refusal("internal_error"))
