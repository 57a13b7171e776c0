"""The whole house, a studio of each module's own with galleries, and browsers at them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.console.browser import HERE
from tests.contract.conftest import house, http
from tests.portal.galleries import OWN, Guest, Online, put_online, switch_on

__all__ = ["house", "http"]
Visits = Callable[..., Awaitable[Guest]]
Asks = Callable[..., Awaitable[httpx.Response]]


ORIGIN = "https://pictures.example"
"""What links in letters begin with."""


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make a studio that has galleries."""
    house.state.public_url = ORIGIN
    made = await new_studio(database, http, house.state.keys)
    await switch_on(made)
    return made


@pytest.fixture(scope="module")
async def headers(studio: Studio) -> dict[str, str]:
    """Sign the administrator in at a desk."""
    return await studio.administrator()


@pytest.fixture
def ask(studio: Studio, headers: dict[str, str]) -> Asks:
    """Ask the API as the studio's desk."""

    async def ask(
        verb: str, path: str, body: object = None, more: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await studio.client.request(verb, path, json=body, headers={**headers, **(more or {})})

    return ask


@pytest.fixture
async def online(studio: Studio) -> Online:
    """Put a session of a client of the test's own online."""
    return await put_online(studio)


@pytest.fixture
async def visits(house: FastAPI) -> AsyncIterator[Visits]:
    """Open browsers of nobody yet."""
    async with AsyncExitStack() as opened:

        async def visit(online: Online, network: str = "127.0.0.1") -> Guest:
            inside = httpx.ASGITransport(app=house, raise_app_exceptions=False, client=(network, 1))
            client = httpx.AsyncClient(transport=inside, base_url=HERE)
            return Guest(await opened.enter_async_context(client), online)

        yield visit


@pytest.fixture
async def guest(visits: Visits, online: Online) -> Guest:
    """Open a browser of nobody yet at the test's gallery."""
    return await visits(online)


@pytest.fixture
async def client(guest: Guest, online: Online, ask: Asks) -> Guest:
    """Sign the client in, by a password staff have typed."""
    given = await ask("PUT", online.login, {"user_name": f"ann {online.client_id}", "password": OWN})
    assert given.status_code == 200, given.text
    await guest.sign_in(f"ann {online.client_id}", OWN)
    assert guest.page.path == online.path, guest.page.text
    return guest
