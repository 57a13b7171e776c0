"""An open loop: requests begin when they are due, whatever became of those before, and count from then."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

_GIVEN_UP = 30.0
SHED = (429, 503)


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a request: when it was `due`, and how many seconds later what status came; 0: none."""

    due: float
    seconds: float
    status: int
    is_told_when: bool

    @property
    def is_accepted(self) -> bool:
        """Say whether it was done."""
        return 200 <= self.status < 300

    @property
    def is_shed(self) -> bool:
        """Say whether it was sent away, and told when to come back."""
        return self.status in SHED and self.is_told_when


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    is_told_when: bool
    body: bytes


class Lines:
    """Connections that are kept open and used again; one more is opened when all are in use."""

    def __init__(self, url: str) -> None:
        """Say where to."""
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def post(self, path: str, body: bytes, token: str | None = None) -> Reply:
        """Send one request and read its answer; raises `OSError` or `EOFError` when there is none."""
        line = self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
        reader, writer = line
        try:
            writer.write(_head(path, len(body), token) + body)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            reply = Reply(
                int(head[9:12]), b"\r\nretry-after:" in head, await reader.readexactly(_length(head))
            )
        except BaseException:
            writer.transport.abort()
            raise
        self._free.append(line)
        return reply

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()


def _head(path: str, length: int, token: str | None) -> bytes:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: studio\r\nContent-Type: application/json\r\n{bearer}"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def _length(head: bytes) -> int:
    return int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])


async def arrive(ask: Callable[[], Awaitable[Reply]], per_second: float, seconds: float) -> list[Answered]:
    """Ask at a constant rate for a while, and return what became of each, in the order they were due."""
    began = perf_counter()
    tasks = []
    for number in range(max(1, round(per_second * seconds))):
        due = began + number / per_second
        if (early := due - perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(_asked(ask, due)))
    return list(await asyncio.gather(*tasks))


async def _asked(ask: Callable[[], Awaitable[Reply]], due: float) -> Answered:
    reply = Reply(0, is_told_when=False, body=b"")
    with suppress(OSError, EOFError):
        async with asyncio.timeout(_GIVEN_UP):
            reply = await ask()
    return Answered(due, perf_counter() - due, reply.status, reply.is_told_when)
