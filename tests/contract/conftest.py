"""The whole house behind HTTP, two accounts that must never meet, and their phones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.users import change_user
from app.core.db import Database
from app.core.principal import Principal
from app.main import create_app
from app.sync.upkeep import verify
from tests.accounts.studios import Studio, new_studio
from tests.contract.phones import Phone, signed_in
from tests.samples import widen
from tests.serving import BASE_URL, unhurried


@asynccontextmanager
async def opened(
    database_url: str, folder: Path, listen_database_url: str | None = None
) -> AsyncIterator[FastAPI]:
    """Open the application as a server does."""
    app = create_app(unhurried(database_url, folder, listen_database_url=listen_database_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def house(
    database_url: str, server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """Open it where nobody is told of anything.

    The loop of this one stands still while other tests have theirs, and a connection that takes no
    notification in would keep databases from being dropped.
    """
    async with opened(database_url, tmp_path_factory.mktemp("house"), server_url) as app:
        yield app


@asynccontextmanager
async def asked(house: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks HTTP to a house; an exception inside it is a 500 to them."""
    transport = httpx.ASGITransport(app=house, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


@pytest.fixture(scope="session")
async def http(house: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks HTTP to the house."""
    async with asked(house) as client:
        yield client


async def _see_all(studio: Studio) -> None:
    account_id = studio.account.account_id
    async with studio.database.writing(account_id) as session:
        who = Principal.system(account_id)
        await change_user(session, who, studio.photographer.user_id, is_administrator=True)


@pytest.fixture(scope="session")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Studio]:
    """Make the account the tests of a worker share; when all is done its feed tells what its records do."""
    studio = await new_studio(database, http, house.state.keys)
    # Some collections are private as a whole: an administrator sees them all the same.
    await _see_all(studio)
    await widen(database, studio.account.account_id)
    yield studio
    assert not await verify(database, Principal.system(studio.account.account_id))


@pytest.fixture(scope="session")
async def stranger(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Studio]:
    """Make another account, to which the first one does not exist."""
    stranger = await new_studio(database, http, house.state.keys)
    await _see_all(stranger)
    await widen(database, stranger.account.account_id)
    yield stranger
    assert not await verify(database, Principal.system(stranger.account.account_id))


@pytest.fixture(scope="session")
async def first_phone(studio: Studio) -> Phone:
    """Sign a phone in."""
    return await signed_in(studio)


@pytest.fixture(scope="session")
async def second_phone(studio: Studio) -> Phone:
    """Sign a second phone in to the same account."""
    await studio.authorize()
    return await signed_in(studio)


@pytest.fixture(scope="session")
async def strange_phone(stranger: Studio) -> Phone:
    """Sign a phone in to the other account."""
    return await signed_in(stranger)


@pytest.fixture
def phone(first_phone: Phone) -> Phone:
    """Return the first phone with a local copy of this test's own."""
    return replace(first_phone, stream=uuid4().hex)


@pytest.fixture
def other_phone(second_phone: Phone) -> Phone:
    """Return the second phone with a local copy of this test's own."""
    return replace(second_phone, stream=uuid4().hex)


@pytest.fixture
def foreign_phone(strange_phone: Phone) -> Phone:
    """Return the other account's phone with a local copy of this test's own."""
    return replace(strange_phone, stream=uuid4().hex)
