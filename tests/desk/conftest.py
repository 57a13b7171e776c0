"""The whole house behind HTTP, an account of each test's own, and who works at its desks."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.contract.conftest import house, http
from tests.contract.desks import Desk, at_a_desk, told
from tests.contract.phones import Record
from tests.samples import named, sample

__all__ = ["house", "http"]
Has = Callable[..., Awaitable[Record]]


@pytest.fixture
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account of the test's own."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture
async def desk(studio: Studio) -> Desk:
    """Sign the administrator in."""
    return await at_a_desk(studio)


@pytest.fixture
async def other_desk(studio: Studio) -> Desk:
    """Sign the administrator in once more, as from another room."""
    return await at_a_desk(studio)


@pytest.fixture
async def photographer(studio: Studio) -> Desk:
    """Sign somebody in who is no administrator."""
    return await at_a_desk(studio, initials="PK")


@pytest.fixture
def has(desk: Desk) -> Has:
    """Create a record, made from the examples but for what a test is about, and return it."""

    async def has(collection: str, **fields: Any) -> Record:
        answer = await desk.create(named(collection), sample(collection, **fields))
        assert answer.status_code == 201, answer.text
        return told(answer)

    return has
