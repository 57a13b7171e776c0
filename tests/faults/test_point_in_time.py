"""X-15 (P2, P3): backups as docs tell to make them: restored to a moment by the log, and from a dump."""

import asyncio
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.audit.chain import check
from app.core.db import Database
from app.core.embedded import _binaries
from app.core.keys import load_keys
from app.core.migrations import migrate
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.system_user import Owner
from app.sync import restores, upkeep
from app.sync.store import Write
from tests.accounts.studios import Studio, new_studio
from tests.contract.records import by_server
from tests.faults.clients import Clients
from tests.faults.serving import Cluster, Server
from tests.samples import sample, widen

pytestmark = pytest.mark.slow


@dataclass
class Backups:
    """A cluster whose log is kept in a folder, and an operator with PostgreSQL's own tools."""

    folder: Path
    cluster: Cluster
    repository: Path

    @property
    def log(self) -> Path:
        return self.folder / "wal"

    async def keep_the_log(self) -> None:
        """Have each finished piece of the log copied away."""
        self._owned(self.log)
        keep = f"test ! -f {self.log}/%f && cp %p {self.log}/%f"
        # The machine is not going to fail here: it is people who do.
        chosen = {"archive_mode": "on", "archive_command": keep, "fsync": "off"}
        await self.execute(*(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in chosen.items()))
        self.cluster.stop()
        await self.cluster.start()

    async def back_up(self) -> None:
        """Copy the cluster while it is used."""
        base = self._owned(self.folder / "base")
        await self.run(
            "pg_basebackup", f"--pgdata={base}", "--checkpoint=fast", f"--dbname={self.cluster.url}"
        )

    async def restore(self, moment: str) -> None:
        """Put the copy in the place of the cluster, and have the log done again up to a moment."""
        self.cluster.stop()
        lost = self.cluster.data_dir / "postgres"
        lost.rename(self.folder / "lost")
        shutil.move(self.folder / "base", lost)
        with (lost / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self.log}/%f %p'\n")
            settings.write(f"recovery_target_time = '{moment}'\n")
            settings.write("recovery_target_action = 'promote'\n")
        (lost / "recovery.signal").touch()
        await self.cluster.start()

    async def run(self, program: str, *words: str) -> str:
        """Run a tool as the cluster's owner."""
        return await self._run([str(_binaries() / program), *words], **self._owner.identity)

    async def type(self, *words: str, url: str | None = None) -> str:
        """Type a command of ours."""
        settings = {"DATABASE_URL": url or self.cluster.url, "DATA_DIR": str(self.cluster.data_dir)}
        command = [sys.executable, "-m", "app", *words]
        return await self._run(command, cwd=self.repository, env=settings)

    async def execute(self, *statements: str) -> str:
        """Run statements, and return what the last one returns."""
        connection = await asyncpg.connect(self.cluster.url)
        try:
            for statement in statements:
                found = await connection.fetchval(statement)
        finally:
            await connection.close()
        return str(found)

    @property
    def _owner(self) -> Owner:
        """Return whom the cluster belongs to: root's is somebody else's."""
        found = (self.cluster.data_dir / "postgres").stat()
        return Owner(found.st_uid, found.st_gid)

    def _owned(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700)
        self._owner.give(folder)
        return folder

    async def _run(self, command: list[str], **chosen: Any) -> str:
        def ran() -> "subprocess.CompletedProcess[str]":
            return subprocess.run(command, capture_output=True, text=True, check=False, **chosen)

        done = await asyncio.to_thread(ran)
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
async def backups(repository: Path) -> AsyncIterator[Backups]:
    """Make a cluster of the test's own that is backed up."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        cluster = Cluster(folder / "data")
        backups = Backups(folder, cluster, repository)
        await backups.keep_the_log()
        await asyncio.to_thread(migrate, cluster.url)
        yield backups
        cluster.close()


@pytest.fixture(scope="module")
async def server(backups: Backups) -> AsyncIterator[Server]:
    """Serve from it."""
    made = Server(backups.cluster)
    await made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
async def studio(backups: Backups, server: Server) -> AsyncIterator[Studio]:
    """Make a studio with room for four phones that hold everything."""
    database = Database(backups.cluster.url)
    keys = load_keys(Settings(data_dir=backups.cluster.data_dir))
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        studio = await new_studio(database, http, keys)
        await studio.authorize(3)
        await widen(database, studio.account.account_id)
        yield studio
    await database.close()


@pytest.fixture
async def clients(server: Server, studio: Studio, tmp_path: Path) -> AsyncIterator[Clients]:
    """Make phones."""
    clients = Clients(server.url, studio.account.account_name, tmp_path)
    yield clients
    clients.close()


async def test_a_studio_goes_back_to_a_moment_and_phones_that_are_ahead_go_on(
    backups: Backups, server: Server, studio: Studio, clients: Clients
) -> None:
    ann, ben = str(uuid4()), str(uuid4())
    for each, name in ((ann, "Ann"), (ben, "Ben")):
        await by_server(studio, Write("clients", UUID(each), sample("clients", last_name=name)))
    one, two, three = [await clients.new() for _ in range(3)]

    await backups.back_up()
    kept = one.create("clients", {"last_name": "Since the copy"})
    one.patch("clients", ann, {"last_name": "Anna"})
    await clients.sync(one, two, three)
    moment = await backups.execute("SELECT clock_timestamp()")

    # What is to be undone: somebody deletes a client, and everybody has heard of it and gone on.
    three.delete("clients", ben)
    two.patch("clients", ann, {"last_name": "Annabel"})
    await clients.sync(three, two)
    lost = two.create("tasks", {"subject": "Acknowledged, and undone with the rest"})
    await clients.sync(two, one, three)
    assert ("clients", ben) not in clients.holds(one)
    unsent = one.create("tasks", {"subject": "Not sent yet"})
    one.patch("clients", kept, {"first_name": "Kim"})

    await studio.database.close()
    server.kill()
    await backups.restore(moment)
    assert "Accounts restored: 1." in await backups.type("feed", "restored")
    await server.start()

    for _ in range(2):
        await clients.sync(one, two, three)
    fresh = await clients.new()
    seen = clients.holds(fresh)
    assert clients.holds(one) == clients.holds(two) == clients.holds(three) == seen
    assert seen["clients", ann]["last_name"] == "Anna", "what was done up to the moment is there"
    assert seen["clients", ben]["last_name"] == "Ben", "what was done behind it is not"
    assert ("tasks", lost) not in seen
    assert seen["tasks", unsent]["subject"] == "Not sent yet", "and what no server had heard of is not lost"
    assert (seen["clients", kept]["last_name"], seen["clients", kept]["first_name"]) == (
        "Since the copy",
        "Kim",
    )
    assert [(each.status().unpushed, each.refusals()) for each in (one, two, three)] == [(0, [])] * 3
    assert (await check(studio.database, studio.account.account_id)).broken is None


async def test_a_dump_is_restored_into_another_database(backups: Backups, studio: Studio) -> None:
    who = Principal.system(studio.account.account_id)
    made = uuid4()
    await by_server(studio, Write("clients", made, sample("clients", last_name="Ann")))
    other = make_url(backups.cluster.url).set(database="again").render_as_string(hide_password=False)
    dump = str(backups.log / "studio.dump")

    await backups.run("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={backups.cluster.url}")
    await backups.execute("CREATE DATABASE again")
    await backups.run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={other}", dump)

    database = Database(other)
    assert await restores.announce(database, who) > 0
    assert not await upkeep.verify(database, who), "the feed is that of the records"
    assert (await check(database, who.account_id)).broken is None, "the trail is whole"
    async with database.directory() as connection:
        assert await connection.fetchval("SELECT count(*) FROM clients") == 0, "the walls were restored too"
    async with database.reading(who.account_id) as session:
        find = "SELECT last_name FROM clients WHERE account_id = $1 AND id = $2"
        assert await session.raw.fetchval(find, who.account_id, made) == "Ann"
    await database.close()
