"""A studio that has worked for a while, and commands that are typed about it."""

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.contract.conftest import house, http
from tests.galleries.showing import Showing, new_showing
from tests.house.conftest import Typed, typed

__all__ = ["Typed", "house", "http", "typed"]


@pytest.fixture(scope="module")
async def showing(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Showing:
    """Make a studio that shows pictures online."""
    return await new_showing(database, house, http)
