"""A disk of the database is full: writing is refused, nothing acknowledged is lost, and room heals it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.migrations import migrate
from app.core.settings import Settings
from tests.accounts.studios import Studio, new_studio
from tests.facts import Property
from tests.faults.ledger import Found, settle
from tests.faults.phones import Phone
from tests.faults.serving import Cluster, Server
from tests.faults.volumes import Volume, mounted, move_wal
from tests.samples import sample, widen

pytestmark = pytest.mark.slow

DATA_MEGABYTES, LOG_MEGABYTES = 300, 200
MANY_NOTES = "note " * 4_000


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that whom PostgreSQL runs as can reach."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@asynccontextmanager
async def served(cluster: Cluster) -> AsyncIterator[tuple[Server, Studio, Phone]]:
    """Serve from a cluster, to a phone that holds everything."""
    server, database = Server(cluster), Database(cluster.url)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            studio = await new_studio(database, client, load_keys(Settings(data_dir=cluster.data_dir)))
            await widen(database, studio.account.account_id)
            yield server, studio, Phone(client, await studio.signed_in(device=studio.phone()), 12)
    finally:
        server.kill()
        await database.close()


async def write_until_refused(phone: Phone) -> None:
    """Push large records until there is no room for more; `deliver` holds refusals to 503 and Retry-After."""
    for _ in range(400):
        fields = sample("clients", notes=MANY_NOTES, client_number=None)
        made = {"collection": "clients", "id": str(uuid4()), "op": "create", "fields": fields}
        phone.log.append({"n": len(phone.log) + 1, **made})
        if not await phone.deliver(phone.log[-1:]):
            return
    pytest.fail("a full disk took everything in")


async def test_a_full_data_disk_refuses_writes_and_serves_reads(record_property: Property) -> None:
    """X-12 (P1): 503 with Retry-After, reading goes on, and with room again all goes on by itself."""
    with folder() as place, mounted(place / "data", DATA_MEGABYTES) as volume:
        cluster = Cluster(volume.folder)
        try:
            await move_wal(cluster, place)
            migrate(cluster.url)
            async with served(cluster) as (server, studio, phone):
                pid, postmaster = server.pid, cluster.pid
                assert await phone.deliver(phone.write())
                volume.fill()
                await write_until_refused(phone)
                held = await phone.first_sync()
                assert {change["id"] for change, _ in phone.applied} <= held.keys()
                assert (await phone.client.get("/health/ready")).status_code == 200
                volume.free()
                assert await phone.deliver(phone.log)
                assert (server.pid, cluster.pid) == (pid, postmaster)
                found = await settle(cluster, studio, [phone])
        finally:
            cluster.close()
    survived(found, record_property)


@pytest.mark.proof
async def test_a_full_log_disk_loses_nothing_that_was_acknowledged(record_property: Property) -> None:
    """X-13 (P1): PostgreSQL stops; the server says 503, and once it was started with room all is there."""
    with folder() as place, mounted(place / "log", LOG_MEGABYTES) as volume:
        cluster = Cluster(place / "data")
        try:
            await move_wal(cluster, volume.folder)
            migrate(cluster.url)
            async with served(cluster) as (server, studio, phone):
                assert await phone.deliver(phone.write())
                await fill_log(cluster, volume)
                await write_until_refused(phone)
                assert (await phone.client.get("/health/live")).status_code == 200
                volume.free()
                await cluster.start()
                await server.ready()
                while not await phone.deliver(phone.log):
                    pass
                found = await settle(cluster, studio, [phone])
        finally:
            cluster.close()
    survived(found, record_property)


def survived(found: Found, record_property: Property) -> None:
    """Count what was compared, and find nothing lost."""
    record_property("counted: changes acknowledged around full disks", found.compared)
    record_property("counted: changes lost on full disks", found.wrong)
    assert found.is_whole
    record_property("counted: full disks survived", 1)


async def fill_log(cluster: Cluster, volume: Volume) -> None:
    """Have the log begin a new file and find no room for the next one."""
    connection = await asyncpg.connect(cluster.url)
    await connection.execute("SELECT pg_switch_wal()")
    volume.fill()
    await connection.close()
