"""Nothing acknowledged is lost or done twice, whatever is killed in the middle of whichever push."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg
import pytest

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.ledger import settle, share_a_client
from tests.faults.phones import Phone
from tests.faults.serving import Cluster, Server

pytestmark = pytest.mark.slow

A_FEW = 4
MANY = {"server": 200, "database": 50}
_HASTY = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
_STREAMS = "SELECT device_id, last FROM device_streams WHERE device_id = ANY($1)"


@dataclass
class Victim:
    """What is killed, how it comes back, and what it left when it was dead."""

    name: str
    cluster: Cluster
    kill: Callable[[], None]
    start: Callable[[], Coroutine[Any, Any, None]]

    async def stored(self, phones: list[Phone]) -> list[int]:
        """Return the last number stored for each phone, read past the server."""
        connection = await asyncpg.connect(self.cluster.url)
        try:
            rows = await connection.fetch(_STREAMS, [phone.device_id for phone in phones])
        finally:
            await connection.close()
        last = {row["device_id"]: row["last"] for row in rows}
        return [last.get(phone.device_id, 0) for phone in phones]


class Storm:
    """Phones that push for as long as somebody kills."""

    def __init__(self, victim: Victim, phones: list[Phone]) -> None:
        self.victim, self.phones = victim, phones
        self.random = Random(7)  # noqa: S311 - a repeatable run, no secret
        self.answers: asyncio.Queue[None] = asyncio.Queue()
        self.up = asyncio.Event()
        self.up.set()
        self.is_over = False
        self.found_stored = 0
        self.lost = 0

    async def pass_over(self, kills: int) -> None:
        """Kill as often as is asked for; at the end every phone has an answer to all it sent."""
        async with asyncio.timeout(60 + 10 * kills), asyncio.TaskGroup() as tasks:
            for phone in self.phones:
                tasks.create_task(self._use(phone))
            for _ in range(kills):
                await self._strike()
            self.is_over = True

    async def _use(self, phone: Phone) -> None:
        while not self.is_over:
            changes = phone.write()
            while not await phone.deliver(changes):
                await self.up.wait()
            self.answers.put_nowait(None)
            if phone.random.random() < 0.1:
                await phone.deliver(changes)

    async def _strike(self) -> None:
        """Kill in the middle of some later push, and look at what is stored before anybody goes on."""
        for _ in range(self.random.randint(3, 12)):
            await self.answers.get()
        # Not to wait for anything, but to hit any moment of a push.
        await asyncio.sleep(self.random.uniform(0, 0.03))
        self.up.clear()
        self.victim.kill()
        await self.victim.start()
        for phone, last in zip(self.phones, await self.victim.stored(self.phones), strict=True):
            self.lost += max(0, len(phone.verdicts) - last)
            self.found_stored += last > len(phone.verdicts)
        self.up.set()


@pytest.fixture(params=["server", "database"])
def victim(request: pytest.FixtureRequest, cluster: Cluster, server: Server) -> Victim:
    """Choose what is killed."""

    async def restart_cluster() -> None:
        await cluster.start()
        await server.ready()

    if request.param == "server":
        return Victim("server", cluster, server.kill, server.start)
    return Victim("database", cluster, cluster.kill, restart_cluster)


@pytest.mark.parametrize("run", ["short", pytest.param("long", marks=pytest.mark.proof)])
async def test_what_was_acknowledged_is_there_once(
    run: str, victim: Victim, phones: list[Phone], studio: Studio, record_property: Property
) -> None:
    """X-01, X-02 (P1, P2, P4): killed in the middle of a push, it keeps what it acknowledged, once and whole.

    What was not acknowledged is there as a whole or not at all, and its repeat gets the verdict it had.
    """
    kills = MANY[victim.name] if run == "long" else A_FEW
    await share_a_client(phones[0])
    storm = Storm(victim, phones)
    await storm.pass_over(kills)
    found = await settle(victim.cluster, studio, phones)
    record_property(f"counted: kills of the {victim.name}", kills)
    record_property(f"counted: changes acknowledged around kills of the {victim.name}", found.compared)
    record_property(f"counted: of them lost or done twice with the {victim.name}", storm.lost + found.wrong)
    assert await victim.stored(phones) == [len(phone.log) for phone in phones]
    assert storm.lost == 0
    assert found.is_whole


@asynccontextmanager
async def hasty(cluster: Cluster) -> AsyncIterator[None]:
    """Have PostgreSQL acknowledge commits before they are on disk."""
    await tell(cluster, *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in _HASTY.items()))
    try:
        yield
    finally:
        await tell(cluster, *(f"ALTER SYSTEM RESET {name}" for name in _HASTY))


async def tell(cluster: Cluster, *settings: str) -> None:
    """Change settings of a running PostgreSQL."""
    owner = await asyncpg.connect(cluster.url)
    for each in (*settings, "SELECT pg_reload_conf()"):
        await owner.execute(each)
    await owner.close()


@pytest.mark.parametrize("victim", ["database"], indirect=True)
async def test_a_database_that_acknowledges_too_soon_is_found_out(
    victim: Victim, phones: list[Phone], record_property: Property
) -> None:
    """X-02: what it loses is counted, and the phones that were told otherwise do not go on."""
    storm = Storm(victim, phones)
    async with hasty(victim.cluster):
        with pytest.raises(ExceptionGroup) as stopped:
            await storm.pass_over(A_FEW)
    assert storm.lost > 0
    assert stopped.group_contains(AssertionError, match="stream_gap")
    record_property("counted: databases found out that acknowledged too soon", 1)
