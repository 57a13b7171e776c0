"""One connection: requests are read whole, and answers are sent as they should be, or as they should not."""

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

import h11

MOST = 65_536
"""Bytes a body may have."""
_AT_ONCE = 16_384
SERVER = "TransIT-simulator (no card is charged)"


@dataclass(frozen=True, slots=True)
class Request:
    """One request that has come whole; `body` is none when there was more than is taken."""

    method: str
    path: str
    query: str
    host: str
    accept: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer over HTTP."""

    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Gone(Exception):
    """The caller has closed the connection."""


class Line:
    """A connection with one caller."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_AT_ONCE)

    async def next_request(self) -> Request | None:
        """Return the next request; none when the caller goes, or says what is no HTTP."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state is not h11.IDLE:
            return None
        try:
            return await self._request()
        except (Gone, h11.RemoteProtocolError):
            return None

    async def _request(self) -> Request:
        head, body, is_too_long = None, bytearray(), False
        while True:
            event = await self._event()
            if isinstance(event, h11.Request) and event.method != b"HEAD":
                head = event
            elif isinstance(event, h11.Data):
                is_too_long = is_too_long or len(body) + len(event.data) > MOST
                if not is_too_long:
                    body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                path, _, query = head.target.decode("ascii", "replace").partition("?")
                told = {name: value.decode("ascii", "replace") for name, value in head.headers}
                host, accept = told.get(b"host", ""), told.get(b"accept", "")
                whole = None if is_too_long else bytes(body)
                return Request(head.method.decode(), path, query, host, accept, whole)
            else:
                raise Gone

    async def _event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._http.send(go_on) or b"")
            self._http.receive_data(await self._read())
        return event

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(_AT_ONCE)
        except OSError:
            raise Gone from None

    async def _write(self, piece: bytes) -> None:
        try:
            self._writer.write(piece)
            await self._writer.drain()
        except OSError:
            raise Gone from None

    def told(self, reply: Reply) -> bytes:
        """Return an answer's bytes, head and all; for HTTP it is sent then."""
        headers = [
            ("Server", SERVER),
            ("Content-Type", reply.kind),
            ("Content-Length", str(len(reply.body))),
            ("Cache-Control", "no-store"),
            *reply.headers,
        ]
        events = (
            h11.Response(status_code=reply.status, headers=headers),
            h11.Data(data=reply.body),
            h11.EndOfMessage(),
        )
        return b"".join(self._http.send(event) or b"" for event in events)

    async def reply(self, reply: Reply) -> None:
        """Send an answer."""
        await self._write(self.told(reply))

    async def send_twice(self, reply: Reply) -> None:
        """Send an answer, and the same bytes again behind it."""
        told = self.told(reply)
        await self._write(told + told)

    async def drip(self, reply: Reply, released: asyncio.Event, pace: float) -> None:
        """Send an answer one byte at a time, `pace` seconds apart; all of the rest once it is released."""
        told = self.told(reply)
        for place in range(len(told)):
            if released.is_set():
                await self._write(told[place:])
                return
            await self._write(told[place : place + 1])
            await self.wait(released, pace)

    async def wait(self, released: asyncio.Event, seconds: float | None = None) -> None:
        """Wait until something is released, or for so many seconds.

        Raises:
            Gone: the caller went first.

        """
        release, departure = (asyncio.ensure_future(each) for each in (released.wait(), self._departure()))
        try:
            await asyncio.wait((release, departure), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if departure.done() and not released.is_set():
                raise Gone
        finally:
            for each in (release, departure):
                each.cancel()
            await asyncio.gather(release, departure, return_exceptions=True)

    async def _departure(self) -> None:
        """Return when the caller has gone; what it says meanwhile is kept for later."""
        try:
            while piece := await self._read():
                self._http.receive_data(piece)
        except Gone:
            return

    async def reset_in(self, reply: Reply | None) -> None:
        """Reset the connection, in the middle of an answer if there is one."""
        if reply is not None:
            told = self.told(reply)
            await self._write(told[: len(told) - len(reply.body) // 2])
        if wire := self._writer.get_extra_info("socket"):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise Gone

    def close(self) -> None:
        """Close the connection when all is sent."""
        self._writer.close()


def json_reply(told: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """Return an answer of JSON."""
    return Reply(status, "application/json", json.dumps(told).encode(), headers)
