"""Smaller sizes are made by a process of their own: it has some memory and time, nothing of the server's."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.readers.pixels import MAX_PIXELS

MEMORY = 1_500_000_000
SECONDS = 60
"""By the clock, of one picture; a process makes a few and has as much of the processor for each."""
TOGETHER = 20
"""Pictures one process is given at most: all of one account."""
_MOST = 16_000_000
"""Bytes of a smaller size; no JPEG of so few pixels has as many."""
_PIECE = 1 << 18
_ROOT = str(Path(__file__).parents[2])
_BYTES_PER_PIXEL = 4
assert MAX_PIXELS * _BYTES_PER_PIXEL < MEMORY / 2  # noqa: S101 - the largest that is let in fits


class WorkerDied(Exception):
    """The process has ended in the midst of a picture: it was too costly, or somebody killed it."""


class Unfit(Exception):
    """The picture cannot be shown, and `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rendered:
    """How large a picture is as it is looked at, and its web size and thumbnail."""

    width: int
    height: int
    web: bytes
    thumbnail: bytes


class Worker:
    """A process that makes pictures smaller, one after the other; it ends with one that costs too much."""

    def __init__(self, process: Process) -> None:
        """Speak to a process."""
        self._process = process
        self.pid = process.pid

    async def render(self, size_bytes: int, content: AsyncIterator[bytes], watermark: str | None) -> Rendered:
        """Make a picture of so many bytes smaller; raises `Unfit` and `WorkerDied`."""
        order = json.dumps({"bytes": size_bytes, "watermark": watermark}).encode() + b"\n"
        try:
            async with asyncio.timeout(SECONDS):
                await self._send(order, content)
                return await self._received()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            raise WorkerDied from None

    async def _send(self, order: bytes, content: AsyncIterator[bytes]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write(order)
        async for piece in content:
            self._process.stdin.write(piece)
            await self._process.stdin.drain()

    async def _received(self) -> Rendered:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        told = json.loads(await self._process.stdout.readuntil())
        if "refused" in told:
            raise Unfit(str(told["refused"]))
        if max(told["sizes"]) > _MOST:
            raise WorkerDied
        web, thumbnail = [await self._process.stdout.readexactly(each) for each in told["sizes"]]
        return Rendered(int(told["width"]), int(told["height"]), web, thumbnail)


@asynccontextmanager
async def worker() -> AsyncIterator[Worker]:
    """Start a process, which has ended when this does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-P", "-m", "app.readers.pictures", str(MEMORY), str(SECONDS * TOGETHER)),
        stdin=PIPE,
        stdout=PIPE,
        limit=_PIECE,
        # Its environment has no secret of the server's.
        env={"PYTHONPATH": _ROOT},
    )
    try:
        yield Worker(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
