"""One studio for the tests of a module, and who works at its desks."""

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account that the tests of a module share, each with records and people of its own."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def desk(studio: Studio) -> Desk:
    """Sign the administrator in."""
    return await at_a_desk(studio)


@pytest.fixture(scope="module")
async def photographer(studio: Studio) -> Desk:
    """Sign somebody in who is no administrator."""
    return await at_a_desk(studio, initials="PK")
