"""A double of Twilio: it takes a text in as often as it is sent, like the real one, and brings news."""

import asyncio
import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import on_a_port

ACCOUNT, TOKEN = f"AC{'0123456789abcdef' * 2}", "a-word-for-texts"
NUMBER = "+15185550100"
HANG, SILENT, BROKEN, AWAY = "hang", "silent", "broken", "away"
"""It says nothing once it has taken a text in; nothing, without; an error, once it has; an error to all."""
_ROOT = "/2010-04-01/Accounts/{account}"


@dataclass
class Provider:
    """What was taken in, and what is answered to the next texts instead: a mode, or a number of an error."""

    url: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    mode: str | int | None = None
    asked: int = 0
    is_active: bool = True
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def account(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        return JSONResponse({"sid": ACCOUNT, "status": "active" if self.is_active else "suspended"})

    async def send(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if not form.get("To", "").removeprefix("+").isdecimal():
            return _problem(400, 21211)
        if form.get("From") != NUMBER:
            return _problem(400, 21659)
        if isinstance(self.mode, int):
            return _problem(429 if self.mode == 20429 else 400, self.mode)
        if self.mode == SILENT:
            self.reached.set()
            await asyncio.Event().wait()
        message = {
            "sid": f"SM{uuid4().hex}",
            "to": form["To"],
            "from": form["From"],
            "body": form["Body"],
            "direction": "outbound-api",
            "status": "queued",
            "date_created": format_datetime(datetime.now(UTC)),
            "callback": form.get("StatusCallback", ""),
        }
        self.messages.insert(0, message)
        if self.mode == HANG:
            self.reached.set()
            await asyncio.Event().wait()
        return _problem(502, None) if self.mode == BROKEN else JSONResponse(message, 201)

    async def listed(self, request: Request) -> Response:
        self.asked += 1
        if refusal := self._refusal(request):
            return refusal
        found = [each for each in self.messages if each["to"] == request.query_params.get("To", each["to"])]
        told = [{name: each[name] for name in each if name != "callback"} for each in found]
        return JSONResponse({"messages": told[: int(request.query_params.get("PageSize", "50"))]})

    async def brings(
        self, http: httpx.AsyncClient, url: str, token: str = TOKEN, **form: str
    ) -> httpx.Response:
        """Bring something to an address, signed as the provider signs."""
        said = url + "".join(name + form[name] for name in sorted(form))
        signed = b64encode(hmac.digest(token.encode(), said.encode(), sha1)).decode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signed,
        }
        path = "/" + url.split("/", 3)[3]
        return await http.post(path, content=urlencode(form), headers=headers)

    def _refusal(self, request: Request) -> Response | None:
        if self.mode == AWAY:
            return _problem(503, None)
        kind, _, told = request.headers.get("authorization", "").partition(" ")
        try:
            is_right = kind == "Basic" and b64decode(told).decode() == f"{ACCOUNT}:{TOKEN}"
        except (binascii.Error, ValueError):
            is_right = False
        is_right = is_right and request.path_params["account"] == ACCOUNT
        return None if is_right else _problem(401, 20003)


def _problem(status: int, code: int | None) -> Response:
    told: dict[str, Any] = {"status": status, "message": "Not so.", "code": code}
    return JSONResponse({name: value for name, value in told.items() if value is not None}, status)


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """Run a provider in this loop."""
    provider = Provider()
    app = Starlette(
        routes=[
            Route(f"{_ROOT}/Messages.json", provider.send, methods=["POST"]),
            Route(f"{_ROOT}/Messages.json", provider.listed),
            Route(f"{_ROOT}.json", provider.account),
        ]
    )
    async with on_a_port(app, timeout_graceful_shutdown=0) as url:
        provider.url = url
        yield provider
