"""Streams as `python -m app serve` serves them: told to stop, they end at once and say when to return."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import bearer, new_studio
from tests.serving import free_port
from tests.sync.live import Ear

READY = b"Application startup complete"


@pytest.mark.parametrize("workers", [1, 2])
async def test_streams_end_when_the_server_is_told_to_stop(
    database: Database, database_url: str, repository: Path, tmp_path: Path, workers: int
) -> None:
    port = str(free_port())
    own = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "PORT": port, "WORKERS": str(workers)}
    async with (
        serve(repository, {**os.environ, **own, "DEMO_CLIENTS": "0"}) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        told = [await line(process) for _ in range(workers)]
        assert len(told) == workers
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
        printed, _ = await process.communicate()
        # Nothing had to be cut off.
        assert b"Cancel" not in printed
        assert b"Traceback" not in printed


@asynccontextmanager
async def serve(repository: Path, environment: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "serve", cwd=repository, env=environment, stdout=PIPE, stderr=STDOUT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def line(process: Process) -> bytes:
    """Read what the server prints until one of its processes is ready."""
    assert process.stdout is not None
    async for printed in process.stdout:
        if READY in printed:
            return printed
    raise AssertionError("the server does not start")
