"""Servers that answer over real sockets, and somebody who reads a live stream off one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from app.core.settings import Settings
from app.main import create_app
from app.sync.live.watchers import Watchers
from tests.serving import TRUST, on_a_port


@dataclass(frozen=True)
class Event:
    """One event as it came: a comment alone has no name."""

    name: str | None
    data: Any
    id: str | None
    retry: int | None
    comment: str | None


class Ear:
    """Reads a stream event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> Event | None:
        """Return the next event, none when the stream has ended."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return Event(
                    fields.get("event"),
                    orjson.loads(fields["data"]) if "data" in fields else None,
                    fields.get("id"),
                    int(fields["retry"]) if "retry" in fields else None,
                    fields.get(""),
                )
            name, _, value = line.partition(": ")
            fields[name] = value
        assert not fields
        return None

    async def named(self) -> Event | None:
        """Return the next event that is more than a sign of life."""
        while (event := await self.next()) is not None and event.name is None:
            pass
        return event

    async def poke(self) -> tuple[int, int]:
        """Return where the next poke says the account is."""
        event = await self.named()
        assert event is not None
        assert event.name == "poke", event
        assert event.id == f"{event.data['revision']}-{event.data['scope_version']}"
        return event.data["revision"], event.data["scope_version"]


@dataclass(frozen=True)
class Served:
    """One server process, as far as another one can tell."""

    client: httpx.AsyncClient
    watchers: Watchers

    @asynccontextmanager
    async def listening(self, headers: Mapping[str, str], **known: Any) -> AsyncIterator[Ear]:
        """Open a stream and wait for its first words."""
        async with self.client.stream(
            "GET", "/v1/sync/live", params=known, headers=dict(headers), timeout=30
        ) as answer:
            assert answer.status_code == 200, await answer.aread()
            ear = Ear(answer)
            first = await ear.next()
            assert first is not None
            assert first.retry is not None
            yield ear


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    """Serve the whole house on a socket, in this loop, with a pool and a listener of its own."""
    app = create_app(settings)
    async with (
        on_a_port(app, timeout_graceful_shutdown=10) as url,
        httpx.AsyncClient(base_url=url, timeout=30, verify=TRUST) as client,
    ):
        assert (await client.get("/health/ready")).is_success
        yield Served(client, app.state.watchers)
