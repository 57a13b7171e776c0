"""A flood of requests that are refused leaves a server as it was."""

import psutil
import pytest

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.serving import Server

_MOST_MEGABYTES = 20


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
                await client.post("/v1/auth/refresh", json={"refresh_token": f"{number:043}"}),
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
