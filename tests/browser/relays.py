"""A line between a browser and a server that can be cut: shut, nobody is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PIECE = 65_536


@dataclass
class Relay:
    """Passes bytes on from a port of its own to another server's."""

    upstream: int
    port: int = 0
    _server: asyncio.Server | None = None
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Be there, on the same port as before."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Cut all lines, and be gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in self._lines:
            line.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onwards, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        ends = {writer, back}
        self._lines |= ends
        with suppress(OSError):
            await asyncio.gather(_copy(reader, back), _copy(onwards, writer))
        self._lines -= ends
        for each in ends:
            each.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def relayed(address: str) -> AsyncIterator[Relay]:
    """Stand before a server."""
    relay = Relay(urlsplit(address).port or 0)
    await relay.open()
    try:
        yield relay
    finally:
        await relay.shut()
