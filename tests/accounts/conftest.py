"""An app of the porch and the people alone, a studio per test, and a clock that can be held."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import passwords
from app.accounts.routers import account, auth, devices, operator, security, users
from app.core import clock
from app.core.db import Database
from app.core.keys import KeyRing, load_keys
from app.core.settings import Settings
from app.http.limits import RateLimits
from app.http.porch import build_porch
from tests.accounts.studios import Studio, new_studio


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Make the keys of one installation."""
    return load_keys(Settings(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture
def app(database: Database, keys: KeyRing) -> FastAPI:
    """Assemble the app as the house does, of the rooms up to this one."""
    app = FastAPI()
    app.state.database, app.state.keys = database, keys
    app.state.minimum_schema_version = 1
    app.state.operator_key_hash = None
    for room in (auth, users, security, account, devices, operator):
        app.include_router(room.router)
    build_porch(app, RateLimits(per_address=6000, per_caller=1200))
    return app


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
