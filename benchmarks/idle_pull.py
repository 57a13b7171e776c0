"""A pull that has nothing to bring, which is most of them."""

from functools import partial

import httpx

from benchmarks.ground import Ground
from benchmarks.paging import cursor_at_rest
from benchmarks.samples import Result, Work, compare
from benchmarks.serving import Served, a_bare_route


async def idle_pull(ground: Ground) -> list[Result]:
    """Measure one phone that asks again and again; the limit is a FastAPI route that does nothing."""
    with a_bare_route() as bare:
        async with httpx.AsyncClient(base_url=bare.url) as nobody, await ground.demo_phone() as client:
            asked = {"cursor": await cursor_at_rest(client)}
            ways = {
                "bare FastAPI route": partial(_ask, ground, bare, nobody, "/pull", asked),
                "idle pull": partial(_ask, ground, ground.served, client, "/v1/sync/pull", asked),
                "SELECT 1": partial(_select, ground),
            }
            return await compare("idle pull", "requests", ways, ground.size.rounds)


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
