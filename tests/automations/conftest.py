"""The whole house behind HTTP, and a studio whose server does things by itself, for each module."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.contract.conftest import house, http
from tests.contract.desks import Desk, at_a_desk

__all__ = ["house", "http"]
PUBLIC_URL = "https://studio.example"


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account."""
    house.state.public_url = PUBLIC_URL
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def desk(studio: Studio) -> Desk:
    """Sign the administrator in."""
    return await at_a_desk(studio)


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Let the clock go that a test has held."""
    yield
    clock.hold(None)
