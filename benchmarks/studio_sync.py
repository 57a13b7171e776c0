"""A first sync of the demo studio, from the engine alone to the whole way over HTTP, beside COPY."""

from functools import partial
from time import process_time
from uuid import UUID

from app.accounts.tokens import verify_access
from app.http.compression import Encoding, encoder
from app.sync import registry
from app.sync.exchange import Asking
from app.sync.schemas import MAX_PAGE_BYTES, PullRequest
from app.sync.streaming import BYTES, ROWS, Source, lines
from benchmarks.ground import Demo, Ground
from benchmarks.paging import by_copy, engine_pages, http_pages, http_stream, taken
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.standing import BODIES
from benchmarks.wire import Lines

_COUNT = "SELECT count(*) FROM feed WHERE account_id = $1 AND NOT is_deleted"


async def studio_sync(ground: Ground) -> list[Result]:
    """Measure rows per second; the limit is COPY through the index a pull goes through."""
    demo = await ground.demo()
    await _pack(ground, demo.account_id)
    rows = await ground.direct.fetchval(_COUNT, demo.account_id)
    engine = {
        f"engine, pages of {n:,}": partial(_by_engine, ground, demo, rows, n) for n in (500, 2000, 5000)
    }
    lines = await ground.demo_phone()
    http: dict[str, Way] = {
        f"HTTP, pages of {n:,} and {size // 1_000_000} MB": partial(_by_http, ground, lines, rows, n, size)
        for n, size in ((2000, 1_000_000), (5000, MAX_PAGE_BYTES))
    }
    for encoding in ("identity", "gzip", "zstd"):
        http[f"HTTP stream, {encoding}"] = partial(_by_http_stream, ground, lines, rows, encoding)
    source = _source(ground, lines)
    for chosen in (None, *Encoding):
        engine[f"engine, stream, {chosen or 'plain'}"] = partial(_by_stream, source, rows, chosen)
    ways: dict[str, Way] = {
        "COPY through the index": partial(by_copy, ground, rows, BODIES, demo.account_id),
        "COPY from a packed table": partial(by_copy, ground, rows, "SELECT body FROM packed"),
        **engine,
        **http,
    }
    return await compare("studio sync", "records", ways, ground.size.rounds)


async def _pack(ground: Ground, account_id: UUID) -> None:
    """Write the bodies next to one another, in order, and nothing else."""
    await ground.direct.execute("DROP TABLE IF EXISTS packed; CREATE TABLE packed (body bytea STORAGE MAIN)")
    await ground.direct.execute(f"INSERT INTO packed {BODIES}", account_id)
    await ground.direct.execute("VACUUM ANALYZE packed")


async def _by_engine(ground: Ground, demo: Demo, rows: int, page: int) -> Work:
    began = process_time()
    size = sum([len(each.as_json()) async for each in engine_pages(ground, demo.phone, page)])
    return Work(rows, size, cpu_seconds=process_time() - began)


async def _by_http(ground: Ground, lines: Lines, rows: int, page: int, size: int) -> Work:
    return await taken(ground.served, rows, http_pages(lines, max_rows=page, max_bytes=size))


async def _by_http_stream(ground: Ground, lines: Lines, rows: int, encoding: str) -> Work:
    return await taken(ground.served, rows, http_stream(lines, encoding))


def _source(ground: Ground, lines: Lines) -> Source:
    """Return what a stream of the signed-in phone reads from."""
    claims = verify_access(ground.keys, lines.token or "")
    asked = PullRequest(max_rows=ROWS, max_bytes=BYTES)
    minimum = registry.schema_version()
    return Source(Asking(ground.database, ground.keys, claims, ground.sealer, minimum), asked)


async def _by_stream(source: Source, rows: int, encoding: Encoding | None) -> Work:
    """Read the first page before the answer begins, each other while the last is taken."""
    taken, began = 0, process_time()
    async for piece in lines(source, await source.read(None), encoder(encoding), "benchmark"):
        taken += len(piece)
    return Work(rows, taken, cpu_seconds=process_time() - began)
