"""The head of a request on the wire: how large it may be, and how slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from app.http import heads
from app.http.heads import BYTES, BoundedHttp

ASKED = b"GET / HTTP/1.1\r\nHost: studio.test\r\n"
LONG = 30


async def application(_: Scope, receive: Receive, send: Send) -> None:
    """Answer with as many bytes as were sent."""
    length, is_more = 0, True
    while is_more:
        message = await receive()
        length, is_more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server that reads requests as ours does."""
    config, state = Config(application, log_config=None), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        async with asyncio.timeout(LONG):
            yield reader, writer
    finally:
        writer.close()
        server.close()


async def answered(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the first line and the body of an answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head.split(b"\r\n")[0], await reader.readexactly(length)


@pytest.mark.parametrize("piece", [b"X: %b\r\n" % (b"x" * 1_000), b"x" * 1_000], ids=["many", "one"])
async def test_a_head_that_does_not_end_is_refused(piece: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(ASKED + b"X-First: ")
        for _ in range(2 * BYTES // len(piece)):
            writer.write(piece)
        line, body = await answered(reader)
        assert (line, orjson.loads(body)["code"]) == (
            b"HTTP/1.1 431 Request Header Fields Too Large",
            "head_too_large",
        )


async def test_a_body_is_no_head_and_requests_follow_each_other() -> None:
    length = 4 * BYTES
    asked = ASKED.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % length + b"x" * length
    async with connected() as (reader, writer):
        for _ in range(3):
            writer.write(asked)
            assert await answered(reader) == (b"HTTP/1.1 200 OK", str(length).encode())


@pytest.mark.parametrize("sent", [b"", b"\r\n", ASKED], ids=["nothing", "an empty line", "half a head"])
async def test_who_does_not_ask_after_all_is_left(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "SECONDS", 0.1)
    async with connected() as (reader, writer):
        writer.write(sent)
        assert await reader.read() == b""


@pytest.mark.parametrize("sent", [b"\r\n", ASKED], ids=["an empty line", "half a head"])
async def test_who_does_not_ask_again_after_all_is_left(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as (reader, writer):
        writer.write(ASKED + b"\r\n")
        assert await answered(reader) == (b"HTTP/1.1 200 OK", b"0")
        monkeypatch.setattr(heads, "SECONDS", 0.1)
        writer.write(sent)
        assert await reader.read() == b""
