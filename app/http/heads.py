"""How the head of a request is read, the line and headers before its body: of limited size, in limited time.

The server's own protocol has no bound to either, and puts a long header together piece by piece: one of some
hundred megabytes, from whoever may connect, held up everybody for minutes.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.errors import HeadTooLarge
from app.http.problems import MEDIA_TYPE, members

BYTES = 65_536
SECONDS = 10.0
"""Within which a head must have arrived, counted from the connection or from its first byte."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 by httptools; who sends too much of a head is told, who is too slow with it is left."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Expect a head."""
        super().__init__(*given, **named)
        self._is_in_head, self._has_asked = True, False
        self._received = 0
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Give who connects some time to ask."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect no more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes in, of a head no more than there may be and what came with them."""
        if self._is_in_head:
            self._received += len(data)
            self._expect()
        super().data_received(data)
        if self._is_in_head and self._received > BYTES and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        """Go on to the body, in a time that is not counted here."""
        self._is_in_head, self._has_asked = False, True
        self._forget_deadline()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the head of the next request, whenever that begins."""
        super().on_message_complete()
        self._is_in_head, self._received = True, 0

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(SECONDS, self._leave)

    def _leave(self) -> None:
        """Hang up, unless an answer is still on its way: behind it the server hangs up by itself."""
        self._deadline = None
        if not self._has_asked or self.cycle.response_complete:
            self.transport.close()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        status = HTTPStatus(HeadTooLarge.status)
        body = orjson.dumps(members(HeadTooLarge(max_bytes=BYTES), str(uuid4())))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
