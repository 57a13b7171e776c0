"""One studio for the tests of a module, whose galleries sell."""

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import new_studio
from tests.contract.conftest import house, http
from tests.contract.desks import at_a_desk
from tests.galleries.orders.shops import Shop, opened

__all__ = ["house", "http"]


@pytest.fixture(scope="module")
async def shop(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Shop:
    """Make a studio that sells by one price list."""
    studio = await new_studio(database, http, house.state.keys)
    return await opened(studio, await at_a_desk(studio))
