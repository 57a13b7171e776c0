"""Posting: one request to an address anybody may have named, and what became of it."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore

from app.core import clock
from app.outbox.hosts import HostAway, HostRefused, Hosts
from app.webhooks.states import LONGEST_WAIT
from app.webhooks.targets import PORTS

AT_ONCE = 4
"""Posts to one webhook at a time: one that wants fewer says 429."""
SAID_MOST = 500
"""Characters of an answer that are kept."""
_READ_MOST = 4_096
"""Bytes of an answer that are read; then the line is closed."""
_BROKEN = (httpcore.ProtocolError, httpcore.NetworkError, httpcore.UnsupportedProtocol, OSError, ValueError)
_MULTIPLE, _BAD = 300, 400
_GONE, _TOO_MANY, _UNAVAILABLE = 410, 429, 503


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a post: the `status` of the answer if there was one, and a `code` unless it was a 2xx.

    `said` is how the answer begins; `until` is for how long its sender asked to be left alone.
    """

    status: int | None
    code: str | None
    milliseconds: int
    said: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts, each within so many `seconds`, to addresses out in the open.

    Every name is looked up as it is connected to, and the line goes to what was looked at. TLS goes by the
    name. No redirect is followed, no proxy asked, no cookie kept.
    """

    hosts: Hosts
    seconds: float = 15
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def lines(self) -> httpcore.AsyncConnectionPool:
        """Return what keeps the lines to one webhook, to be closed by who asked for it."""
        return httpcore.AsyncConnectionPool(
            ssl_context=self.trust, max_connections=AT_ONCE, network_backend=_Vetted(self.hosts)
        )

    async def post(
        self, lines: httpcore.AsyncConnectionPool, url: str, headers: Mapping[str, str], body: bytes
    ) -> Outcome:
        """Post something, and return what became of it: no exception of the other side comes out of here."""
        began = monotonic()

        def ended(code: str | None, **more: Any) -> Outcome:
            return Outcome(
                **{"status": None, **more}, code=code, milliseconds=int((monotonic() - began) * 1_000)
            )

        try:
            async with asyncio.timeout(self.seconds):
                status, told, said = await _asked(lines, url, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            return ended("timeout")
        except HostRefused:
            return ended("host_refused")
        except HostAway:
            return ended("host_away")
        except _BROKEN:
            return ended("broken")
        code = _code(status)
        until = _until(told) if code == "busy" else None
        return ended(code, status=status, said=said, until=until)


async def _asked(
    lines: httpcore.AsyncConnectionPool, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[bytes, bytes], str]:
    parts = urlsplit(url)
    # Of the parts, as they were judged: the library's own reading drops what stands behind a semicolon.
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    asked = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)
    usual = {b"http": 80, b"https": 443}[asked.scheme]
    host = b"[%b]" % asked.host if b":" in asked.host else asked.host
    named = host if asked.port in (None, usual) else b"%b:%d" % (host, asked.port)
    sent = [
        ("Host", named.decode()),
        ("Content-Length", str(len(body))),
        ("Content-Type", "application/json"),
        ("User-Agent", "Studio-Sync"),
        *headers.items(),
    ]
    read = b""
    async with lines.stream("POST", asked, headers=sent, content=body) as answer:
        # The line is closed with the answer, read to its end or not.
        async for piece in answer.aiter_stream():
            read += piece[: _READ_MOST - len(read)]
            if len(read) >= _READ_MOST:
                break
    told = {name.lower(): value for name, value in reversed(answer.headers)}
    return answer.status, told, _printable(read)


class _Vetted(httpcore.AsyncNetworkBackend):
    """Opens lines to open addresses alone, each looked up and looked at as it is connected to."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._lines = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await self._hosts.vetted(host, port, PORTS):
            try:
                return await self._lines.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise HostAway(str(failed))

    async def connect_unix_socket(self, *_args: Any, **_more: Any) -> httpcore.AsyncNetworkStream:
        raise HostRefused("a socket of ours")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _code(status: int) -> str | None:
    if 200 <= status < _MULTIPLE:  # noqa: PLR2004 - what HTTP calls a success
        return None
    if _MULTIPLE <= status < _BAD:
        return "redirected"
    return {_GONE: "gone", _TOO_MANY: "busy", _UNAVAILABLE: "busy"}.get(status, "refused")


def _until(told: Mapping[bytes, bytes]) -> datetime | None:
    """Return until when an answer asks for patience, in seconds or by a date; at most a day from now."""
    text, now = told.get(b"retry-after", b"").decode("latin-1").strip(), clock.now()
    if not text:
        return None
    try:
        if text.isascii() and text.isdecimal():
            return now + min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(now, min(until, now + LONGEST_WAIT))


def _printable(read: bytes) -> str:
    text = read.decode("utf-8", "replace")
    return "".join(each if each.isprintable() else " " for each in text).strip()[:SAID_MOST]
