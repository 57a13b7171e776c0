"""Being told when to sync: a live stream where the network lets it through, else answers that come late."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Thread
from types import TracebackType
from typing import Any, Self

import httpx

from studio_sync_client.errors import Json, NoAnswer, Problem, RetryLater, StudioError, SyncRunning
from studio_sync_client.session import Session
from studio_sync_client.store import Store
from studio_sync_client.wire import read

_SILENCE_SECONDS = 120
"""After how long without a sign of life a stream is given up."""
_FIRST_SIGN_SECONDS = 10
"""A stream that is not held back by a proxy says something at once."""
_PATIENCE = httpx.Timeout(60, read=_SILENCE_SECONDS)
_STREAMED = {"Accept": "text/event-stream"}
_WAIT_SECONDS = 25
_LONGEST_PAUSE = 300.0
# What a sync may run into without being of less use the next time.
_PASSING = (NoAnswer, Problem, RetryLater, SyncRunning)
_EXCHANGED = frozenset({"token_expired", "invalid_token"})

Pause = Callable[[float], Awaitable[object]]


class _HeldBackError(Exception):
    """Something on the way holds streams back."""


@dataclass(slots=True)
class _Event:
    """One event of a stream; one without a name is a sign of life."""

    name: str | None = None
    data: Json = field(default_factory=dict)
    retry: float | None = None


class Listener:
    """Calls `on_poke` when there is something to pull, from a thread that ends with the app or with `close`.

    It may call when there is nothing, and once in a while not call: an app syncs by itself all the same.
    `error` is why it ended by itself: what a request would be refused with now.
    """

    def __init__(
        self,
        store: Store,
        session: Session,
        on_poke: Callable[[], object],
        http: Callable[[], httpx.AsyncClient],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.error: StudioError | None = None
        self._store = store
        self._session = session
        self._on_poke = on_poke
        self._open = http
        self._pause = pause
        self._is_held_back = False
        self._retry = 1.0
        self._failures = 0
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._listen())
        self._thread = Thread(target=self._run, name="studio-sync-live", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, as when the app goes to the background; a sync that runs is waited for."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self.join()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until nobody listens any more, and say whether that is so."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except StudioError as error:
            self.error = error
        finally:
            self._loop.close()

    async def _listen(self) -> None:
        """Listen until that is of no use any more."""
        async with self._open() as http:
            while await self._listens_again(http):
                pass

    async def _listens_again(self, http: httpx.AsyncClient) -> bool:
        tokens = self._session.tokens()
        http.headers["Authorization"] = f"Bearer {tokens['access']}"
        try:
            if self._is_held_back:
                return await self._wait(http)
            return await self._stream(http)
        except _HeldBackError:
            self._is_held_back = True
        except (httpx.TransportError, NoAnswer):
            await self._come_back(self._retry)
        except Problem as problem:
            await self._obey(problem, tokens)
        return True

    async def _stream(self, http: httpx.AsyncClient) -> bool:
        """Follow one stream to its end, and say whether to open another."""
        asked = http.stream(
            "GET", "/v1/sync/live", params=self._place(), headers=_STREAMED, timeout=_PATIENCE
        )
        async with asked as answer:
            if answer.headers.get("Content-Type", "").partition(";")[0] != "text/event-stream":
                await answer.aread()
                read(answer)
                raise NoAnswer("not a stream")
            async for event in _events(answer.aiter_lines()):
                self._retry = event.retry or self._retry
                match event.name:
                    case "poke":
                        self._failures = 0
                        self._hear((event.data["revision"], event.data["scope_version"]))
                    case "end" if event.data["reason"] == "replaced":
                        return False
                    case "end":
                        await self._pause(event.data["retry_after"])
                        return True
                    case "refused":
                        raise Problem(event.data["status"], event.data)
        raise NoAnswer("the stream was cut")

    async def _wait(self, http: httpx.AsyncClient) -> bool:
        """Ask for an answer that comes late."""
        before = self._place()
        told = read(await http.get("/v1/sync/wait", params={**before, "seconds": _WAIT_SECONDS}))
        if told["has_changed"]:
            self._hear((told["revision"], told["scope_version"]))
            if self._place() == before:
                await self._come_back(self._retry)
                return True
        self._failures = 0
        return True

    def _hear(self, reached: tuple[int, int]) -> None:
        """Have the app sync, unless it has come as far already."""
        place = self._place()
        if (place.get("revision"), place.get("scope_version")) == reached:
            return
        try:
            self._on_poke()
        except _PASSING:
            return

    def _place(self) -> dict[str, int]:
        """Return how far the copy has come; without a consistent page there is always news."""
        pull = self._store.state("pull") or {}
        if not pull.get("consistent"):
            return {}
        return {"revision": pull["revision"], "scope_version": pull["scope"]["version"]}

    async def _obey(self, problem: Problem, tokens: Json) -> None:
        """Do what a refusal asks for, or raise it; `DeviceWiped` after the wipe."""
        if problem.code in _EXCHANGED:
            self._session.exchanged(tokens)
        elif problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            await self._come_back(problem.retry_after or self._retry)
        elif problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            await self._come_back(self._retry)
        else:
            self._session.obey(problem)
            raise problem

    async def _come_back(self, seconds: float) -> None:
        """Pause, longer each time it fails, and never as long as others do."""
        longer = min(seconds * 2**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        await self._pause(longer * (1 + random.random() / 4))  # noqa: S311 - no secret


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[_Event]:
    """Yield what a stream tells; raises `_HeldBackError` when it is silent from the beginning."""
    event = _Event()
    try:
        async with asyncio.timeout(_FIRST_SIGN_SECONDS):
            line: str | None = await anext(lines, None)
    except TimeoutError:
        raise _HeldBackError from None
    while line is not None:
        if not line:
            yield event
            event = _Event()
        name, _, value = line.partition(":")
        _take(event, name, value.removeprefix(" "))
        line = await anext(lines, None)


def _take(event: _Event, name: str, value: str) -> None:
    """Take one line of an event in; those that begin with a colon are signs of life."""
    match name:
        case "event":
            event.name = value
        case "data":
            told: Any = json.loads(value)
            event.data = told
        case "retry":
            event.retry = int(value) / 1000
