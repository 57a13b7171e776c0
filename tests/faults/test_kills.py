"""Nothing acknowledged is lost or done twice, whatever is killed in the middle of whichever push.

FAULT_KILLS=200 makes a long run of it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg
import pytest

from app.core.db import Database
from app.core.principal import Principal
from app.sync.upkeep import verify
from app.sync.validation import canonical
from tests.accounts.studios import Studio
from tests.faults.phones import SHARED, Json, Phone
from tests.faults.serving import Cluster, Server
from tests.samples import named, sample

KILLS = int(os.environ.get("FAULT_KILLS", "6"))
_STREAMS = "SELECT device_id, last FROM device_streams WHERE device_id = ANY($1)"


@dataclass
class Victim:
    """What is killed, how it comes back, and what it left when it was dead."""

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

    async def pass_over(self) -> None:
        """Kill as often as is asked for; at the end every phone has an answer to all it sent."""
        async with asyncio.timeout(60 + 10 * KILLS), asyncio.TaskGroup() as tasks:
            for phone in self.phones:
                tasks.create_task(self._use(phone))
            for _ in range(KILLS):
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
            assert last >= len(phone.verdicts), "an acknowledged push is lost"
            self.found_stored += last > len(phone.verdicts)
        self.up.set()


@pytest.fixture(params=["server", "PostgreSQL"])
def victim(request: pytest.FixtureRequest, cluster: Cluster, server: Server) -> Victim:
    """Choose what is killed."""

    async def restart_cluster() -> None:
        await cluster.start()
        await server.ready()

    if request.param == "server":
        return Victim(cluster, server.kill, server.start)
    return Victim(cluster, cluster.kill, restart_cluster)


async def test_what_was_acknowledged_is_there_once(
    request: pytest.FixtureRequest,
    victim: Victim,
    phones: list[Phone],
    studio: Studio,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await share_a_client(phones[0])
    storm = Storm(victim, phones)
    await storm.pass_over()

    for phone in phones:
        await repeat_everything(phone)
    assert await victim.stored(phones) == [len(phone.log) for phone in phones]

    records = await phones[0].first_sync()
    expected = union_of(phones)
    lost = [record_id for record_id in expected if record_id not in records]
    stale = [each for each in expected if each not in lost and not is_newest(expected[each], records[each])]
    halves = [group for phone in phones for group in half_groups(phone, records)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{request.node.callspec.params['victim']}: {sum(phone.pushes for phone in phones)} pushes,"
            f" {sum(len(phone.verdicts) for phone in phones)} changes acknowledged,"
            f" {sum(len(phone.applied) for phone in phones)} of them applied, {KILLS} kills,"
            f" {sum(phone.unanswered for phone in phones)} pushes without an answer,"
            f" {storm.found_stored} of them found stored;"
            f" lost {len(lost)}, doubled or stale {len(stale)}, half groups {len(halves)}\n"
        )
    assert (lost, stale, halves) == ([], [], [])
    own = {record_id for record_id, record in records.items() if record["created_by"] is not None}
    assert own == set(expected)

    database = Database(victim.cluster.url)
    assert not await verify(database, Principal.system(studio.account.account_id))
    await database.close()


async def share_a_client(phone: Phone) -> None:
    """Make the client both phones are going to change."""
    fields = sample("clients", last_name="Shared")
    phone.log.append({"n": 1, "collection": "clients", "id": SHARED, "op": "create", "fields": fields})
    assert await phone.deliver(phone.log)


async def repeat_everything(phone: Phone) -> None:
    """Send every number once more; the phone itself refuses another verdict than it has."""
    for first in range(0, len(phone.log), 500):
        assert await phone.deliver(phone.log[first : first + 500])


def union_of(phones: list[Phone]) -> dict[str, Json]:
    """Return, of each record, the fields of what was applied in order, and the last revision."""
    applied = [pair for phone in phones for pair in phone.applied]
    records: dict[str, Json] = {}
    for change, verdict in sorted(applied, key=lambda pair: (pair[1]["revision"], pair[0]["n"])):
        is_new = change["op"] == "create"
        sent = canonical(named(change["collection"]), change["fields"]) if is_new else change["fields"]
        before = records.get(change["id"], {})
        records[change["id"]] = {**before, **sent, "revision": verdict["revision"]}
    return records


def is_newest(expected: Json, record: Json) -> bool:
    """Say whether a record is as last acknowledged; a change done twice would have moved its revision.

    What was left open may have been filled in.
    """
    return all(value in (None, record[name]) for name, value in expected.items())


def half_groups(phone: Phone, records: dict[str, Json]) -> list[str]:
    """Return the groups of which only a part is there."""
    there: dict[str, set[bool]] = {}
    for change in phone.log:
        if "group" in change:
            there.setdefault(change["group"], set()).add(change["id"] in records)
    return [group for group, each in there.items() if len(each) > 1]
