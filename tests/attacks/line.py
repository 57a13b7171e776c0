"""A line to the house that sends what no honest client's library would, and hangs up on streams."""

from collections.abc import AsyncIterable, Mapping, MutableMapping
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
        answered = Answered()
        parts = _parts(body)

        async def receive() -> Message:
            if answered.headers.get("content-type", "").startswith("text/event-stream") and answered.content:
                return {"type": "http.disconnect"}
            part = await anext(parts, None)
            if part is None:
                return {"type": "http.request", "body": b"", "more_body": False}
            answered.parts_taken += 1
            return {"type": "http.request", "body": part, "more_body": True}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.status = message["status"]
                answered.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answered.content += message.get("body", b"")

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
