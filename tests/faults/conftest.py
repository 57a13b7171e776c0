"""A cluster and a server of these tests' own: they are going to be killed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.migrations import migrate
from app.core.settings import Settings
from tests.accounts.studios import Studio, new_studio
from tests.faults.phones import Phone
from tests.faults.serving import Cluster, Server
from tests.samples import widen


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Make a PostgreSQL for these tests alone.

    Not under pytest's own folder: another run by root shuts it to everybody else, and root's server, which
    runs as somebody else, would not find its data when it starts again.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Cluster(Path(folder))
        migrate(made.url)
        yield made
        made.close()


@pytest.fixture
async def server(cluster: Cluster) -> AsyncIterator[Server]:
    """Start a server on it."""
    made = Server(cluster)
    await made.start()
    yield made
    made.kill()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks to the server over TCP."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture
async def studio(cluster: Cluster, client: httpx.AsyncClient) -> AsyncIterator[Studio]:
    """Make a studio with room for four phones."""
    database = Database(cluster.url)
    studio = await new_studio(database, client, load_keys(Settings(data_dir=cluster.data_dir)))
    await studio.authorize(3)
    await widen(database, studio.account.account_id)
    yield studio
    await database.close()


@pytest.fixture
async def phones(studio: Studio) -> list[Phone]:
    """Sign in two phones of the studio."""
    return [Phone(studio.client, await studio.signed_in(device=studio.phone()), seed) for seed in (1, 2)]
