"""A line to the house that sends what no honest client's library would, and hangs up on streams."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson
from fastapi import FastAPI

Message = MutableMapping[str, Any]
Headers = Mapping[str, str | bytes]


@dataclass
class Answered:
    """What came back; of a stream its first part."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    parts_taken: int = 0

    @property
    def code(self) -> str | None:
        """Return the code of a refusal, none of anything else."""
        return orjson.loads(self.content)["code"] if self.status >= 400 else None


@dataclass
class Line:
    """Raw requests, straight into the application."""

    house: FastAPI

    async def ask(
        self,
        verb: str,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncIterable[bytes] = b"",
    ) -> Answered:
        """Send bytes as they are: a path with its query, headers, and a body, which may come in parts."""
        path, _, query = target.partition(b"?")
        answered, heard_enough = Answered(), asyncio.Event()
        messages = _messages(body, answered, heard_enough)

        async def receive() -> Message:
            return await anext(messages)

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.status = message["status"]
                answered.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answered.content += message.get("body", b"")
                if answered.headers.get("content-type", "").startswith("text/event-stream"):
                    heard_enough.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": verb.upper(),
            "scheme": "http",
            "path": _unquoted(path),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower().encode(), _bytes(value)) for name, value in headers.items()],
            "client": ("198.51.100.7", 4711),
            "server": ("studio.test", 80),
        }
        await self.house(scope, receive, send)
        return answered


async def _messages(
    body: bytes | AsyncIterable[bytes], answered: Answered, heard_enough: asyncio.Event
) -> AsyncIterator[Message]:
    """Yield what a server tells of a request; who asks for more is kept waiting until the caller hangs up."""
    async for part in _parts(body):
        answered.parts_taken += 1
        yield {"type": "http.request", "body": part, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}
    await heard_enough.wait()
    while True:
        yield {"type": "http.disconnect"}


async def _parts(body: bytes | AsyncIterable[bytes]) -> Any:
    if isinstance(body, bytes):
        if body:
            yield body
        return
    async for part in body:
        yield part


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _unquoted(path: bytes) -> str:
    """Decode a path as the server does that stands before the application."""
    return unquote(path.decode("ascii"))
