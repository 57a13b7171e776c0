"""Files that a page sends: tus 1.0.0 at addresses of the console, handed on to the API as they come."""

from http import HTTPStatus

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.console import forms, pages, sessions
from app.console.api import PassedOn, inside
from app.console.visits import Endpoint, Visit
from app.core.keys import KeyRing
from app.http.forms import TOKEN, Fields, require_own

HEADER = "X-Form-Token"
"""Where a script says what a form says in a field of its own."""
_PLACE = "/galleries/uploads"
_MOVED = {b"/v1/uploads/": f"{pages.BASE}{_PLACE}/".encode()}
_SENT_ON = {
    "tus-resumable",
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "upload-checksum",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
}
_READS = {"GET", "HEAD"}
_ENDED = {"code": "signed_out", "title": "The sign-in has ended.", "status": HTTPStatus.UNAUTHORIZED}


async def listed(visit: Visit) -> Response:
    """Tell a page's script how far files have come; by asking this it also keeps the sign-in going on."""
    return visit.api.passed_on(f"/v1/sessions/{visit.request.path_params['session_id']}/pictures/progress")


def routes(api: FastAPI) -> list[Route]:
    """Return the addresses files are sent to."""
    begin = handing_on(api, "/v1/sessions/{session_id}/pictures")
    go_on = handing_on(api, "/v1/uploads/{upload_id}")
    upload = _PLACE + "/{upload_id:uuid}"
    return [
        Route("/galleries/{session_id:uuid}/uploads", begin, methods=["POST"]),
        Route(upload, go_on, methods=["GET", "HEAD", "PATCH", "DELETE"]),
    ]


def handing_on(api: FastAPI, path: str) -> Endpoint:
    """Return an endpoint that hands requests on, with the token of who has signed in.

    No sign-in is renewed here: while a long piece is on its way another would be renewed from the same
    cookie, and be taken for a thief's. The script asks how far files have come before it is due.
    """
    app = inside(api)

    async def endpoint(request: Request) -> Response:
        keys: KeyRing = api.state.keys
        session = sessions.opened(request, keys)
        if session is None:
            return JSONResponse(_ENDED, HTTPStatus.UNAUTHORIZED)
        if request.method not in _READS:
            require_own(request)
            forms.require_token(Fields({TOKEN: [request.headers.get(HEADER, "")]}), keys, session.key)
        kept = {name: value for name, value in request.headers.items() if name in _SENT_ON}
        kept["Authorization"] = f"Bearer {session.access_token}"
        url = f"http://api.invalid{path.format(**request.path_params)}"
        asked = httpx.Request(request.method, url, params=request.query_params, headers=kept)
        return PassedOn(app, asked, _MOVED)

    return endpoint
