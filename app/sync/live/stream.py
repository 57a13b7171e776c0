"""A live stream on the wire: server-sent events, a heartbeat, and an end that says what to do next.

Written with FastAPI's own response and format. Its generator routes are not used: they keep two more tasks
and two queues for each stream, and send a sign of life every 15 seconds, which keeps a phone's radio awake.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import orjson
from fastapi import Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from app.accounts.errors import TokenExpired
from app.core import clock
from app.core.errors import AppError
from app.http.problems import members
from app.http.streams import UNBUFFERED, PatientResponse
from app.sync.live.watcher import End, Ending, Position, Watcher

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


class LiveResponse(PatientResponse, EventSourceResponse):
    """A stream of events."""


def respond(request: Request, watcher: Watcher, pace: Pace) -> LiveResponse:
    """Return the answer that tells a caller of every move of its account."""
    return LiveResponse(_events(request, watcher, pace), headers=UNBUFFERED)


async def _events(request: Request, watcher: Watcher, pace: Pace) -> AsyncIterator[bytes]:
    now = asyncio.get_running_loop().time
    ends, token_ends = now() + pace.some_life(), now() + seconds_until(watcher.claims.expires_at)
    yield format_sse_event(comment="waiting", retry=_return())
    while True:
        left = min(ends, token_ends) - now()
        happened = await watcher.next(min(pace.heartbeat, left)) if left > 0 else _over(ends, token_ends)
        if isinstance(happened, Position):
            yield poke(happened)
        elif happened is None:
            yield KEEPALIVE_COMMENT
        else:
            yield _last(request, happened)
            return


def _over(ends: float, token_ends: float) -> Ending:
    return End.RENEW if ends < token_ends else TokenExpired()


def poke(position: Position) -> bytes:
    """Return the event that says where an account is."""
    told = {"revision": position.revision, "scope_version": position.scope_version}
    return format_sse_event(
        event="poke",
        data_str=orjson.dumps(told).decode(),
        id=f"{position.revision}-{position.scope_version}",
    )


def _last(request: Request, ending: Ending) -> bytes:
    """Return the last event: the problem a request would be answered with, or why to come back, and when."""
    if isinstance(ending, AppError):
        request.state.code = ending.code
        refusal = members(ending, request.state.request_id)
        return format_sse_event(event="refused", data_str=orjson.dumps(refusal).decode())
    retry = _return()
    told = {"reason": ending.value, "retry_after": retry / 1000}
    return format_sse_event(event="end", data_str=orjson.dumps(told).decode(), retry=retry)


def seconds_until(instant: datetime | None) -> float:
    """Return how long it is until an instant; for ever when there is none."""
    return float("inf") if instant is None else (instant - clock.now()).total_seconds()


def _return() -> int:
    return random.randint(_SOONEST, _LATEST)  # noqa: S311 - no secret
