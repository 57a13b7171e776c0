"""How a connection that stands for as long as its process does is known to be alive."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn

import asyncpg

_BETWEEN_CHECKS = 20.0


async def until_lost(
    connection: "asyncpg.Connection[asyncpg.Record]", check: Callable[[], Awaitable[object]]
) -> NoReturn:
    """Raise when a connection is lost, or when a check fails that is made now and again.

    A connection whose server is gone without a word looks like one on which nothing happens.
    """
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not lost.is_set():
        await check()
        with suppress(TimeoutError):
            async with asyncio.timeout(_BETWEEN_CHECKS):
                await lost.wait()
    raise ConnectionResetError
