"""One account asks for ten times its share, and another for little."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from benchmarks.wire import SHED, Lines
from tests.accounts.studios import Studio, new_studio
from tests.facts import Property
from tests.faults.phones import Phone
from tests.faults.serving import Cluster
from tests.faults.waits import p99

_PULLS = 300
_SHARE = 2
"""Requests under way at once of an account that asks for no more than others."""


@pytest.fixture
async def quiet(cluster: Cluster, studio: Studio) -> AsyncIterator[Phone]:
    """Return the phone of another studio on the same server."""
    database = Database(cluster.url)
    other = await new_studio(database, studio.client, load_keys(Settings(data_dir=cluster.data_dir)))
    yield Phone(studio.client, await other.signed_in(), 3)
    await database.close()


@asynccontextmanager
async def pulled(phone: Phone, at_once: int) -> AsyncIterator[None]:
    """Have first syncs of an account begin over and over, so many at once.

    They are sent as plain bytes: what a client costs is on the same processors, and would be measured too.
    """
    over = asyncio.Event()
    lines = Lines(str(phone.client.base_url), phone.signed_in["access_token"])

    async def ask() -> None:
        while not over.is_set():
            answer = await lines.post("/v1/sync/pull", b'{"max_rows":100}')
            assert answer.status in {200, *SHED}, answer
            # Who is sent away asks again as soon as a turn has passed: it is to be a burden.
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(ask())
        yield
        over.set()
    lines.close()


@pytest.mark.proof
@pytest.mark.measures
async def test_how_long_an_account_waits_beside_a_busy_one_is_told(
    phones: list[Phone], quiet: Phone, record_property: Property
) -> None:
    """No request of the quiet one is refused."""
    busy = phones[0]
    while len(busy.log) < 500:
        assert await busy.deliver(busy.write())
    async with pulled(busy, _SHARE):
        before = await p99(quiet, _PULLS)
    async with pulled(busy, 10 * _SHARE):
        during = await p99(quiet, _PULLS)
    record_property("counted: pulls beside a busy account", _PULLS)
    record_property("worst: times the p99 of pulls beside a busy account", during / before)
