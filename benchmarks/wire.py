"""HTTP as plain bytes, the same for every server: what a client costs must not be what is measured."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

SHED = (429, 503)
_BUFFER = 2**22
_PIECE = 2**18

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire; status 0: none came."""

    status: int
    head: bytes = b""
    body: bytes = b""

    @property
    def is_accepted(self) -> bool:
        """Say whether what was asked was done."""
        return 200 <= self.status < 300

    @property
    def is_shed(self) -> bool:
        """Say whether it was sent away, and told when to come back."""
        return self.status in SHED and self.header(b"retry-after") is not None

    @property
    def retry_after(self) -> float:
        """Return in how many seconds to come again."""
        return float(self.header(b"retry-after") or 0)

    def header(self, name: bytes) -> str | None:
        """Return the value of a header, named in lower case."""
        return _header(self.head, name)


NO_REPLY = Reply(0)


class Lines:
    """Connections that are kept open and used again; one more is opened when all are in use."""

    def __init__(self, url: str, token: str | None = None, scheme: str = "Bearer") -> None:
        """Say where to, and who asks if nobody else is named."""
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self.token, self._scheme = token, scheme
        self._free: deque[Line] = deque()

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        token: str | None = None,
        encoding: str = "identity",
    ) -> bytes:
        """Return a request as it is sent."""
        asker = token or self.token
        bearer = f"Authorization: {self._scheme} {asker}\r\n" if asker else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: studio\r\nContent-Type: application/json\r\n{bearer}"
            f"Accept-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def send(self, request: bytes) -> Reply:
        """Send one request and read its answer; raises `OSError` or `EOFError` when there is none."""
        async with self._lent() as line:
            head = await _head(line, request)
            length = _header(head, b"content-length")
            if length is None:
                raise ConnectionError(head)
            return Reply(_status(head), head, await line[0].readexactly(int(length)))

    async def post(self, path: str, body: bytes, token: str | None = None) -> Reply:
        """Send one body."""
        return await self.send(self.request("POST", path, body, token=token))

    async def get(self, path: str) -> bytes:
        """Return what an answer holds; raises `ConnectionError` when it is a refusal."""
        reply = await self.send(self.request("GET", path))
        if not reply.is_accepted:
            raise ConnectionError(reply)
        return reply.body

    async def stream(self, request: bytes) -> AsyncIterator[bytes]:
        """Yield the body of an answer that is sent in chunks, as they come."""
        async with self._lent() as line:
            head = await _head(line, request)
            if _status(head) != 200 or _header(head, b"transfer-encoding") != "chunked":
                raise ConnectionError(head)
            reader, _ = line
            while size := int(await reader.readuntil(b"\r\n"), 16):
                while size:
                    piece = await reader.read(min(size, _PIECE))
                    if not piece:
                        raise EOFError
                    size -= len(piece)
                    yield piece
                await reader.readexactly(2)
            await reader.readexactly(2)

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Line]:
        """Lend the line used last, if the server has not hung up on it; one that fails is not used again."""
        line = await self._line()
        try:
            yield line
        except BaseException:
            line[1].transport.abort()
            raise
        self._free.append(line)

    async def _line(self) -> Line:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port, limit=_BUFFER)

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()


async def _head(line: Line, request: bytes) -> bytes:
    line[1].write(request)
    return await line[0].readuntil(b"\r\n\r\n")


def _status(head: bytes) -> int:
    return int(head[9:12])


def _header(head: bytes, name: bytes) -> str | None:
    found = head.lower().find(b"\r\n" + name + b":")
    if found < 0:
        return None
    return head[found + len(name) + 3 : head.index(b"\r\n", found + 2)].strip().decode()
