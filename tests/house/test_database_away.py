"""When the database says nothing: what is answered meanwhile, and that all goes on when it speaks again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from app.core.db import Database
from app.core.settings import Settings
from app.main import create_app
from tests.accounts.studios import bearer, new_studio

POOL = 3
LONG = 30
"""Seconds nobody should have to wait, on a machine however busy."""


class Line:
    """A way to the database on which nothing passes while it is dead, and nobody hangs up."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._is_alive = asyncio.Event()
        self._is_alive.set()
        self._passing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Return the database's address at the end of this line."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        here = self._url.difference_update_query(["host", "port"]).set(host="127.0.0.1", port=port)
        try:
            yield here.render_as_string(hide_password=False)
        finally:
            server.close()
            for each in self._passing:
                each.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    @asynccontextmanager
    async def dead(self) -> AsyncIterator[None]:
        """Let nothing pass for a while."""
        self._is_alive.clear()
        try:
            yield
        finally:
            self._is_alive.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_alive.wait()
        host = str(self._url.query.get("host", self._url.host))
        port = self._url.port or 5432
        there = (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        answers, questions = await there
        for source, target in ((reader, questions), (answers, writer)):
            task = asyncio.create_task(self._pass_on(source, target))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(65_536):
                await self._is_alive.wait()
                target.write(piece)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()


@asynccontextmanager
async def opened(database_url: str, folder: Path) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = create_app(Settings(database_url=database_url, data_dir=folder, pool_size=POOL))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client,
    ):
        yield app, client


async def test_a_database_that_says_nothing_is_soon_given_up(
    database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db._CONNECTING", 0.5)
    line = Line(owner_url)
    async with line.open() as url, line.dead(), opened(url, tmp_path) as (app, client):
        studio = await new_studio(database, client, app.state.keys)
        async with asyncio.timeout(LONG):
            for path in ("/health/live", "/v1/limits"):
                assert (await client.get(path)).status_code == 200
            ready, signed_in = await asyncio.gather(client.get("/health/ready"), studio.login())
        for answer in (ready, signed_in):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "Retry-After" in answer.headers


async def test_who_was_at_work_when_the_database_fell_silent_is_told_and_all_goes_on_when_it_speaks(
    database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db._CONNECTING", 0.5)
    monkeypatch.setattr("app.core.db._ANSWERING", 0.5)
    line = Line(owner_url)
    async with line.open() as url, opened(url, tmp_path) as (app, client):
        studio = await new_studio(database, client, app.state.keys)
        desk = bearer(await studio.signed_in(device=None))

        async def asked() -> httpx.Response:
            return await client.get("/v1/preferences", headers=desk)

        async with line.dead(), asyncio.timeout(LONG):
            answers = await asyncio.gather(*(asked() for _ in range(2 * POOL)))
            assert {answer.status_code for answer in answers} == {503}
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 503
        async with asyncio.timeout(LONG):
            while (await client.get("/health/ready")).status_code != 200:
                pass
            assert (await asked()).status_code == 200
        assert app.state.database.engine.pool.checkedout() == 0
