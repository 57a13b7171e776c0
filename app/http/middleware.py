"""What happens to every request on its way in and out: an id, a limit, headers, a log line, a catch-all.

Plain ASGI: Starlette's BaseHTTPMiddleware runs a route in a scope of its own, where a client that hangs up
can leave a database connection in the middle of a transaction.
"""

import logging
import time
from collections.abc import Iterable
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import logs
from app.core.errors import CallerGone
from app.http.deprecation import headers_of
from app.http.errors import InternalError
from app.http.failures import translate
from app.http.limits import RateLimits
from app.http.networks import address_of, counted_as
from app.http.problems import count, problem
from app.http.streams import GOING_ON

log = logging.getLogger("studio.http")

BEHIND = "behind"
"""Where the state of a request has what is to be done behind its answer, by whoever knows who asks."""

COUNTED = "counted"
"""Where the state of a request says that its address was counted, with the one it is asked for."""

RATE = "rate"
"""Where the state of a request has how its caller stands with a limit they are told of."""

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=63072000"),
)
"""Of every answer that says nothing else of the same name."""
_LONGEST_PATH = 200
_HIDDEN_BELOW = "/calendar/", "/picture-files/", "/portal/", "/text-hooks/", "/unsubscribe/"
_TOLD = ("account", "user", "device", "key", "code")


def is_secret(path: str) -> bool:
    """Say whether an address is itself a secret, as those of calendars, pictures, galleries and hooks are."""
    return any(each in path.lower() for each in _HIDDEN_BELOW)


class Porch:
    """The outermost application of ours: nothing leaves it but answers."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        """Stand before an application."""
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Visit(scope, send).through(self.app, self.limits, receive)


class _Visit:
    """One request and what is known of its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.state = scope.setdefault("state", {})
        self.state["request_id"] = self.request_id = str(uuid4())
        self.began = time.perf_counter()
        self.status = 0
        self._send = send

    async def through(self, app: ASGIApp, limits: RateLimits, receive: Receive) -> None:
        """Let the application answer; an exception becomes an answer too, and the connection stays usable."""
        try:
            if COUNTED not in self.state and not self.scope["path"].startswith("/health/"):
                limits.count_address(counted_as(address_of(self.scope)))
            await self._answered(app, receive)
            # Of somebody who has hung up too: what they asked for may have been done.
            if (behind := self.state.get(BEHIND)) is not None:
                await behind()
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            await self._answer(error, receive)
        finally:
            self._tell()

    async def _answered(self, app: ASGIApp, receive: Receive) -> None:
        """Let the application answer, and go on with what it has begun, for as long as anybody listens."""
        found = {*self.scope}
        try:
            await app(self.scope, receive, self.send)
            if (going_on := self.state.pop(GOING_ON, None)) is not None:
                self._let_go({*self.scope} - found)
                await going_on(self.state, receive, self.send)
        except (ClientDisconnect, CallerGone):
            self.state["code"] = "client_disconnected"

    def _let_go(self, names: Iterable[str]) -> None:
        """Keep nothing of what the application has left in the scope, for as long as a stream goes on."""
        for name in names:
            if name != "route":
                del self.scope[name]

    async def send(self, message: Message) -> None:
        """Send a message of the answer, with the headers every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message["headers"]
            said = {name for name, _ in own}
            ending = headers_of(self.scope.get("route"), self.scope.get("path_params", {}))
            usual = [each for each in (*_HEADERS, *self._rate()) if each[0] not in said]
            message["headers"] = [*own, (b"x-request-id", self.request_id.encode()), *usual, *ending]
        await self._send(message)

    def _rate(self) -> Iterable[tuple[bytes, bytes]]:
        """Yield the headers that tell a caller how they stand with their limit, if they are to be told."""
        rate = self.state.get(RATE)
        told = rate.headers() if rate is not None else {}
        return [(name.lower().encode(), value.encode()) for name, value in told.items()]

    async def _answer(self, error: Exception, receive: Receive) -> None:
        refusal = translate(error)
        if isinstance(refusal, InternalError):
            log.error("defect", exc_info=error, extra={logs.TOLD: {"request_id": self.request_id}})
        self.state["code"] = refusal.code
        count(refusal)
        if self.status:
            raise error
        await problem(refusal, self.request_id)(self.scope, receive, self.send)

    def _tell(self) -> None:
        """Write one line: who asked for what and what came of it, and neither query, headers nor body."""
        if not log.isEnabledFor(logging.INFO):
            return
        line = {
            "request_id": self.request_id,
            "method": self.scope["method"],
            "path": _told(self.scope["path"]),
            "route": getattr(self.scope.get("route"), "path_format", None),
            "status": self.status,
            "milliseconds": round((time.perf_counter() - self.began) * 1000, 1),
            "address": address_of(self.scope),
            **{name: str(self.state[name]) for name in _TOLD if name in self.state},
        }
        log.info("request", extra={logs.TOLD: line})


def _told(path: str) -> str:
    """Return as much of an address as may stand in a log, whether or not there is a route of it."""
    return "left out" if is_secret(path) else path[:_LONGEST_PATH]
