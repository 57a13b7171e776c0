"""The way in and out: signing in, asking for a new login, a password of one's own, signing out."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from app.accounts.errors import PasswordBlocked
from app.http.errors import RateLimited
from app.http.networks import address_of, network_of
from app.portal import sign_ins, store
from app.portal.links import hash_of
from app.portal.sign_ins import Gone, Trying, WrongWords
from app.portal.web import cookies, words
from app.portal.web.pages import Wrong
from app.portal.web.visits import MISSES, SignedOut, Visit

_TOO_OFTEN = "rate_limited"


async def show(visit: Visit) -> Response:
    """Ask for user name and password."""
    return visit.page("sign_in.html")


async def sign_in(visit: Visit) -> Response:
    """Sign in; who came by a default password goes on to choose their own."""
    user_name, password = visit.form.get("user_name", ""), visit.form.get("password", "")
    token, token_hash = cookies.new_token()
    try:
        is_limited = await sign_ins.sign_in(_trying(visit, token_hash), user_name, password)
    except WrongWords:
        return visit.page("sign_in.html", Wrong(words.WRONG, HTTPStatus.UNAUTHORIZED))
    except RateLimited as error:
        return _too_often(visit, "sign_in.html", error)
    response = visit.to("/password" if is_limited else "")
    cookies.keep(response, visit.request, visit.gallery.address, token)
    return response


async def show_forgotten(visit: Visit) -> Response:
    """Ask who wants a new login."""
    return visit.page("forgotten.html", is_sent=False)


async def ask_anew(visit: Visit) -> Response:
    """Answer alike whoever asks, for whatever name."""
    try:
        visit.limits.count(sign_ins.ASKED, visit.network)
    except RateLimited as error:
        return _too_often(visit, "forgotten.html", error, is_sent=False)
    await sign_ins.ask_anew(visit.database, visit.post, visit.gallery, visit.form.get("user_name", ""))
    return visit.page("forgotten.html", status=HTTPStatus.ACCEPTED, is_sent=True)


async def show_link(visit: Visit) -> Response:
    """Ask whether a link is to be followed: it is good once, and whatever looks through letters opens it."""
    if not await sign_ins.is_good(visit.database, visit.gallery, _link_of(visit)):
        return _no_link(visit)
    return visit.page("link.html", is_good=True, secret=visit.request.path_params["secret"])


async def follow(visit: Visit) -> Response:
    """Spend a link, and go on to choose a new password."""
    token, token_hash = cookies.new_token()
    try:
        await sign_ins.follow(_trying(visit, token_hash), _link_of(visit))
    except Gone:
        return _no_link(visit)
    response = visit.to("/password")
    cookies.keep(response, visit.request, visit.gallery.address, token)
    return response


async def show_password(visit: Visit) -> Response:
    """Ask for a new password."""
    return visit.page("password.html")


async def choose(visit: Visit) -> Response:
    """Keep a new password, and go on under a new sign-in."""
    new = visit.form.get("new_password", "")
    current = None if visit.is_limited else visit.form.get("current_password", "")
    if visit.token_hash is None:
        raise SignedOut
    token, new_hash = cookies.new_token()
    try:
        await sign_ins.choose(_trying(visit, visit.token_hash), current, new, new_hash)
    except PasswordBlocked as error:
        return _wrong(visit, {"new_password": words.of_password(error.extra.get("reason"))})
    except WrongWords:
        return _wrong(visit, {"current_password": words.WRONG_CURRENT})
    except RateLimited as error:
        return _too_often(visit, "password.html", error)
    except Gone:
        raise SignedOut from None
    response = visit.to(said="password_chosen")
    cookies.keep(response, visit.request, visit.gallery.address, token)
    return response


async def sign_out(visit: Visit) -> Response:
    """End the sign-in."""
    if visit.token_hash is not None:
        async with visit.database.writing(visit.gallery.account_id) as session:
            await store.end(session, visit.token_hash)
    response = visit.to("/sign-in", said="signed_out")
    cookies.forget(response, visit.request, visit.gallery.address)
    return response


def _trying(visit: Visit, token_hash: bytes) -> Trying:
    network = network_of(address_of(visit.request.scope))
    return Trying(visit.database, visit.keys, visit.gallery, visit.who, network, visit.post, token_hash)


def _link_of(visit: Visit) -> bytes:
    return hash_of(visit.request.path_params["secret"])


def _no_link(visit: Visit) -> Response:
    """Answer alike for links that were used, have ended, or never were; who tries many is held up."""
    visit.limits.count(MISSES, visit.network)
    return visit.page("link.html", status=HTTPStatus.NOT_FOUND, is_good=False)


def _wrong(visit: Visit, fields: dict[str, str]) -> Response:
    return visit.page("password.html", Wrong(words.LOOK_AGAIN, fields=fields))


def _too_often(visit: Visit, template: str, error: RateLimited, **told: Any) -> Response:
    wrong = Wrong(words.of_refusal(_TOO_OFTEN), HTTPStatus.TOO_MANY_REQUESTS)
    response = visit.page(template, wrong, **told)
    response.headers.update(error.headers)
    return response
