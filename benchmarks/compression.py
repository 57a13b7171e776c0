"""How small pages of records become and at what cost: what was chosen beside what was not."""

import zlib
from collections.abc import Callable
from functools import partial
from time import process_time

from app.core.revisions import read_clock
from app.http.compression import Encoding, compressed
from app.sync.pull import pull
from app.sync.schemas import MAX_PAGE_BYTES, PullRequest
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare

Compressor = Callable[[bytes], bytes]
_ROWS = 5_000


async def compression(ground: Ground) -> list[Result]:
    """Compress the pages of a first sync; all ways are held to the one that is chosen for who takes both."""
    pages, rows = await _pages(ground)
    chosen: dict[str, Compressor] = {
        f"{each}, as sent": partial(compressed, encoding=each) for each in Encoding
    }
    others: dict[str, Compressor] = {
        f"zlib {level}": partial(zlib.compress, level=level) for level in (1, 6, 9)
    }
    ways: dict[str, Way] = {name: partial(_by, each, pages, rows) for name, each in (chosen | others).items()}
    return await compare("compression", "records", ways, ground.size.rounds)


async def _pages(ground: Ground) -> tuple[list[bytes], int]:
    pages, rows, cursor, is_consistent, who = [], 0, None, False, ground.phone
    while not is_consistent:
        asked = PullRequest(cursor=cursor, max_rows=_ROWS, max_bytes=MAX_PAGE_BYTES)
        async with ground.database.reading(who.account_id) as session:
            pulled = await pull(session, who, await read_clock(session), ground.sealer, asked)
        cursor, is_consistent = pulled.cursor, pulled.is_consistent
        rows += sum(map(len, pulled.page.puts.values()))
        pages.append(pulled.as_json())
    return pages, rows


async def _by(compressor: Compressor, pages: list[bytes], rows: int) -> Work:
    began = process_time()
    size = sum(len(compressor(page)) for page in pages)
    return Work(rows, size, cpu_seconds=process_time() - began)
