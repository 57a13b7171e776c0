"""The next migration goes up and down while phones sync, and somebody holds a table for too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from app.core.migrations import configuration
from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.ledger import settle, share_a_client
from tests.faults.phones import Phone
from tests.faults.serving import Cluster
from tests.faults.waits import p99

_PULLS = 300
_NEXT = '''"""A column, an index and a table more."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision, down_revision, branch_labels, depends_on = "next", "{head}", None, None


def upgrade() -> None:
    op.add_column("clients", sa.Column("migrating", sa.String(), nullable=True))
    op.create_index("ix_clients_migrating", "clients", ["account_id", "migrating"])
    op.create_table(
        "migrating",
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
    )
    protect("migrating")


def downgrade() -> None:
    op.drop_table("migrating")
    op.drop_column("clients", "migrating")
'''


@dataclass(frozen=True)
class Next:
    """A version to come, of the database of a cluster."""

    cluster: Cluster
    config: Config

    async def up(self) -> None:
        await asyncio.to_thread(command.upgrade, self.config, "head")

    async def down(self) -> None:
        await asyncio.to_thread(command.downgrade, self.config, "-1")


@pytest.fixture
def next_version(cluster: Cluster, repository: Path, tmp_path: Path) -> Next:
    """Write the migration of a version to come."""
    config = configuration(cluster.url)
    folder = copytree(repository / "alembic", tmp_path / "alembic")
    config.set_main_option("script_location", str(folder))
    head = ScriptDirectory.from_config(config).get_current_head()
    (folder / "versions" / "next.py").write_text(_NEXT.replace("{head}", str(head)))
    return Next(cluster, config)


@asynccontextmanager
async def load(phones: list[Phone]) -> AsyncIterator["asyncio.Queue[None]"]:
    """Have phones push for as long as it takes; `deliver` refuses any answer but 200, 429 and 503."""
    over, answers = asyncio.Event(), asyncio.Queue[None]()
    async with asyncio.TaskGroup() as tasks:
        for phone in phones:
            tasks.create_task(phone.use(over, answers))
        yield answers
        over.set()


@pytest.mark.parametrize("many", [2, pytest.param(30, marks=pytest.mark.proof)])
async def test_a_migration_goes_up_and_down_under_load(
    studio: Studio, phones: list[Phone], next_version: Next, many: int, record_property: Property
) -> None:
    """X-14 (P1, P2): whoever syncs notices no more than a moment's wait, and meets no defect."""
    await share_a_client(phones[0])
    async with load(phones) as answers:
        for _ in range(many):
            for move in (next_version.up, next_version.down):
                await move()
                await answers.get()
    assert (await settle(next_version.cluster, studio, phones)).is_whole
    record_property("counted: migrations under load", 2 * many)
    record_property("counted: pushes under migrations", sum(phone.pushes for phone in phones))
    record_property("counted: of them sent away", sum(phone.unanswered for phone in phones))


@pytest.mark.proof
async def test_a_migration_that_does_not_get_its_lock_fails_cleanly(
    studio: Studio, phones: list[Phone], next_version: Next, record_property: Property
) -> None:
    """X-14: behind a reader who does not end it gives up, changes nothing, and goes through another time."""
    reader = await asyncpg.connect(next_version.cluster.url)
    await share_a_client(phones[0])
    async with load(phones) as answers:
        async with reader.transaction():
            await reader.execute("SELECT FROM clients LIMIT 1")
            with pytest.raises(Exception, match="lock timeout"):
                await next_version.up()
        await answers.get()
        assert not await reader.fetchval("SELECT to_regclass('migrating') IS NOT NULL")
        await next_version.up()
        await next_version.down()
    await reader.close()
    assert (await settle(next_version.cluster, studio, phones)).is_whole
    record_property("counted: migrations under load", 2)


@pytest.mark.proof
@pytest.mark.measures
async def test_how_long_pulls_wait_under_migrations_is_told(
    studio: Studio, phones: list[Phone], next_version: Next, record_property: Property
) -> None:
    """X-14: beside the same load, without migrations and with one after the other."""
    other = Phone(studio.client, await studio.signed_in(device=studio.phone()), 3)
    over = asyncio.Event()

    async def migrate() -> None:
        while not over.is_set():
            await next_version.up()
            await next_version.down()

    await share_a_client(phones[0])
    async with load(phones), asyncio.TaskGroup() as tasks:
        before = await p99(other, _PULLS)
        tasks.create_task(migrate())
        during = await p99(other, _PULLS)
        over.set()
    record_property("counted: pulls under migrations", _PULLS)
    record_property("worst: times the p99 of pulls under migrations", during / before)
