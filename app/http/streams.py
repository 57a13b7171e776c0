"""Answers that go on for a while, and readers who take nothing in."""

import asyncio

from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

_STALLED = 30.0


class PatientResponse(StreamingResponse):
    """A stream that is given up when its reader takes nothing in for half a minute."""

    async def stream_response(self, send: Send) -> None:
        """Send what comes, with limited patience for each part."""

        async def patiently(message: Message) -> None:
            try:
                async with asyncio.timeout(_STALLED):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        await super().stream_response(patiently)


UNBUFFERED = {"X-Accel-Buffering": "no"}
"""Headers that tell a proxy not to hold parts of a stream back."""
