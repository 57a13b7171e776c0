"""How a file that is brought in is sent: few at a time, and taken apart one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import Request

from app.http import files
from app.http.files import Intake
from app.readers.tables import MAX_BYTES

SECONDS = 120
"""Within which a file must have arrived."""
_intake = Intake(4)
_reading = asyncio.Semaphore(1)
"""One file at a time is taken apart in a process: that takes its processor, and some room."""


@asynccontextmanager
async def let_in(account_id: UUID) -> AsyncIterator[asyncio.Semaphore]:
    """Let one file of an account in, and few altogether; lend the turn in which files are taken apart."""
    with _intake.let_in(account_id):
        yield _reading


async def received(request: Request) -> bytes:
    """Return the body; raises `TooLarge`, `BodyTimeout`, and `UnsupportedMediaType` if it is packed."""
    return await files.received(request, MAX_BYTES, SECONDS)
