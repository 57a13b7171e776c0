"""A live stream on the wire: server-sent events, a heartbeat, and an end that says what to do next.

Written with FastAPI's own response and format. Its generator routes are not used: they keep two more tasks
and two queues for each stream, and send a sign of life every 15 seconds, which keeps a phone's radio awake.
"""

import asyncio
import random
from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import coroutine
from typing import Any, cast

import orjson
from fastapi import Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.accounts.errors import TokenExpired
from app.core import clock
from app.core.errors import AppError
from app.http.problems import members
from app.http.streams import GOING_ON, STALLED, UNBUFFERED
from app.sync.live.watcher import End, Ending, Position, Watcher
from app.sync.live.watchers import Watchers

_SOONEST, _LATEST = 1_000, 11_000
"""Milliseconds between which a phone comes back: no more than a tenth of a fleet in any second."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds after which a stream shows that it lives, and after which it ends, more or less."""

    heartbeat: float
    life: float

    def some_life(self) -> float:
        """Return how long a stream lasts: streams that began together do not end together."""
        return random.uniform(0.8, 1.2) * self.life  # noqa: S311 - no secret


class LiveResponse(Response):
    """A stream of events; a reader who takes nothing in for half a minute is given up."""

    media_type = EventSourceResponse.media_type

    def __init__(self, watchers: Watchers, watcher: Watcher, pace: Pace) -> None:
        """Answer with a stream that tells a caller of every move of its account, and then leaves."""
        self.status_code, self.background = 200, None
        self.init_headers(UNBUFFERED)
        self._watchers, self._watcher, self._pace = watchers, watcher, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin the answer, and leave the rest to go on by itself."""
        del receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        scope["state"][GOING_ON] = self.go_on

    async def go_on(self, state: dict[str, Any], receive: Receive, send: Send) -> None:
        """Send what there is to tell until the caller hangs up, or has been told the last."""
        try:
            await _Stream(self._watcher, self._pace, state, send).hold(receive)
        finally:
            self._watchers.leave(self._watcher)


class _Stream:
    """One open stream. While there is nothing to tell it is a parked task and a timer."""

    __slots__ = (
        "_ends",
        "_failure",
        "_is_over",
        "_main",
        "_pace",
        "_send",
        "_state",
        "_telling",
        "_timer",
        "_watcher",
    )

    def __init__(self, watcher: Watcher, pace: Pace, state: dict[str, Any], send: Send) -> None:
        self._watcher, self._pace, self._state, self._send = watcher, pace, state, send
        self._ends = _now() + pace.some_life()
        self._is_over = False
        self._main = cast("asyncio.Task[Any]", asyncio.current_task())
        self._failure: Exception | None = None
        self._telling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def hold(self, receive: Receive) -> None:
        """Return when the stream has ended; raises `ClientDisconnect` when its reader is given up."""
        self._tell(format_sse_event(comment="waiting", retry=_return()))
        self._watcher.woken = self._tell
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if self._failure is None:
                raise
            self._main.uncancel()
            raise self._failure from None
        finally:
            self._is_over = True
            self._watcher.woken = None
            await self._stop()

    def _tell(self, event: bytes | None = None) -> None:
        """Send an event, and whatever there is to tell by then; with nothing to tell wait again."""
        if self._telling is None and not self._is_over:
            while event := event or self._next():
                if not self._is_taken_in(event):
                    return
                event = None
            self._wait()

    def _is_taken_in(self, event: bytes) -> bool:
        """Send an event, and say whether the socket took it in at once.

        It almost always does, and then nothing waits and no task is begun: a look may tell hundreds. Only who
        takes an event in slowly gets a task; what happens meanwhile is told behind it.
        """
        message = {"type": "http.response.body", "body": event, "more_body": not self._is_over}
        sending = cast("_Sending", self._send(message))
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return True
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the stream is held
            self._give_up(error)
        else:
            patiently = self._tell_slowly(sending, waits_for)
            self._telling = asyncio.get_running_loop().create_task(patiently)
        return False

    async def _tell_slowly(self, sending: "_Sending", waits_for: Any) -> None:
        try:
            async with asyncio.timeout(STALLED):
                await _resumed(sending, waits_for)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the stream is held
            self._give_up(error)
        else:
            self._telling = None
            self._tell()

    def _next(self) -> bytes | None:
        happened = None if self._is_over else self._watcher.take()
        if happened is None:
            return None
        return poke(happened) if isinstance(happened, Position) else self._last(happened)

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_over:
            after = max(0.0, min(self._pace.heartbeat, self._left()))
            self._timer = asyncio.get_running_loop().call_later(after, self._beat)

    def _beat(self) -> None:
        """Show that the stream lives, or end it when its time is over."""
        if self._left() > 0:
            self._tell(KEEPALIVE_COMMENT)
        else:
            is_renewed = self._ends < self._token_ends()
            self._watcher.end(End.RENEW if is_renewed else TokenExpired())

    def _left(self) -> float:
        return min(self._ends, self._token_ends()) - _now()

    def _token_ends(self) -> float:
        return _now() + seconds_until(self._watcher.claims.expires_at)

    def _last(self, ending: Ending) -> bytes:
        """Return the last event: the problem a request would be answered with, or why to come back, when."""
        self._is_over = True
        if isinstance(ending, AppError):
            self._state["code"] = ending.code
            refusal = members(ending, self._state["request_id"])
            return format_sse_event(event="refused", data_str=orjson.dumps(refusal).decode())
        retry = _return()
        told = {"reason": ending.value, "retry_after": retry / 1000}
        return format_sse_event(event="end", data_str=orjson.dumps(told).decode(), retry=retry)

    def _give_up(self, error: Exception) -> None:
        self._failure = ClientDisconnect() if isinstance(error, TimeoutError | OSError) else error
        self._main.cancel()

    async def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})


_Sending = Coroutine[Any, Any, None]


@coroutine
def _resumed(sending: _Sending, waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with what was begun outside of a task, and waits for something."""
    yield waits_for
    yield from sending


def _now() -> float:
    return asyncio.get_running_loop().time()


@lru_cache(maxsize=64)
def poke(position: Position) -> bytes:
    """Return the event that says where an account is."""
    told = {"revision": position.revision, "scope_version": position.scope_version}
    return format_sse_event(
        event="poke",
        data_str=orjson.dumps(told).decode(),
        id=f"{position.revision}-{position.scope_version}",
    )


def seconds_until(instant: datetime | None) -> float:
    """Return how long it is until an instant; for ever when there is none."""
    return float("inf") if instant is None else (instant - clock.now()).total_seconds()


def _return() -> int:
    return random.randint(_SOONEST, _LATEST)  # noqa: S311 - no secret
