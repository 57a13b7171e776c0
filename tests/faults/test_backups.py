"""X-15 (P2, P3): a backup is restored while phones are ahead: nothing unsent is lost, and all end alike."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import anyio
import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Database
from app.core.keys import load_keys
from app.core.migrations import migrate
from app.core.settings import Settings
from app.sync.store import Write
from tests.accounts.studios import Studio, new_studio
from tests.contract.records import by_server
from tests.faults.clients import Clients
from tests.faults.serving import Cluster, Server
from tests.samples import sample, widen
from tests.stories.copies import Phone

pytestmark = pytest.mark.slow

LIVE, BACKUP = "studio_live", "studio_backup"


@dataclass
class House:
    """A server on a database that is backed up, lost and restored, and the studio in it."""

    cluster: Cluster
    server: Server
    http: httpx.AsyncClient
    repository: Path
    studio: Studio = field(init=False)

    @property
    def url(self) -> str:
        return self.server.database_url

    async def open(self) -> None:
        """Make the studio, with room for four phones that hold everything."""
        database = Database(self.url)
        keys = load_keys(Settings(data_dir=self.cluster.data_dir))
        self.studio = await new_studio(database, self.http, keys)
        await self.studio.authorize(3)
        await widen(database, self.studio.account.account_id)
        await database.close()

    async def write(self, *writes: Write) -> None:
        """Write at the studio's desk."""
        database = Database(self.url)
        self.studio.database = database
        for each in writes:
            await by_server(self.studio, each)
        await database.close()

    async def back_up(self) -> None:
        """Copy the database, while nobody uses it."""
        self.server.kill()
        await self._copy(LIVE, BACKUP)
        await self.server.start()

    async def lose(self) -> None:
        """Lose the database, and restore the backup; nobody is served yet."""
        self.server.kill()
        await self._execute(f"DROP DATABASE {LIVE} WITH (FORCE)")
        await self._copy(BACKUP, LIVE)

    async def type(self, *words: str) -> str:
        """Type a command, as an operator."""
        settings = {"DATABASE_URL": self.url, "DATA_DIR": str(self.cluster.data_dir)}
        command = [sys.executable, "-m", "app", *words]
        return (await anyio.run_process(command, cwd=self.repository, env=settings)).stdout.decode()

    async def revision(self) -> int:
        connection = await asyncpg.connect(self.url)
        try:
            sql = "SELECT revision FROM account_clock WHERE account_id = $1"
            return int(await connection.fetchval(sql, self.studio.account.account_id))
        finally:
            await connection.close()

    async def _copy(self, source: str, copy: str) -> None:
        await self._execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{source}'",
            f"CREATE DATABASE {copy} TEMPLATE {source}",
        )

    async def _execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.cluster.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def house(cluster: Cluster, repository: Path) -> AsyncIterator[House]:
    """Serve from a database of the test's own."""
    connection = await asyncpg.connect(cluster.url)
    for name in (LIVE, BACKUP):
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {LIVE}")
    await connection.close()
    url = make_url(cluster.url).set(database=LIVE).render_as_string(hide_password=False)
    await asyncio.to_thread(migrate, url)
    server = Server(cluster, url)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        made = House(cluster, server, http, repository)
        await made.open()
        yield made
    server.kill()


@pytest.fixture
async def clients(house: House, tmp_path: Path) -> AsyncIterator[Clients]:
    """Make phones."""
    clients = Clients(house.server.url, house.studio.account.account_name, tmp_path)
    yield clients
    clients.close()


async def test_phones_that_are_ahead_of_a_restored_backup_go_on(house: House, clients: Clients) -> None:
    ann, ben = str(uuid4()), str(uuid4())
    names = {"Ann": ann, "Ben": ben}
    await house.write(
        *(Write("clients", UUID(each), sample("clients", last_name=name)) for name, each in names.items())
    )
    one, other = await clients.new(), await clients.new()
    raw = Phone(house.studio)
    await raw.sign_in()
    one.create("tasks", {"subject": "Before the backup"})
    await clients.sync(one, other)
    await raw.pull()
    await house.back_up()
    restored_from = await house.revision()

    one.patch("clients", ann, {"last_name": "Lost"})
    await clients.sync(one)
    lost = one.create("clients", {"last_name": "Lost as well"})
    await clients.sync(one, other)
    await raw.pull()
    assert (raw.records["clients", ann]["last_name"], ("clients", lost) in raw.records) == ("Lost", True)
    given = await house.revision()
    one.patch("clients", ben, {"last_name": "Typed before it was lost"})
    other.create("tasks", {"subject": "Typed before it was lost"})

    await house.lose()
    assert "Accounts restored: 1." in await house.type("feed", "restored")
    assert await house.revision() > given, "no revision is given a second time"
    await house.server.start()

    refused = (await raw.page()).json()
    assert (refused["code"], refused["reason"], refused["mode"], refused["restored_from"]) == (
        "resync_required", "server_restored", "reconcile", restored_from,
    )  # fmt: skip
    await raw.reconcile()
    assert raw.repaired == 2, "one client as it was, and one that nobody knows any more"
    for _ in range(2):
        await clients.sync(one, other)
    fresh = await clients.new()
    assert clients.holds(one) == clients.holds(other) == clients.holds(fresh)
    assert (one.status().unpushed, other.status().unpushed, one.refusals(), other.refusals()) == (
        0,
        0,
        [],
        [],
    )
    seen = clients.holds(fresh)
    assert {seen["clients", each]["last_name"] for each in (ann, ben)} == {"Ann", "Typed before it was lost"}
    assert ("clients", lost) not in seen, "what had been acknowledged since the backup is lost"
    subjects = {each["subject"] for (name, _), each in seen.items() if name == "tasks"}
    assert subjects == {"Before the backup", "Typed before it was lost"}
    await raw.pull()
    assert {key: each for key, each in raw.records.items() if key in seen} == seen
    [made] = await raw.push(
        {"op": "create", "collection": "tasks", "id": str(uuid4()), "fields": {"subject": "On"}}
    )
    assert made["verdict"] == "applied"

    given = await house.revision()
    await house.lose()
    await house.type("feed", "restored", house.studio.account.account_name)
    assert await house.revision() > given, "not even from the same backup"
    await house.server.start()
    one.create("tasks", {"subject": "After the second"})
    for _ in range(2):
        await clients.sync(one, other)
    assert clients.holds(one) == clients.holds(other)
    assert "After the second" in {each["subject"] for each in one.all("tasks")}


async def test_a_restore_nobody_told_of_is_noticed(house: House, clients: Clients) -> None:
    one, other = await clients.new(), await clients.new()
    raw = Phone(house.studio)
    await raw.sign_in()
    await house.back_up()
    await raw.pull()
    one.create("clients", {"last_name": "Lost"})
    await clients.sync(one, other)
    given = await house.revision()
    await house.lose()
    await house.server.start()

    other.create("tasks", {"subject": "Typed on"})
    await clients.sync(one)
    assert await house.revision() > given
    refused = (await raw.page()).json()
    assert (refused["reason"], refused["mode"]) == ("server_restored", "replace")
    for _ in range(2):
        await clients.sync(one, other)
    assert clients.holds(one) == clients.holds(other)
    assert [each["last_name"] for each in one.all("clients")] == []
    assert [each["subject"] for each in one.all("tasks")] == ["Typed on"]
