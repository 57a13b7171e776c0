"""Answers that go on for a while, and readers who take nothing in."""

import asyncio
from collections.abc import AsyncGenerator

from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

STALLED = 30.0
"""Seconds for which a reader may take nothing in."""


class PatientResponse(StreamingResponse):
    """A stream that is given up when its reader takes nothing in for half a minute."""

    async def stream_response(self, send: Send) -> None:
        """Send what comes, with limited patience for each part."""

        async def patiently(message: Message) -> None:
            try:
                async with asyncio.timeout(STALLED):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        try:
            await super().stream_response(patiently)
        finally:
            # Otherwise what it is about to read would be read for nobody, and kept until it is collected.
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


GOING_ON = "going_on"
"""Where in the state of a request an answer leaves what goes on with it, once all behind the porch has ended.

It is called with that state, `receive` and `send`. What an open stream keeps is there for each of thousands:
the frames, stacks and values that lead to an answer would be most of that.
"""

UNBUFFERED = {"X-Accel-Buffering": "no"}
"""Headers that tell a proxy not to hold parts of a stream back."""
