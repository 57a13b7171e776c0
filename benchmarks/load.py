"""Many studios at a constant rate, then at three times that, then as before: who is served, and how soon.

Of a hundred requests 85 are pulls that bring little, 10 push 20 changes, 4 pull 500 records anew, and one
signs in or refreshes. Studios are asked for by Zipf: the first far more often than the last.
"""

import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any
from uuid import uuid4

import orjson

from benchmarks.ground import Ground
from benchmarks.loops import Answered, arrive
from benchmarks.paging import cursor_at_rest, cursor_of
from benchmarks.samples import Result, milliseconds
from benchmarks.studios import PASSWORD, new_studio
from benchmarks.wire import SHED, Lines, Reply

_PHONES = 2
_TIMES = 3
_PUSHED = 20
_PULLED = 500
_FILLED = 3
_TOLD = 5
"""Of answers that were neither, how many are shown."""

_SLOW = 0.25
"""Seconds beyond which a request is not served as usual."""


@dataclass
class Phone:
    """A phone at rest, and the streams no push of it is using."""

    token: str
    cursor: str
    streams: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Studio:
    """A studio with its phones, and refresh tokens of its desks."""

    name: str
    phones: list[Phone]
    tokens: list[str] = field(default_factory=list)


class Crowd:
    """Everybody who asks."""

    def __init__(self, lines: Lines, studios: Sequence[Studio]) -> None:
        """Take the studios by their rank."""
        self._lines, self._studios = lines, studios
        self._shares = list(accumulate(1 / rank for rank in range(1, len(studios) + 1)))
        self._random = random.Random(1)  # noqa: S311 - the same crowd each time, no secret
        self._ways: Sequence[Callable[[Studio], Awaitable[Reply]]] = (
            self._idle,
            self._push,
            self._anew,
            self._sign_in,
            self._refresh,
        )

    async def ask(self) -> Reply:
        """Ask what somebody asks."""
        [studio] = self._random.choices(self._studios, cum_weights=self._shares)
        [way] = self._random.choices(self._ways, cum_weights=(85, 95, 99, 99.5, 100))
        return await way(studio)

    async def _idle(self, studio: Studio) -> Reply:
        phone = self._random.choice(studio.phones)
        reply = await self._lines.post("/v1/sync/pull", orjson.dumps({"cursor": phone.cursor}), phone.token)
        if reply.status == 200:
            phone.cursor = cursor_of(reply.body)
        return reply

    async def _push(self, studio: Studio) -> Reply:
        phone = self._random.choice(studio.phones)
        stream, first = phone.streams.pop() if phone.streams else (uuid4().hex, 1)
        reply = await self._lines.post("/v1/sync/push", _changes(stream, first, _PUSHED), phone.token)
        if reply.status == 200:
            phone.streams.append((stream, first + _PUSHED))
        return reply

    async def _anew(self, studio: Studio) -> Reply:
        phone = self._random.choice(studio.phones)
        body = orjson.dumps({"cursor": None, "max_rows": _PULLED})
        return await self._lines.post("/v1/sync/pull", body, phone.token)

    async def _sign_in(self, studio: Studio) -> Reply:
        words = {"account": studio.name, "initials": "JD", "password": PASSWORD}
        return self._signed_in(studio, await self._lines.post("/v1/auth/login", orjson.dumps(words)))

    async def _refresh(self, studio: Studio) -> Reply:
        if not studio.tokens:
            return await self._sign_in(studio)
        token = studio.tokens.pop()
        sent = orjson.dumps({"refresh_token": token})
        reply = await self._lines.post("/v1/auth/refresh", sent)
        if reply.status in SHED:
            studio.tokens.append(token)
        return self._signed_in(studio, reply)

    @staticmethod
    def _signed_in(studio: Studio, reply: Reply) -> Reply:
        if reply.status == 200:
            studio.tokens.append(orjson.loads(reply.body)["refresh_token"])
        return reply


async def load(ground: Ground) -> list[Result]:
    """Measure at the usual rate, at three times that, and how long it takes to be as before."""
    size, lines = ground.size, Lines(ground.served.url)
    try:
        crowd = Crowd(lines, [await _studio(ground, number) for number in range(size.studios)])
        await arrive(crowd.ask, size.rate, size.seconds / 10)
        ground.served.forget_peak()
        usual = await arrive(crowd.ask, size.rate, size.seconds)
        too_much = await arrive(crowd.ask, _TIMES * size.rate, size.seconds)
        ended = too_much[-1].due
        after = await arrive(crowd.ask, size.rate, size.seconds)
    finally:
        lines.close()
    return [
        _told(f"{size.rate}/s", usual, size.rate, ground),
        _told(f"{_TIMES * size.rate}/s", too_much, _TIMES * size.rate, ground),
        _told(f"{size.rate}/s again", after, size.rate, ground, recovery=_recovery(after, ended)),
    ]


def _recovery(answers: Sequence[Answered], ended: float) -> float:
    """Return for how long after the storm somebody was still sent away, failed or kept waiting."""
    odd = [each.due - ended for each in answers if not each.reply.is_accepted or each.seconds > _SLOW]
    return max(odd, default=0.0)


def _told(
    way: str, answers: Sequence[Answered], rate: int, ground: Ground, recovery: float | None = None
) -> Result:
    accepted = [each.seconds for each in answers if each.reply.is_accepted]
    shed = sum(each.reply.is_shed for each in answers)
    lost = [each.reply for each in answers if not (each.reply.is_accepted or each.reply.is_shed)]
    for reply in lost[:_TOLD]:
        print(f"{way}: {reply.status} {reply.head!r} {reply.body!r}", file=sys.stderr)
    share = len(accepted) / len(answers)
    p50, p95, p99 = milliseconds(accepted)
    return Result(
        "load",
        way,
        "accepted",
        ratio=share,
        per_second=rate * share,
        peak_megabytes=ground.served.peak_megabytes,
        milliseconds_p50=p50,
        milliseconds_p95=p95,
        milliseconds_p99=p99,
        shed=shed / len(answers),
        failed=len(lost),
        recovery_seconds=recovery,
    )


async def _studio(ground: Ground, number: int) -> Studio:
    """Make a studio whose phones are at rest."""
    name = f"loaded-{number}"
    _, phones = await new_studio(ground, name, _PHONES)
    for part in range(_FILLED):
        body = _changes(f"filled-{part}", 1, ground.size.filled // 20)
        reply = await phones[0].post("/v1/sync/push", body)
        if not reply.is_accepted:
            raise ConnectionError(reply)
    return Studio(name, [await _at_rest(lines) for lines in phones])


async def _at_rest(lines: Lines) -> Phone:
    cursor = await cursor_at_rest(lines)
    lines.close()
    return Phone(lines.token or "", cursor)


def _changes(stream: str, first: int, many: int) -> bytes:
    changes: list[dict[str, Any]] = [
        {
            "n": n,
            "collection": "clients",
            "id": str(uuid4()),
            "op": "create",
            "fields": {"last_name": f"Loaded {n}", "first_name": "Jo"},
        }
        for n in range(first, first + many)
    ]
    return orjson.dumps({"stream": stream, "first": first, "changes": changes})
