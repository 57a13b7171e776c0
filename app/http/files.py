"""How a file is sent: as the body of a request, counted while it streams, and few at a time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import Request

from app.core.errors import AccountBusy, Overloaded
from app.http.errors import BodyTimeout, TooLarge, UnsupportedMediaType, retry_after


@dataclass(frozen=True, slots=True)
class Intake:
    """Lets one file of an account in at a time, and so many altogether in this process."""

    most_at_once: int
    _under_way: set[UUID] = field(default_factory=set)

    @contextmanager
    def let_in(self, account_id: UUID) -> Iterator[None]:
        """Let a file in until this ends; raises `AccountBusy` or `Overloaded`."""
        if account_id in self._under_way:
            raise AccountBusy(headers=retry_after())
        if len(self._under_way) >= self.most_at_once:
            raise Overloaded
        self._under_way.add(account_id)
        try:
            yield
        finally:
            self._under_way.discard(account_id)


async def received(request: Request, most: int, seconds: float) -> bytes:
    """Return a body of so many bytes at most, which must arrive within so many seconds.

    Raises `TooLarge`, `BodyTimeout`, and `UnsupportedMediaType` if it is packed.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(most)) or int(declared) > most):
        raise TooLarge(max_bytes=most)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise TooLarge(max_bytes=most)
    except TimeoutError:
        raise BodyTimeout from None
    return bytes(body)
