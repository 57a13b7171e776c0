"""Connections to the database that end under way, and a database that restarts while phones pull."""

import asyncio
from time import perf_counter

import asyncpg
import pytest

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.ledger import settle, share_a_client, still_busy
from tests.faults.phones import Json, Phone
from tests.faults.serving import Cluster, Server

_END_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'studio' ORDER BY state = 'idle', random() LIMIT 1
"""
PASSING = (429, 503)


@pytest.mark.parametrize("many", [15, pytest.param(1_200, marks=pytest.mark.proof)])
async def test_connections_that_end_under_way_cost_a_retry(
    cluster: Cluster, studio: Studio, phones: list[Phone], many: int, record_property: Property
) -> None:
    """X-04 (P1, P2): no 500, nothing left in a transaction, nothing lost or done twice."""
    await share_a_client(phones[0])
    over, answers = asyncio.Event(), asyncio.Queue[None]()
    owner, ended = await asyncpg.connect(cluster.url), 0
    async with asyncio.TaskGroup() as tasks:
        for phone in phones:
            tasks.create_task(phone.use(over, answers))
        while ended < many:
            await answers.get()
            ended += bool(await owner.fetchval(_END_ONE))
        over.set()
    await owner.close()
    assert await still_busy(cluster) == 0
    found = await settle(cluster, studio, phones)
    record_property("counted: connections ended under way", ended)
    record_property("counted: changes acknowledged while connections ended", found.compared)
    record_property("counted: of them lost or done twice by ended connections", found.wrong)
    assert found.is_whole


@pytest.mark.parametrize("many", [1, pytest.param(20, marks=pytest.mark.proof)])
async def test_a_pull_goes_on_where_it_was_when_the_database_restarts(
    cluster: Cluster, server: Server, phones: list[Phone], many: int, record_property: Property
) -> None:
    """X-03 (P3): a page comes whole or not at all, its cursor does not move, the server heals by itself."""
    phone, pid = phones[0], server.pid
    while len(phone.log) < 60:
        assert await phone.deliver(phone.write())
    whole = await phone.first_sync()
    for _ in range(many):
        pulling = asyncio.create_task(pull_all(phone))
        await asyncio.to_thread(cluster.stop)
        await cluster.start()
        began = perf_counter()
        while not (await phone.client.get("/health/ready")).is_success:
            pass
        record_property("worst: seconds until a restarted database was used again", perf_counter() - began)
        async with asyncio.timeout(60):
            assert await pulling == whole
    assert server.pid == pid
    record_property("counted: restarts of the database", many)


async def pull_all(phone: Phone) -> dict[str, Json]:
    """Pull page after page from nothing, each until it is answered, and return the records."""
    records: dict[str, Json] = {}
    cursor, has_more = None, True
    while has_more:
        asked = {"cursor": cursor, "max_rows": 3}
        answer = await phone.client.post("/v1/sync/pull", json=asked, headers=phone.headers)
        if answer.status_code in PASSING:
            assert int(answer.headers["Retry-After"]) > 0
            continue
        page = answer.raise_for_status().json()
        page["changes"].pop("inbox", None)
        for changes in page["changes"].values():
            new = {record["id"]: record for record in changes["put"]}
            assert not new.keys() & records.keys(), "a page came twice"
            records |= new
        cursor, has_more = page["cursor"], page["has_more"]
    return records
