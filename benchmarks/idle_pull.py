"""A pull that has nothing to bring, which is most of them."""

from functools import partial

import httpx

from benchmarks.first_sync import cursor_of
from benchmarks.ground import Ground
from benchmarks.samples import Result, Work, compare
from benchmarks.serving import Served, a_bare_route


async def idle_pull(ground: Ground) -> list[Result]:
    """Measure one phone that asks again and again; the limit is a FastAPI route that does nothing."""
    with a_bare_route() as bare:
        async with httpx.AsyncClient(base_url=bare.url) as nobody, await ground.demo_phone() as client:
            asked = {"cursor": await _cursor_at_rest(client)}
            ways = {
                "bare FastAPI route": partial(_ask, ground, bare, nobody, "/pull", asked),
                "idle pull": partial(_ask, ground, ground.served, client, "/v1/sync/pull", asked),
                "SELECT 1": partial(_select, ground),
            }
            return await compare("idle pull", "requests", ways, ground.size.rounds)


async def _cursor_at_rest(client: httpx.AsyncClient) -> str:
    cursor, has_more = None, True
    while has_more:
        asked = {"cursor": cursor, "max_rows": 5000, "max_bytes": 8_000_000}
        text = (await client.post("/v1/sync/pull", json=asked)).raise_for_status().content
        cursor, has_more = cursor_of(text), b'"has_more":true' in text
    if cursor is None:
        raise ValueError("a page begins with its cursor")
    return cursor


async def _ask(
    ground: Ground, served: Served, client: httpx.AsyncClient, path: str, asked: dict[str, str]
) -> Work:
    served.forget_peak()
    began = served.cpu_seconds
    for _ in range(ground.size.requests):
        (await client.post(path, json=asked)).raise_for_status()
    cpu_seconds = served.cpu_seconds - began
    return Work(ground.size.requests, cpu_seconds=cpu_seconds, peak_megabytes=served.peak_megabytes)


async def _select(ground: Ground) -> Work:
    for _ in range(ground.size.requests):
        await ground.direct.fetchval("SELECT 1")
    return Work(ground.size.requests)
