"""Streams as `python -m app serve` serves them: told to stop, they end at once and say when to return."""

from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import bearer, new_studio
from tests.serving import a_process, free_port
from tests.sync.live import Ear


@pytest.mark.parametrize("workers", [1, 2])
async def test_streams_end_when_the_server_is_told_to_stop(
    database: Database, database_url: str, tmp_path: Path, workers: int
) -> None:
    port = str(free_port())
    own = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "PORT": port}
    async with (
        a_process(workers, **own) as (process, lines),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        studio = await new_studio(database, client, load_keys(Settings(data_dir=tmp_path)))
        phone = await studio.signed_in()
        async with client.stream("GET", "/v1/sync/live", headers=bearer(phone)) as answer:
            ear = Ear(answer)
            await ear.next()
            await ear.poke()
            process.terminate()
            last = await ear.named()
            assert last is not None
            assert (last.name, last.data["reason"]) == ("end", "restart")
            assert last.retry is not None
            assert await ear.next() is None
        await process.wait()
    # Nothing had to be cut off.
    assert not [line for line in lines if b"Cancel" in line or b"Traceback" in line]
