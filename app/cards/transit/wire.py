"""One request to TransIT: what was surely not sent is told apart from what may have arrived."""

import asyncio
import logging

import httpx

from app.cards.gateway import NotSent, Unknown

PATH = "/servlets/TransNox_API_Server"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
_MOST_BYTES = 4_000_000
_HEADERS = {"User-Agent": "infonox", "Content-Type": "text/xml; charset=utf-8"}
_BEFORE_THE_FIRST_BYTE = (
    httpx.InvalidURL,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
log = logging.getLogger("studio.cards")


class Wire:
    """The way to one processor; each request has a connection of its own.

    One that was kept open may have been closed by the other side: what is written to it is lost, and nobody
    could say whether it was read first.
    """

    def __init__(
        self, base_url: str, *, connecting: float = CONNECT_SECONDS, answering: float = ANSWER_SECONDS
    ) -> None:
        """Say where the processor is, and how many seconds it may take."""
        self.base_url = base_url.rstrip("/")
        self._whole = connecting + answering
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            timeout=httpx.Timeout(answering, connect=connecting, pool=connecting),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def ask(self, body: bytes) -> bytes | NotSent | Unknown:
        """Send a request and return the body of its answer; neither is ever logged."""
        try:
            # The client's own limits are for each piece: one byte a second would never come to an end.
            async with asyncio.timeout(self._whole):
                return await self._ask(body)
        except _BEFORE_THE_FIRST_BYTE as error:
            return NotSent(type(error).__name__)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            log.warning("no answer of the processor: %s", type(error).__name__)
            return Unknown(type(error).__name__)

    async def _ask(self, body: bytes) -> bytes | Unknown:
        async with self._client.stream("POST", self.base_url + PATH, content=body) as answer:
            if answer.status_code != httpx.codes.OK:
                return Unknown(f"HTTP {answer.status_code}")
            read = bytearray()
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > _MOST_BYTES:
                    return Unknown("too long an answer")
            return bytes(read)
