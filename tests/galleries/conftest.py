"""The whole house behind HTTP, and a studio with online galleries for each module."""

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.contract.conftest import house, http
from tests.galleries.showing import Showing, new_showing

__all__ = ["house", "http"]


@pytest.fixture(scope="module")
async def showing(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Showing:
    """Make a studio that shows pictures online."""
    return await new_showing(database, house, http)
