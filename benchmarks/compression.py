"""How small pages of records become and at what cost: what was chosen beside what was not."""

import zlib
from collections.abc import Callable
from functools import partial
from time import process_time

from app.http.compression import Encoding, compressed
from benchmarks.ground import Ground
from benchmarks.paging import engine_pages
from benchmarks.samples import Result, Way, Work, compare

Compressor = Callable[[bytes], bytes]
_ROWS = 5_000


async def compression(ground: Ground) -> list[Result]:
    """Compress the pages of a first sync; all ways are held to the one that is chosen for who takes both."""
    phone = (await ground.demo()).phone
    pulled = [each async for each in engine_pages(ground, phone, _ROWS)]
    pages = [each.as_json() for each in pulled]
    rows = sum(len(puts) for each in pulled for puts in each.page.puts.values())
    chosen: dict[str, Compressor] = {
        f"{each}, as sent": partial(compressed, encoding=each) for each in Encoding
    }
    others: dict[str, Compressor] = {
        f"zlib {level}": partial(zlib.compress, level=level) for level in (1, 6, 9)
    }
    ways: dict[str, Way] = {name: partial(_by, each, pages, rows) for name, each in (chosen | others).items()}
    return await compare("compression", "records", ways, ground.size.rounds)


async def _by(compressor: Compressor, pages: list[bytes], rows: int) -> Work:
    began = process_time()
    size = sum(len(compressor(page)) for page in pages)
    return Work(rows, size, cpu_seconds=process_time() - began)
