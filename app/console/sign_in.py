"""Signing in and out, and a new password for who must have one."""

import re
from contextlib import suppress
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.console import forms, pages, sessions, words
from app.console.api import Refused, SignedOut, asking
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.sessions import Session
from app.console.visits import NO_FORM, Endpoint, current
from app.http.forms import Fields, read, require_own

_WITHIN = re.compile(r"/console/[A-Za-z0-9/_-]*")


class SignIn(Form):
    """The three words."""

    account: str
    initials: str
    password: str


class Reset(Form):
    """The three words, and the password that takes the place of theirs."""

    account: str
    initials: str
    current_password: str
    new_password: str


async def show(request: Request) -> Response:
    """Ask for the three words."""
    return _page(request, "sign_in.html", NO_FORM)


async def show_reset(request: Request) -> Response:
    """Ask for the three words, and for the password that is to take the place of theirs."""
    return _page(request, "reset.html", NO_FORM)


def signing_in(api: FastAPI) -> Endpoint:
    """Return the endpoint that signs somebody in."""

    async def sign_in(request: Request) -> Response:
        require_own(request)
        fields = await read(request)
        try:
            words_of_three = filled(SignIn, fields)
            async with asking(api, request.client) as nobody:
                told = await nobody.post("/v1/auth/login", words_of_three.model_dump())
        except (Unfilled, Refused) as error:
            if isinstance(error, Refused) and error.code == "password_reset_required":
                return _page(request, "reset.html", fields)
            return _page(request, "sign_in.html", fields, forms.wrong(error))
        response = pages.to(_wanted(fields.get("to", "")))
        sessions.keep(response, request, api.state.keys, Session.of(told))
        return response

    return sign_in


def resetting(api: FastAPI) -> Endpoint:
    """Return the endpoint that takes a new password in."""

    async def reset(request: Request) -> Response:
        require_own(request)
        fields = await read(request)
        try:
            async with asking(api, request.client) as nobody:
                await nobody.post("/v1/auth/reset", filled(Reset, fields).model_dump())
        except (Unfilled, Refused) as error:
            known = Reset.model_fields
            return _page(request, "reset.html", fields, forms.wrong(error, known=known))
        return pages.to("/sign-in", said="password_changed")

    return reset


def signing_out(api: FastAPI) -> Endpoint:
    """Return the endpoint that ends a sign-in; the browser forgets it whatever the API says to that."""

    async def sign_out(request: Request) -> Response:
        require_own(request)
        fields, keys = await read(request), api.state.keys
        if session := sessions.opened(request, keys):
            forms.require_token(fields, keys, session.key)
            with suppress(Refused, SignedOut):
                await _end(api, request, session)
        response = pages.to("/sign-in", said="signed_out")
        sessions.forget(response, request)
        return response

    return sign_out


async def _end(api: FastAPI, request: Request, session: Session) -> None:
    going_on = await current(api, request, session)
    async with asking(api, request.client, going_on.access_token) as asked:
        await asked.post("/v1/auth/logout")


def _wanted(path: str) -> str:
    """Return the page somebody was on the way to, if it is one of ours."""
    return path.removeprefix(pages.BASE) if _WITHIN.fullmatch(path) else "/"


def _page(request: Request, template: str, fields: Fields, wrong: Wrong | None = None) -> Response:
    asked = request.query_params
    return pages.render(
        template,
        status=wrong.status if wrong else HTTPStatus.OK,
        fields=fields,
        wanted=fields.get("to", asked.get("to", "")),
        said=words.said(asked.get("said", "")),
        wrong=wrong,
    )
