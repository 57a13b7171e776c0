"""An app of the porch and the people alone, a studio per test, and a clock that can be held."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import passwords
from app.core import clock
from app.core.db import Database
from app.core.keys import KeyRing, load_keys
from app.core.settings import Settings
from tests.accounts.apps import begin_anew, people_app
from tests.accounts.studios import Studio, new_studio


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Make the keys of one installation."""
    return load_keys(Settings(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def assembled(database: Database, keys: KeyRing) -> FastAPI:
    """Assemble the people of the house."""
    return people_app(database, keys)


@pytest.fixture
def app(assembled: FastAPI) -> FastAPI:
    """Serve the people of the house, who have only just begun."""
    begin_anew(assembled)
    return assembled


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks HTTP to the app."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        yield client


@pytest.fixture
async def studio(database: Database, client: httpx.AsyncClient, keys: KeyRing) -> Studio:
    """Make a fresh studio of two licences with one free row for the photographer's phone."""
    return await new_studio(database, client, keys)


@pytest.fixture
async def other_studio(database: Database, client: httpx.AsyncClient, keys: KeyRing) -> Studio:
    """Make a second studio, which must never see the first."""
    return await new_studio(database, client, keys)


@pytest.fixture
def in_earnest(usual_hashes: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as slowly as a server does."""
    monkeypatch.setattr(passwords, "_context", usual_hashes)


@pytest.fixture
async def hold() -> AsyncIterator[Callable[[datetime], None]]:
    """Hold the clock at an instant until the test ends; async, to let go in the context that held."""
    yield clock.hold
    clock.hold(None)
