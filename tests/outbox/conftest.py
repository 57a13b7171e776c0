"""The house, and an office whose letters arrive at a server of the module's own."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from tests.contract.conftest import house, http
from tests.outbox.posting import Office, new_office

__all__ = ["house", "http"]


@pytest.fixture(scope="module")
async def shared_office(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Office]:
    """Make an office that the tests of a module share."""
    async with new_office(database, house, http) as made:
        yield made


@pytest.fixture
async def office(shared_office: Office) -> AsyncIterator[Office]:
    """Return the office with nothing in its outbox; lets the clock go in the context that held it."""
    await shared_office.forgets()
    yield shared_office
    clock.hold(None)
