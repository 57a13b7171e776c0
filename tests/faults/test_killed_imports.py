"""A run of an import whose server is killed goes on where it was: nobody twice, nobody lost."""

import asyncio
from contextlib import suppress

import asyncpg
import httpx
import pytest

from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.imports.uploading import checked, fates, rows, run, sent
from tests.faults.serving import Cluster, Server
from tests.samples import named

pytestmark = pytest.mark.slow

MANY = 600
_HAS_COME = "SELECT state = 'running' AND done > $2 FROM imports WHERE import_id = $1"


async def _run_until(desk: Desk, cluster: Cluster, import_id: str, done: int) -> "asyncio.Task[None]":
    """Run, and return while it goes on, more than so many rows done."""

    async def ask() -> None:
        with suppress(httpx.TransportError):
            await desk.ask("POST", f"imports/{import_id}/run", {"duplicates": "skip"})

    running = asyncio.create_task(ask())
    connection = await asyncpg.connect(cluster.url)
    while not await connection.fetchval(_HAS_COME, import_id, done):
        assert not running.done()
    await connection.close()
    return running


async def test_a_run_whose_server_is_killed_goes_on_and_makes_nobody_twice(
    cluster: Cluster, server: Server, studio: Studio
) -> None:
    desk = await at_a_desk(studio)
    text = "first name,last name\n" + "".join(f"Ada {n},Ferris\n" for n in range(MANY))
    made = await sent(desk, text)
    assert (await checked(desk, made))["done"] == MANY
    done = 0
    for _ in range(2):
        running = await _run_until(desk, cluster, made["id"], done)
        server.kill()
        await running
        await server.start()
        now = (await desk.ask("GET", f"imports/{made['id']}")).json()
        done = now["done"]
        assert (now["state"], done < MANY) == ("running", True)
        assert now["counts"]["created"] == done == len(await desk.all(named("clients")))
    assert fates(await run(desk, made)) == {"created": MANY}
    clients = await desk.all(named("clients"))
    assert len(clients) == len({each["first_name"] for each in clients}) == MANY
    assert {each["record_id"] for each in await rows(desk, made)} == {each["id"] for each in clients}
