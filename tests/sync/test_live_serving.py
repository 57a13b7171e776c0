"""Streams as `python -m app serve` serves them: told to stop, they end and say when to return."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import bearer, new_studio
from tests.samples import sample
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


async def test_a_server_that_is_told_to_stop_is_not_ready_and_serves_until_its_proxy_knows(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    port = str(free_port())
    own = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "PORT": port, "DRAIN_SECONDS": "60"}
    async with (
        a_process(1, **own) as (process, _),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        studio = await new_studio(database, client, load_keys(Settings(data_dir=tmp_path)))
        phone = await studio.signed_in()
        assert (await client.get("/health/ready")).is_success
        async with client.stream("GET", "/v1/sync/live", headers=bearer(phone)) as answer:
            ear = Ear(answer)
            await ear.next()
            await ear.poke()
            process.terminate()
            while (ready := await client.get("/health/ready")).is_success:
                pass
            assert (ready.status_code, ready.json()["code"]) == (503, "unavailable")
            change = {"n": 1, "collection": "clients", "id": str(uuid4()), "op": "create"}
            sent = {"first": 1, "changes": [{**change, "fields": sample("clients")}]}
            async with httpx.AsyncClient(base_url=client.base_url) as another:
                pushed = await another.post("/v1/sync/push", json=sent, headers=bearer(phone))
            assert pushed.json()["results"][0]["verdict"] == "applied", pushed.text
            await ear.poke()
            # Who says so twice does not wait.
            process.terminate()
            last = await ear.named()
            assert last is not None
            assert last.name == "end"
        assert await process.wait() in {0, -15}
