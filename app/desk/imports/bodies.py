"""How a file is sent: as the body of a request, counted while it streams, few at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import Request

from app.core.errors import AccountBusy, Overloaded
from app.http.errors import BodyTimeout, TooLarge, UnsupportedMediaType, retry_after
from app.readers.tables import MAX_BYTES

SECONDS = 120
"""Within which a file must have arrived."""
_MOST_AT_ONCE = 4
_under_way = set[UUID]()
_reading = asyncio.Semaphore(1)
"""One file at a time is taken apart in a process: that takes its processor, and some room."""


@asynccontextmanager
async def let_in(account_id: UUID) -> AsyncIterator[asyncio.Semaphore]:
    """Let one file of an account in, and few altogether; lend the turn in which files are taken apart."""
    if account_id in _under_way:
        raise AccountBusy(headers=retry_after())
    if len(_under_way) >= _MOST_AT_ONCE:
        raise Overloaded
    _under_way.add(account_id)
    try:
        yield _reading
    finally:
        _under_way.discard(account_id)


async def received(request: Request) -> bytes:
    """Return the body; raises `TooLarge`, `BodyTimeout`, and `UnsupportedMediaType` if it is packed."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(MAX_BYTES)) or int(declared) > MAX_BYTES):
        raise TooLarge(max_bytes=MAX_BYTES)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BYTES:
                    raise TooLarge(max_bytes=MAX_BYTES)
    except TimeoutError:
        raise BodyTimeout from None
    return bytes(body)
