"""Storms on a real server: writers that do not end, clients who hang up at any moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from time import perf_counter
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core.db import Database, most_of_either
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import Studio, new_studio
from tests.facts import Property
from tests.faults.ledger import still_busy
from tests.faults.phones import Phone
from tests.faults.serving import Cluster, Server
from tests.faults.test_answers import hang_up, raw_push
from tests.samples import widen

pytestmark = pytest.mark.slow

SMALL = 2
"""A pool with one connection for what is not urgent: if a single one got lost, nothing would go on."""

_WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'studio' AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def studios(cluster: Cluster, client: httpx.AsyncClient) -> AsyncIterator[list[Studio]]:
    """Make a studio more than have a place."""
    database, keys = Database(cluster.url), load_keys(Settings(data_dir=cluster.data_dir))
    yield [await new_studio(database, client, keys) for _ in range(most_of_either(10) + 1)]
    await database.close()


Watcher = asyncpg.Connection  # one name for its type


@asynccontextmanager
async def locked(cluster: Cluster, accounts: list[UUID]) -> AsyncIterator[Watcher]:
    """Hold the clocks of accounts, as somebody does who forgot a transaction; another connection watches."""
    holder, watcher = await asyncpg.connect(cluster.url), await asyncpg.connect(cluster.url)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM account_clock WHERE account_id = ANY ($1) FOR UPDATE", accounts)
            yield watcher
    finally:
        await holder.close()
        await watcher.close()


async def change(studio: Studio, headers: dict[str, str]) -> httpx.Response:
    """Write to a studio."""
    return await studio.client.put("/v1/preferences", json={"clients_activity_months": 6}, headers=headers)


async def test_with_every_connection_taken_the_rest_is_told_at_once_and_signing_in_goes_on(
    cluster: Cluster, client: httpx.AsyncClient, studios: list[Studio], record_property: Property
) -> None:
    """X-05 (P12): 503 at once with a time to come back; health answers, and the end of it ends it."""
    *blocked, other = studios
    desks = [await studio.administrator() for studio in studios]
    async with locked(cluster, [studio.account.account_id for studio in blocked]) as watcher:
        stuck = [asyncio.create_task(change(*each)) for each in zip(blocked, desks, strict=False)]
        while await watcher.fetchval(_WAITS) < len(blocked):
            assert not [each for each in stuck if each.done()]
        began = perf_counter()
        shed = await client.post("/v1/sync/pull", json={}, headers=desks[-1])
        record_property("worst: seconds until told that all connections are taken", perf_counter() - began)
        assert (shed.status_code, shed.json()["code"]) == (503, "overloaded")
        assert int(shed.headers["Retry-After"]) > 0
        for path in ("/health/live", "/health/ready"):
            began = perf_counter()
            assert (await client.get(path)).status_code == 200
            record_property("worst: seconds of a health check meanwhile", perf_counter() - began)
        assert (await other.login(device=None)).status_code == 200
    assert {answer.status_code for answer in await asyncio.gather(*stuck)} <= {200, 503}
    assert (await client.post("/v1/sync/pull", json={}, headers=desks[-1])).status_code == 200


async def test_a_row_that_stays_locked_is_nobody_else_s_trouble(
    cluster: Cluster, client: httpx.AsyncClient, studios: list[Studio]
) -> None:
    """X-25 (P12): who writes to the account is told to come back; all others, and its readers, go on."""
    hot, other, *_ = studios
    theirs, ours = await hot.administrator(), await other.administrator()
    async with locked(cluster, [hot.account.account_id]) as watcher:
        stuck = [asyncio.create_task(change(hot, theirs)) for _ in range(20)]
        while not await watcher.fetchval(_WAITS):
            assert not [each for each in stuck if each.done()]
        assert (await change(other, ours)).status_code == 200
        assert (await client.post("/v1/sync/pull", json={}, headers=theirs)).status_code == 200
        refused = await asyncio.gather(*stuck)
    assert {answer.status_code for answer in refused} <= {429, 503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert (await change(hot, theirs)).status_code == 200


@pytest.mark.parametrize("many", [200, pytest.param(5_000, marks=pytest.mark.proof)])
async def test_clients_who_hang_up_at_any_moment_leave_nothing_taken(
    cluster: Cluster, many: int, record_property: Property
) -> None:
    """X-07 (P4): no connection stays taken or in a transaction, and no half of a push is kept."""
    server, random = Server(cluster, pool_size=SMALL), Random(many)  # noqa: S311 - a repeatable run
    database, keys = Database(cluster.url), load_keys(Settings(data_dir=cluster.data_dir))
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            studio = await new_studio(database, client, keys)
            await widen(database, studio.account.account_id)
            phone = Phone(client, await studio.signed_in(device=studio.phone()), many)
            sent = _requests(phone)
            for _ in range(many // 50):
                await asyncio.gather(*(_cut(server, sent, random) for _ in range(50)))
            left = await still_busy(cluster)
            record_property("counted: clients who hung up", many)
            record_property("counted: connections they left taken", left)
            assert left == 0
            held = set(await phone.first_sync())
            family = {change["id"] for change in phone.log}
            assert held & family in (set(), family), "half a save was taken in"
            assert await phone.deliver(phone.log)
            assert family <= set(await phone.first_sync())
    finally:
        server.kill()
        await database.close()


def _requests(phone: Phone) -> list[bytes]:
    """Return a push of one save, and a pull, as they go over the wire."""
    phone.log += [{"n": n, **change} for n, change in enumerate(phone.family(), 1)]
    pull = (
        "POST /v1/sync/pull HTTP/1.1\r\nHost: studio.test\r\nContent-Type: application/json\r\n"
        f"Authorization: {phone.headers['Authorization']}\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    return [raw_push(phone, phone.log), pull.encode()]


async def _cut(server: Server, sent: list[bytes], random: Random) -> None:
    """Send a request or its beginning, and hang up at once, in a moment, or with the answer on its way."""
    request = random.choice(sent)
    whole = random.random() < 0.7
    part = request if whole else request[: random.randrange(1, len(request))]
    await hang_up(server, part, after_answer=whole and random.random() < 0.3)
