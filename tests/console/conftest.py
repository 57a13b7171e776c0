"""The whole house, a studio of each test's own, and browsers of who works there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from tests.accounts.studios import Studio
from tests.console.browser import HERE, Browser
from tests.contract.conftest import house, http
from tests.desk.conftest import desk, has, studio

__all__ = ["desk", "has", "house", "http", "studio"]


@asynccontextmanager
async def at_a_browser(house: FastAPI) -> AsyncIterator[Browser]:
    """Open a browser of nobody yet."""
    transport = httpx.ASGITransport(app=house, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield Browser(client)


@pytest.fixture
async def nobody(house: FastAPI) -> AsyncIterator[Browser]:
    """Return a browser of nobody yet."""
    async with at_a_browser(house) as browser:
        yield browser


@pytest.fixture
async def administrator(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign the administrator in."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio)
        yield browser


@pytest.fixture
async def colleague(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign the administrator in once more, as from another room."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio)
        yield browser


@pytest.fixture
async def photographer(house: FastAPI, studio: Studio) -> AsyncIterator[Browser]:
    """Sign somebody in who is no administrator."""
    async with at_a_browser(house) as browser:
        await browser.sign_in(studio, "PK")
        yield browser
