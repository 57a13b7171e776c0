"""Pulls to a consistent point, by the engine and over HTTP, and what their pages took."""

from collections.abc import AsyncIterator
from time import process_time
from typing import Any

import orjson

from app.core.principal import Principal
from app.core.revisions import read_clock
from app.sync.pull import Pulled, pull
from app.sync.schemas import MAX_PAGE_BYTES, PullRequest
from benchmarks.ground import Ground
from benchmarks.samples import Work
from benchmarks.serving import Served
from benchmarks.wire import Lines


async def engine_pages(ground: Ground, who: Principal, max_rows: int) -> AsyncIterator[Pulled]:
    """Yield the pages of a first sync as the engine makes them, each in a transaction of its own."""
    cursor, is_consistent = None, False
    while not is_consistent:
        asked = PullRequest(cursor=cursor, max_rows=max_rows, max_bytes=MAX_PAGE_BYTES)
        async with ground.database.reading(who.account_id) as session:
            pulled = await pull(session, who, await read_clock(session), ground.sealer, asked)
        cursor, is_consistent = pulled.cursor, pulled.is_consistent
        yield pulled


async def http_pages(lines: Lines, **asked: Any) -> AsyncIterator[bytes]:
    """Yield the pages of a first sync."""
    cursor, has_more = None, True
    while has_more:
        reply = await lines.post("/v1/sync/pull", orjson.dumps({**asked, "cursor": cursor}))
        if not reply.is_accepted:
            raise ConnectionError(reply)
        cursor, has_more = cursor_of(reply.body), b'"has_more":true' in reply.body
        yield reply.body


def http_stream(lines: Lines, encoding: str = "identity") -> AsyncIterator[bytes]:
    """Yield a first sync piece by piece, as the socket gives it."""
    return lines.stream(lines.request("GET", "/v1/sync/pull.ndjson", encoding=encoding))


async def taken(served: Served, rows: int, pieces: AsyncIterator[bytes]) -> Work:
    """Take all of so many rows, and say what that was for the server."""
    served.forget_peak()
    size, began = 0, served.cpu_seconds
    async for piece in pieces:
        size += len(piece)
    cpu_seconds = served.cpu_seconds - began
    return Work(rows, size, cpu_seconds=cpu_seconds, peak_megabytes=served.peak_megabytes)


async def by_copy(ground: Ground, rows: int, query: str, *values: object) -> Work:
    """Take the answer of a query as COPY sends it through the index a pull goes, and count it."""
    taken, began = 0, process_time()

    async def take(data: bytes) -> None:
        nonlocal taken
        taken += len(data)

    await ground.direct.execute("SET enable_sort = off; SET enable_seqscan = off")
    await ground.direct.copy_from_query(query, *values, output=take, format="binary")
    await ground.direct.execute("RESET enable_sort; RESET enable_seqscan")
    return Work(rows, taken, cpu_seconds=process_time() - began)


async def cursor_at_rest(lines: Lines) -> str:
    """Take all there is, and return where a phone then stands."""
    pages = [cursor_of(page) async for page in http_pages(lines, max_rows=5_000, max_bytes=MAX_PAGE_BYTES)]
    return pages[-1]


def cursor_of(text: bytes) -> str:
    """Return the cursor of a page without parsing the rest: that is the phone's time, not the server's."""
    before = b'{"cursor":"'
    if not text.startswith(before):
        raise ValueError("a page begins with its cursor")
    return text[len(before) : text.index(b'"', len(before))].decode()
