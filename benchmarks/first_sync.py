"""A first sync, from the engine alone to the whole way over HTTP, beside COPY of the same bodies."""

from functools import partial
from time import process_time

import httpx

from app.accounts.tokens import verify_access
from app.http.compression import Encoding, encoder
from app.sync import registry
from app.sync.schemas import MAX_PAGE_BYTES, PullRequest
from app.sync.streaming import BYTES, ROWS, Source, lines
from benchmarks.ground import Ground
from benchmarks.paging import engine_pages, http_pages, http_stream, taken
from benchmarks.samples import Result, Way, Work, compare

_BODIES = """
SELECT body FROM feed
WHERE account_id = $1 AND NOT is_deleted ORDER BY collection, day, record_id
"""
_COUNT = "SELECT count(*) FROM feed WHERE account_id = $1 AND NOT is_deleted"


async def first_sync(ground: Ground) -> list[Result]:
    """Measure rows per second; the limit is COPY through the index a pull goes through."""
    # Many pages leave the planner no other way than the index; COPY of everything must go it too.
    await ground.direct.execute("SET enable_sort = off; SET enable_seqscan = off")
    await _pack(ground)
    rows = await ground.direct.fetchval(_COUNT, ground.account_id)
    engine = {f"engine, pages of {n}": partial(_by_engine, ground, rows, n) for n in (500, 2000, 5000)}
    async with await ground.demo_phone() as client:
        http: dict[str, Way] = {
            f"HTTP, pages of {n} and {size // 1_000_000} MB": partial(_by_http, ground, client, rows, n, size)
            for n, size in ((2000, 1_000_000), (5000, MAX_PAGE_BYTES))
        }
        for encoding in ("identity", "gzip", "zstd"):
            http[f"HTTP stream, {encoding}"] = partial(_by_http_stream, ground, client, rows, encoding)
        source = _source(ground, client)
        for chosen in (None, *Encoding):
            name = chosen or "plain"
            engine[f"engine, stream, {name}"] = partial(_by_stream, source, rows, chosen)
        ways: dict[str, Way] = {
            "COPY through the index": partial(by_copy, ground, rows, _BODIES, ground.account_id),
            "COPY from a packed table": partial(by_copy, ground, rows, "SELECT body FROM packed"),
            **engine,
            **http,
        }
        return await compare("first sync", "records", ways, ground.size.rounds)


async def _pack(ground: Ground) -> None:
    """Write the bodies next to one another, in order, and nothing else."""
    await ground.direct.execute("DROP TABLE IF EXISTS packed; CREATE TABLE packed (body bytea STORAGE MAIN)")
    await ground.direct.execute(f"INSERT INTO packed {_BODIES}", ground.account_id)
    await ground.direct.execute("VACUUM ANALYZE packed")


async def by_copy(ground: Ground, rows: int, query: str, *values: object) -> Work:
    """Take the answer of a query as COPY sends it, and count it."""
    taken, began = 0, process_time()

    async def take(data: bytes) -> None:
        nonlocal taken
        taken += len(data)

    await ground.direct.copy_from_query(query, *values, output=take, format="binary")
    return Work(rows, taken, cpu_seconds=process_time() - began)


async def _by_engine(ground: Ground, rows: int, page: int) -> Work:
    began = process_time()
    size = sum([len(each.as_json()) async for each in engine_pages(ground, ground.phone, page)])
    return Work(rows, size, cpu_seconds=process_time() - began)


async def _by_http(ground: Ground, client: httpx.AsyncClient, rows: int, page: int, size: int) -> Work:
    return await taken(ground.served, rows, http_pages(client, max_rows=page, max_bytes=size))


async def _by_http_stream(ground: Ground, client: httpx.AsyncClient, rows: int, encoding: str) -> Work:
    return await taken(ground.served, rows, http_stream(client, encoding))


def _source(ground: Ground, client: httpx.AsyncClient) -> Source:
    """Return what a stream of the signed-in phone reads from."""
    claims = verify_access(ground.keys, client.headers["Authorization"].removeprefix("Bearer "))
    asked = PullRequest(max_rows=ROWS, max_bytes=BYTES)
    return Source(ground.database, ground.keys, claims, ground.sealer, registry.schema_version(), asked)


async def _by_stream(source: Source, rows: int, encoding: Encoding | None) -> Work:
    """Read the first page before the answer begins, each other while the last is taken."""
    taken, began = 0, process_time()
    async for piece in lines(source, await source.read(None), encoder(encoding), "benchmark"):
        taken += len(piece)
    return Work(rows, taken, cpu_seconds=process_time() - began)
