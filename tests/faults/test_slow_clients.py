"""Clients who send a byte now and then, and clients who take nothing in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psutil
import pytest

from tests.facts import Property
from tests.faults.phones import Phone
from tests.faults.serving import Server
from tests.faults.waits import p99
from tests.samples import sample

_SMALL_BUFFER = 4_096
_PULLS = 300
MOST_MEGABYTES = 50


def head(phone: Phone, path: str, length: int) -> bytes:
    """Return the head of a request."""
    return (
        f"POST /v1/sync/{path} HTTP/1.1\r\nHost: studio.test\r\nContent-Type: application/json\r\n"
        f"Authorization: {phone.headers['Authorization']}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@asynccontextmanager
async def stuck(server: Server, sent: bytes, many: int) -> AsyncIterator[None]:
    """Have many send something, and neither finish nor read what comes back."""
    writers = []
    try:
        for _ in range(many):
            reader, writer = await server.connect(limit=_SMALL_BUFFER)
            writers.append(writer)
            writer.write(sent)
            await writer.drain()
            if sent.endswith(b"}"):
                # The answer has begun, so that the server has it at hand and cannot get rid of it.
                await reader.readexactly(1)
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


@asynccontextmanager
async def slow(server: Server, phone: Phone, many: int) -> AsyncIterator[None]:
    """Have so many never finish a push, and as many never read a page."""
    page = b'{"max_rows":100}'
    async with (
        stuck(server, head(phone, "push", 1_000) + b'{"first": 1, ', many),
        stuck(server, head(phone, "pull", len(page)) + page, many),
    ):
        yield


@pytest.fixture
async def phone(phones: list[Phone]) -> Phone:
    """Return a phone of a studio whose pages are long."""
    phone, _ = phones
    changes = [
        {"n": n, "collection": "clients", "id": str(uuid4()), "op": "create", **fields()}
        for n in range(1, 101)
    ]
    phone.log += changes
    assert await phone.deliver(changes)
    await phone.first_sync()
    return phone


@pytest.mark.parametrize("many", [20, pytest.param(250, marks=pytest.mark.proof)])
async def test_slow_clients_hold_up_nobody_and_take_little_memory(
    server: Server, phone: Phone, phones: list[Phone], many: int, record_property: Property
) -> None:
    """X-06 (P12): half of them never finish a push, half never read a page; the others are served as ever."""
    other, taken = phones[1], psutil.Process(server.pid).memory_info().rss
    async with slow(server, phone, many):
        for _ in range(20):
            assert await other.deliver(other.write())
        assert len(await other.first_sync()) >= 100
        answer = await other.client.get("/health/ready")
        assert answer.status_code == 200
        grown = (psutil.Process(server.pid).memory_info().rss - taken) / 1_000_000
    assert grown <= MOST_MEGABYTES
    assert (await other.client.get("/health/ready")).status_code == 200
    record_property("counted: slow clients", 2 * many)
    record_property("worst: megabytes that slow clients took", round(grown, 1))


@pytest.mark.proof
@pytest.mark.measures
async def test_how_long_others_wait_beside_slow_clients_is_told(
    server: Server, phone: Phone, phones: list[Phone], record_property: Property
) -> None:
    before = await p99(phones[1], _PULLS)
    async with slow(server, phone, 250):
        during = await p99(phones[1], _PULLS)
    record_property("counted: pulls beside slow clients", _PULLS)
    record_property("worst: times the p99 of pulls beside slow clients", during / before)


def fields() -> dict[str, object]:
    """Return a client of about a kilobyte."""
    return {"fields": sample("clients", client_number=None)}
