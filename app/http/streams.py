"""Answers that go on for a while, and readers who take nothing in."""

import asyncio
from collections.abc import AsyncGenerator

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

        try:
            await super().stream_response(patiently)
        finally:
            # Otherwise what it is about to read would be read for nobody, and kept until it is collected.
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


UNBUFFERED = {"X-Accel-Buffering": "no"}
"""Headers that tell a proxy not to hold parts of a stream back."""
