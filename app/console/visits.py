"""A visit: one request of somebody who has signed in, their session, their rights, and the API as theirs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.console import forms, pages, sessions, words
from app.console.api import Api, Record, Refused, SignedOut, asking
from app.console.forms import Wrong
from app.console.sessions import Session
from app.core.keys import KeyRing
from app.core.principal import Level
from app.http.forms import Fields, read, require_own

NO_FORM = Fields({})
SOUGHT = ("words", "order")
"""What addresses say of what is looked for in a list, and of the order it is wanted in."""
MOST_LETTERS = 100
"""How long what is looked for may be."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page is made of, and for whom."""

    request: Request
    keys: KeyRing
    session: Session
    api: Api
    permissions: Record
    form: Fields

    def may(self, feature: str, level: Level) -> bool:
        """Say whether it is worth offering something: whether it is done is decided by the API."""
        return Level(self.permissions["levels"][feature]).covers(level)

    @property
    def sought(self) -> str:
        """Return what was looked for in the list this page belongs to, as a part of addresses."""
        asked = {name: self.request.query_params.get(name, "")[:MOST_LETTERS] for name in SOUGHT}
        given = {name: each for name, each in asked.items() if each}
        return f"?{urlencode(given)}" if given else ""

    def page(self, template: str, wrong: Wrong | None = None, **told: Any) -> Response:
        """Return a page; when a form on it was not taken, with why."""
        return pages.render(
            template,
            status=wrong.status if wrong else HTTPStatus.OK,
            visit=self,
            session=self.session,
            menu=pages.menu_for(self.permissions["levels"]),
            here=self.request.url.path.removeprefix(pages.BASE),
            form_token=forms.token(self.keys, self.session.key),
            said=words.said(self.request.query_params.get("said", "")),
            wrong=wrong,
            **told,
        )


Show = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(api: FastAPI, show: Show) -> Endpoint:
    """Return an endpoint for who has signed in; anybody else is asked to."""

    async def endpoint(request: Request) -> Response:
        keys: KeyRing = api.state.keys
        session = sessions.opened(request, keys)
        if session is None:
            return _asked_to_sign_in(request)
        fields = await _form(request, keys, session)
        try:
            going_on = await current(api, request, session)
            return await _visited(api, request, going_on, fields, show)
        except SignedOut:
            return _signed_out(request)
        except Refused as error:
            return _not_let_in(error, keys, session)

    return endpoint


async def _form(request: Request, keys: KeyRing, session: Session) -> Fields:
    """Return the form that is sent, if one is; it must be of a page of this session."""
    if request.method != "POST":
        return NO_FORM
    require_own(request)
    fields = await read(request)
    forms.require_token(fields, keys, session.key)
    return fields


async def current(api: FastAPI, request: Request, session: Session) -> Session:
    """Return a session as it goes on, with other tokens where its own are ending."""
    if not session.is_ending():
        return session
    async with asking(api, request.client) as nobody:
        renewed = await session.renewed(nobody)
    sessions.keep_whatever_comes(request, api.state.keys, renewed)
    return renewed


async def _visited(api: FastAPI, request: Request, session: Session, fields: Fields, show: Show) -> Response:
    async with asking(api, request.client, session.access_token) as asked:
        permissions = await asked.get("/v1/users/me/permissions")
        visit = Visit(request, api.state.keys, session, asked, permissions, fields)
        try:
            return await show(visit)
        except Refused as error:
            return refused(visit, error)


def refused(visit: Visit, error: Refused) -> Response:
    """Return the page that says why there is no other."""
    wrong = Wrong(words.of_problem(error.problem), {}, error.status)
    reference = error.problem.get("instance") if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
    return visit.page("refused.html", wrong, reference=reference)


def _not_let_in(error: Refused, keys: KeyRing, session: Session) -> Response:
    """Tell somebody who has signed in why there is no page for them at all, and let them sign out."""
    word = forms.token(keys, session.key)
    return pages.plain(error.status, words.of_problem(error.problem), form_token=word)


def _asked_to_sign_in(request: Request) -> Response:
    """Ask for the three words; who follows a link from elsewhere may have signed in all the same.

    Browsers keep a strict cookie to themselves then, and bring it along once our own page loads itself anew.
    """
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        return pages.render("arriving.html")
    wanted = request.url.path if request.method == "GET" else f"{pages.BASE}/"
    return RedirectResponse(f"{pages.BASE}/sign-in?to={quote(wanted)}", status_code=HTTPStatus.SEE_OTHER)


def _signed_out(request: Request) -> Response:
    response = pages.to("/sign-in", said="ended")
    sessions.forget(response, request)
    return response
