"""A flood of requests that are refused leaves a server as it was, and who asks meanwhile is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import psutil
import pytest

from benchmarks.wire import Lines
from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.phones import Phone
from tests.faults.serving import Server
from tests.faults.waits import p99

pytestmark = pytest.mark.slow

_MOST_MEGABYTES = 20
_PULLS = 300


@pytest.mark.parametrize("many", [50, pytest.param(5_000, marks=pytest.mark.proof)])
async def test_a_flood_that_is_refused_takes_no_memory(
    server: Server, studio: Studio, many: int, record_property: Property
) -> None:
    """Each request is another one: what a server kept of each would add up."""
    client, kind = studio.client, {"Content-Type": "application/json"}

    async def flood(first: int, last: int) -> None:
        for number in range(first, last):
            login = studio.words(account=f"nobody-{number}", password="not the one", device=None)
            answers = [
                await client.post("/v1/auth/login", json=login),
                await client.post("/v1/auth/refresh", json={"refresh_token": studio.made_up_token(number)}),
                await client.get(f"/v1/{number}", headers={"Authorization": f"Bearer e{number}.e.e"}),
                await client.post("/v1/auth/login", content=b'{"%d":' % number, headers=kind),
                await client.post("/v1/auth/login", content=b" " * 50_000 + b"%d" % number, headers=kind),
            ]
            assert all(400 <= answer.status_code < 500 for answer in answers)

    await flood(0, 50)
    taken = psutil.Process(server.pid).memory_info().rss
    await flood(50, 50 + many)
    grown = (psutil.Process(server.pid).memory_info().rss - taken) / 1_000_000
    record_property("counted: requests of a flood that was refused", 5 * many)
    record_property("worst: megabytes a flood took", round(grown, 1))
    assert grown <= _MOST_MEGABYTES


@asynccontextmanager
async def guessed(server: Server, studio: Studio, many: int) -> AsyncIterator[None]:
    """Have so many guess passwords at once, each of its own user, for as long as it lasts."""
    over, crowd = asyncio.Event(), Lines(server.url)

    async def guess(who: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            words = studio.words(initials=f"{who}-{number}", password="not the one", device=None)
            answer = await crowd.post("/v1/auth/login", orjson.dumps(words))
            assert answer.status == 401 or answer.is_shed, answer
            if answer.is_shed:
                # What asks on and on is on the same processors, and would be measured instead.
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), answer.retry_after)

    async with asyncio.TaskGroup() as tasks:
        for who in range(many):
            tasks.create_task(guess(who))
        yield
        over.set()
    crowd.close()


async def test_a_flood_of_sign_ins_refuses_no_pull(
    server: Server, studio: Studio, phones: list[Phone]
) -> None:
    async with guessed(server, studio, 40):
        await p99(phones[0], 40)


@pytest.mark.proof
@pytest.mark.measures
async def test_how_long_pulls_wait_beside_a_flood_of_sign_ins_is_told(
    server: Server, studio: Studio, phones: list[Phone], record_property: Property
) -> None:
    before = await p99(phones[0], _PULLS)
    async with guessed(server, studio, 200):
        during = await p99(phones[0], _PULLS)
    record_property("counted: pulls beside a flood of sign-ins", _PULLS)
    record_property("worst: milliseconds of p99 without a flood", 1000 * before)
    record_property("worst: times that p99 beside a flood of sign-ins", during / before)
