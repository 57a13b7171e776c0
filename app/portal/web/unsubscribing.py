"""Unsubscribing: the page a letter's link leads to, and what mail programs send there by themselves."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.store import read_account
from app.http.limits import Limit
from app.http.networks import address_of, counted_as
from app.outbox.unsubscribing import BASE, Recipient, key_from, read, unsubscribe
from app.portal.web import pages
from app.portal.web.visits import Endpoint, answered

if TYPE_CHECKING:
    from app.core.db import Database
    from app.http.limits import RateLimits

MISSES = Limit("no recipient", 30)
"""How often somebody opens links that are none, by their network."""
WRITES = Limit("unsubscribed", 10)
"""How often a recipient unsubscribes: each time takes the account's turn."""


class NoRecipient(Exception):
    """We have made no such link, or for an account that there is no more."""


def shown(api: FastAPI) -> Endpoint:
    """Return the page that asks; opening it does nothing, for programs that look through letters do so."""

    async def show(request: Request) -> Response:
        return await _page(api, request, _recipient(api, request), is_done=False)

    return answered(show)


def done(api: FastAPI) -> Endpoint:
    """Return what unsubscribes, whoever sends it: the link itself says who may.

    Neither cookies nor where a form comes from are looked at, nor what is sent, as RFC 8058 wants it.
    """

    async def act(request: Request) -> Response:
        recipient = _recipient(api, request)
        _limits(api).count(WRITES, f"{recipient.account_id} {recipient.address}")
        page = await _page(api, request, recipient, is_done=True)
        async with cast("Database", api.state.database).writing(recipient.account_id) as session:
            await unsubscribe(session, recipient)
        return page

    return answered(act)


def _recipient(api: FastAPI, request: Request) -> Recipient:
    network, limits = counted_as(address_of(request.scope)), _limits(api)
    limits.require_room(MISSES, network)
    found = read(key_from(api.state.keys), request.path_params["token"])
    if found is None:
        limits.count(MISSES, network)
        raise NoRecipient
    return found


async def _page(api: FastAPI, request: Request, recipient: Recipient, *, is_done: bool) -> Response:
    async with cast("Database", api.state.database).reading(recipient.account_id) as session:
        account = await read_account(session)
    if account is None:
        raise NoRecipient
    return pages.render(
        "unsubscribe.html",
        HTTPStatus.OK,
        studio=account.company_name,
        address=recipient.address,
        is_done=is_done,
        here=f"{BASE}/{request.path_params['token']}",
    )


def _limits(api: FastAPI) -> "RateLimits":
    return cast("RateLimits", api.state.limits)
