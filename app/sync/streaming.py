"""A pull as one stream of lines: while one page is sent, the next is read.

Nothing of the database is held while a slow reader is waited for, and no more than two pages are in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

from app.accounts.devices import note_sync
from app.accounts.errors import TokenExpired
from app.accounts.standing import Standing
from app.core import clock
from app.http.compression import Encoder
from app.http.errors import InternalError
from app.http.failures import translate
from app.http.problems import members
from app.sync import positions
from app.sync.exchange import Asking
from app.sync.page import line
from app.sync.positions import Came
from app.sync.pull import Pulled
from app.sync.schemas import PullRequest

ROWS, BYTES = 10_000, 8_000_000
"""What a page of a stream has at most: it costs a few statements, and a cut costs a page."""


@dataclass(frozen=True, slots=True)
class Source:
    """Reads page after page for one caller, who is judged anew for each as for a request."""

    asking: Asking
    asked: PullRequest

    async def read(self, cursor: str | None) -> tuple[Pulled, Standing]:
        """Return the page behind a cursor; raises as a pull."""
        expires_at = self.asking.claims.expires_at
        if expires_at is not None and expires_at <= clock.now():
            raise TokenExpired
        return await self.asking.read(self.asked.model_copy(update={"cursor": cursor}))


async def lines(
    source: Source, first: tuple[Pulled, Standing], encoder: Encoder, request_id: str
) -> AsyncIterator[bytes]:
    """Yield the pages from the first to a consistent point; what is refused on the way is the last line.

    Whatever was sent up to a page's own line is readable once that has come, compressed or not.
    """
    pulled, work = first
    ahead = _begun(source, pulled)
    try:
        came = Came(source.asked.cursor, work.clock.revision, source.asked.collections)
        await positions.note(source.asking.database, work.who, source.asking.sealer, came)
        while True:
            for piece in pulled.page.lines(pulled.head):
                if ready := encoder.add(piece):
                    yield ready
                # The driver takes in what has come of the next page.
                await asyncio.sleep(0)
            if ahead is None:
                break
            yield encoder.flush()
            pulled, work = await ahead
            ahead = _begun(source, pulled)
        await note_sync(source.asking.database, work, source.asked.queue)
    except Exception as error:
        refusal = translate(error)
        if isinstance(refusal, InternalError):
            raise
        yield encoder.add(line({"refused": members(refusal, request_id)}))
    finally:
        if ahead is not None:
            ahead.cancel()
            # What it failed with is taken in too: the loop complains of a failure nobody has looked at.
            await asyncio.gather(ahead, return_exceptions=True)
    yield encoder.finish()


def _begun(source: Source, pulled: Pulled) -> asyncio.Task[tuple[Pulled, Standing]] | None:
    """Begin to read the page behind another, if there is one."""
    if pulled.is_consistent:
        return None
    coming: Coroutine[Any, Any, tuple[Pulled, Standing]] = source.read(pulled.cursor)
    return asyncio.create_task(coming)
