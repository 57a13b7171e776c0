"""The console as one application of its own: its addresses, its headers, and what becomes of an error."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.console import (
    assets,
    audit,
    company,
    devices,
    groups,
    health,
    home,
    inbox,
    keys,
    lists,
    own_password,
    pages,
    preferences,
    sessions,
    sign_in,
    sign_ins,
    users,
    webhooks,
    words,
)
from app.console.forms import Unfilled
from app.console.galleries import site as galleries
from app.console.galleries import uploads
from app.console.letters import files
from app.console.letters import site as letters
from app.console.visits import Show, guarded
from app.http.forms import Foreign, Unreadable

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # Not `no-referrer`, with which a browser says of its own form that it comes from nowhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}  # fmt: skip
_FOREIGN = (
    "This form was not sent from a page of this console, or the page was too old. Open it again and retry."
)
_WORDS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page cannot be used like that.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is more than the page can take.",
}
_DEVICE, _USER = "/devices/{device_id:uuid}", "/users/{user_id:uuid}"
_GROUP, _ENTRY = "/groups/{group_id:uuid}", "/inbox/{entry_id:uuid}"
_KEY = "/keys/{key_id:uuid}"
_LIST, _LISTED = "/lists/{list}", "/lists/{list}/{entry_id:uuid}"
_SHOWN: dict[str, Show] = {
    "/": home.show,
    "/password": own_password.show,
    "/devices": devices.show,
    f"{_DEVICE}/{{action}}": devices.ask,
    "/preferences": preferences.show,
    "/health": health.show,
    "/sign-ins": sign_ins.show,
    "/inbox": inbox.show,
    _ENTRY: inbox.show_one,
    f"{_ENTRY}/discard": inbox.ask_discard,
    "/users": users.show,
    "/users/new": users.show_new,
    _USER: users.show_one,
    f"{_USER}/password": users.show_password,
    f"{_USER}/{{action}}": users.ask,
    "/groups": groups.show,
    "/groups/new": groups.show_new,
    "/groups/security": groups.ask_activate,
    _GROUP: groups.show_one,
    f"{_GROUP}/remove": groups.ask_remove,
    "/keys": keys.show,
    "/keys/new": keys.show_new,
    f"{_KEY}/revoke": keys.ask_revoke,
    "/company": company.show,
    "/audit": audit.show,
    "/audit.csv": audit.export,
    "/lists": lists.show_all,
    _LIST: lists.show,
    f"{_LIST}/new": lists.show_new,
    _LISTED: lists.show_one,
    f"{_LISTED}/remove": lists.ask_remove,
    **galleries.SHOWN,
    **letters.SHOWN,
    **webhooks.SHOWN,
}
_DONE: Mapping[str, Show] = {
    "/sign-ins/{notice_id:uuid}": sign_ins.answer,
    "/password": own_password.change,
    "/devices": devices.authorize,
    f"{_DEVICE}/{{action}}": devices.act,
    "/preferences": preferences.change,
    "/preferences/estimate": preferences.estimate,
    _ENTRY: inbox.resolve,
    f"{_ENTRY}/discard": inbox.discard,
    "/users/new": users.create,
    _USER: users.change,
    f"{_USER}/password": users.assign_password,
    f"{_USER}/{{action}}": users.act,
    "/groups/new": groups.create,
    "/groups/security": groups.activate,
    _GROUP: groups.change,
    f"{_GROUP}/remove": groups.remove,
    "/keys/new": keys.create,
    f"{_KEY}/revoke": keys.revoke,
    "/company": company.change,
    f"{_LIST}/new": lists.create,
    _LISTED: lists.change,
    f"{_LISTED}/offer": lists.offer,
    f"{_LISTED}/move": lists.move,
    f"{_LISTED}/remove": lists.remove,
    **galleries.DONE,
    **letters.DONE,
    **webhooks.DONE,
}

_APART: Mapping[str, Show] = {**galleries.PARTS, **letters.ALONE}
"""What is asked for by pages, or opened beside them, and is none of them."""


def console(api: FastAPI) -> ASGIApp:
    """Return the console of an application whose public API it asks."""
    return _Headers(_pages(api))


def _pages(api: FastAPI) -> Starlette:
    return Starlette(
        routes=[
            Route("/static/{name}", assets.serve),
            Route("/sign-in", sign_in.show),
            Route("/sign-in", sign_in.signing_in(api), methods=["POST"]),
            Route("/reset", sign_in.show_reset),
            Route("/reset", sign_in.resetting(api), methods=["POST"]),
            Route("/sign-out", sign_in.signing_out(api), methods=["POST"]),
            *uploads.routes(api),
            *files.routes(api),
            *(Route(path, guarded(api, show)) for path, show in {**_SHOWN, **_APART}.items()),
            *(Route(path, guarded(api, act), methods=["POST"]) for path, act in _DONE.items()),
        ],
        exception_handlers={
            HTTPException: _on_no_page,
            Foreign: _on_foreign,
            Unreadable: _on_unreadable,
            Unfilled: _on_unfilled,
            Exception: _on_defect,
        },
    )


class _Headers:
    """Gives every answer of the console the headers of a page, and a session that was renewed.

    A letter that stands alone brings stricter ones of its own.
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
                sessions.hand_on(headers, scope)
            await send(message)

        await self.app(scope, receive, with_headers)


async def _on_no_page(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return pages.plain(status, _WORDS.get(status, words.ANYTHING))


async def _on_foreign(_: Request, __: Exception) -> Response:
    return pages.plain(HTTPStatus.FORBIDDEN, _FOREIGN)


async def _on_unreadable(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, Unreadable) else HTTPStatus.BAD_REQUEST
    return pages.plain(status, _WORDS.get(status, words.ANYTHING))


async def _on_unfilled(_: Request, __: Exception) -> Response:
    """Answer what no form of ours could have sent."""
    return pages.plain(HTTPStatus.UNPROCESSABLE_ENTITY, words.LOOK_AGAIN)


async def _on_defect(_: Request, __: Exception) -> Response:
    """Answer what went wrong in a page; it is written down on its way out."""
    return pages.plain(HTTPStatus.INTERNAL_SERVER_ERROR, words.of_problem({"code": "internal_error"}))
