"""The public API as a page asks it: in this process, and with the token of whoever has signed in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.middleware import COUNTED

Record = dict[str, Any]
"""An object of the API's JSON."""
_INSIDE = "http://api.invalid"
_ENDED = {"invalid_token", "token_expired", "refresh_reused"}
_REQUEST_ID = b"x-request-id"
_PAGE = 200
_MOST_PAGES = 25


class SignedOut(Exception):
    """The API no longer knows the sign-in."""


class Refused(Exception):
    """The API has said no; `problem` is its answer."""

    def __init__(self, problem: Record) -> None:
        super().__init__(problem["code"])
        self.problem = problem
        self.code: str = problem["code"]
        self.status: int = problem["status"]


@dataclass(frozen=True, slots=True)
class Api:
    """Somebody who asks: a client of the application, with or without a token."""

    client: httpx.AsyncClient
    app: ASGIApp

    def passed_on(self, path: str, **asked: str | int) -> Response:
        """Return the API's own answer as it comes, however long it is."""
        return PassedOn(self.app, self.client.build_request("GET", path, params=asked))

    async def get(self, path: str, **asked: str | int) -> Record:
        """Read."""
        return await self._ask("GET", path, params=asked)

    async def post(
        self, path: str, body: Record | None = None, version: int | None = None, once: str | None = None
    ) -> Record:
        """Make, or have done, to the version that was read if there is one.

        What is asked again under the same word, `once`, is answered as it was.
        """
        return await self._ask("POST", path, body=body, version=version, once=once)

    async def patch(self, path: str, body: Record, version: int | None = None) -> Record:
        """Change the version that was read."""
        return await self._ask("PATCH", path, body=body, version=version)

    async def put(self, path: str, body: Record, version: int | None = None) -> Record:
        """Set what is to be different, of the version that was read if there is one."""
        return await self._ask("PUT", path, body=body, version=version)

    async def delete(self, path: str, version: int | None = None) -> None:
        """Remove."""
        await self._ask("DELETE", path, version=version)

    async def all(self, path: str, name: str, **asked: str | int) -> list[Record]:
        """Read a list to its end, or as far as anybody reads a page."""
        found: list[Record] = []
        for _ in range(_MOST_PAGES):
            told = await self.get(path, limit=_PAGE, **asked)
            found += told[name]
            if told["next_page"] is None:
                break
            asked["page"] = told["next_page"]
        return found

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Record | None = None,
        version: int | None = None,
        once: str | None = None,
    ) -> Record:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        headers |= {} if once is None else {"Idempotency-Key": once}
        answer = await self.client.request(method, path, params=params, json=body, headers=headers)
        if answer.is_success:
            return dict(answer.json()) if answer.content else {}
        problem = dict(answer.json())
        if problem["code"] in _ENDED:
            raise SignedOut
        raise Refused(problem)


@asynccontextmanager
async def asking(
    api: ASGIApp, client: tuple[str, int] | None, token: str | None = None
) -> AsyncIterator[Api]:
    """Ask an application as whoever is at the other end of a connection.

    Nothing is waited for here longer than the application itself waits.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    within = inside(api)
    transport = httpx.ASGITransport(app=within, raise_app_exceptions=False, client=client or ("unknown", 0))
    async with httpx.AsyncClient(
        transport=transport, base_url=_INSIDE, headers=headers, trust_env=False
    ) as made:
        yield Api(made, within)


def inside(api: ASGIApp) -> ASGIApp:
    """Return an application for requests whose address was counted when a page was asked for."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await api({**scope, "state": {COUNTED: True}}, receive, send)

    return asked


class PassedOn(Response):
    """An answer of the API to a request of its own, sent on piece by piece; so is what is sent along."""

    def __init__(
        self, app: ASGIApp, asked: httpx.Request, moved: Mapping[bytes, bytes] | None = None
    ) -> None:
        """Say what is asked, and under which addresses the console has what the API has under its own."""
        super().__init__()
        self._app = app
        self._asked = asked
        self._moved = moved or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, with what is received, and send on what is answered."""

        async def sent_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The request that leads here has an id of its own.
                kept = [self._here(*each) for each in message["headers"] if each[0] != _REQUEST_ID]
                message = {**message, "headers": kept}
            await send(message)

        url = self._asked.url
        asked = {
            **{name: scope[name] for name in ("type", "asgi", "http_version", "client", "server", "scheme")},
            "method": self._asked.method,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._asked.headers.raw],
        }
        await self._app(asked, receive, sent_on)

    def _here(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Return a header; where something is, is told by the console's own address."""
        if name == b"location":
            for there, here in self._moved.items():
                value = value.replace(there, here, 1) if value.startswith(there) else value
        return name, value
