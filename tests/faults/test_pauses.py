"""A server that stands still in the middle of a push, while another one is asked the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import httpx
import pytest

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.ledger import settle
from tests.faults.phones import Phone
from tests.faults.serving import Cluster, Server

_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'studio' AND wait_event_type = 'Lock'
"""
_HOLDS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'studio' AND xact_start IS NOT NULL AND wait_event = 'ClientRead'
"""


@pytest.fixture
async def elsewhere(cluster: Cluster, phones: list[Phone]) -> AsyncIterator[Phone]:
    """Let the first phone speak to another server of the same installation."""
    other, phone = Server(cluster), phones[0]
    await other.start()
    async with httpx.AsyncClient(base_url=other.url, timeout=60) as client:
        yield Phone(client, phone.signed_in, 0, log=phone.log, verdicts=phone.verdicts)
    other.kill()


async def until(watcher: "asyncpg.Connection[asyncpg.Record]", statement: str, number: int) -> None:
    """Wait until a count is reached."""
    async with asyncio.timeout(60):
        while await watcher.fetchval(statement) != number:
            pass


@dataclass(frozen=True)
class House:
    """The server that is going to stand still, its database and a studio."""

    cluster: Cluster
    server: Server
    studio: Studio


@pytest.fixture
def house(cluster: Cluster, server: Server, studio: Studio) -> House:
    """Put together what there is."""
    return House(cluster, server, studio)


@asynccontextmanager
async def stopped_under_way(
    house: House, phone: Phone
) -> AsyncIterator[tuple["asyncio.Task[httpx.Response]", "asyncpg.Connection[asyncpg.Record]"]]:
    """Stop a server that has the account's turn and has written half of a push; let it go on afterwards."""
    holder, watcher = [await asyncpg.connect(house.cluster.url) for _ in range(2)]
    phone.log += [{"n": n, **change} for n, change in enumerate(phone.family(), len(phone.log) + 1)]
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE tasks IN EXCLUSIVE MODE")
            pushing = asyncio.create_task(phone.send(phone.log))
            await until(watcher, _WAITING, 1)
            house.server.pause()
        await until(watcher, _HOLDS, 1)
        yield pushing, watcher
    finally:
        house.server.go_on()
        await holder.close()
        await watcher.close()


@pytest.mark.parametrize("many", [1, pytest.param(40, marks=pytest.mark.proof)])
async def test_a_server_that_pauses_in_a_push_does_nothing_twice(
    house: House, phones: list[Phone], elsewhere: Phone, many: int, record_property: Property
) -> None:
    """X-26 (P2): the repeat at another server waits for its turn, and gets the verdicts of the first."""
    for _ in range(many):
        async with stopped_under_way(house, phones[0]) as (pushing, watcher):
            repeating = asyncio.create_task(elsewhere.send(elsewhere.log))
            await until(watcher, _WAITING, 1)
        first, again = await asyncio.gather(pushing, repeating)
        assert first.json()["results"] == again.json()["results"]
        phones[0].note(first)
    assert (await settle(house.cluster, house.studio, phones[:1])).is_whole
    record_property("counted: servers paused in a push", many)


@pytest.mark.proof
async def test_a_server_that_pauses_for_too_long_has_lost_its_turn(
    house: House, phones: list[Phone], elsewhere: Phone, record_property: Property
) -> None:
    """X-26 (P1, P2): its transaction is ended, another server takes the push in, and its own commit fails."""
    phones[0].client.timeout = httpx.Timeout(None)
    # Statements are prepared: PostgreSQL does not time who stands still in the middle of preparing one.
    for _ in range(5):
        first = len(phones[0].log)
        phones[0].log += [{"n": n, **change} for n, change in enumerate(phones[0].family(), first + 1)]
        assert await phones[0].deliver(phones[0].log[first:])
    async with stopped_under_way(house, phones[0]) as (pushing, _):
        assert not await elsewhere.deliver(elsewhere.log), "nobody else may write meanwhile"
        async with asyncio.timeout(150):
            while not await elsewhere.deliver(elsewhere.log):
                pass
    late = await pushing
    assert (late.status_code, late.json()["code"]) == (503, "unavailable")
    assert (await settle(house.cluster, house.studio, phones[:1])).is_whole
    record_property("counted: servers paused in a push", 1)
