"""The house with the simulator of the processor beside it, and a studio that charges cards."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.cards.processors import Processors
from app.cards.till import Till
from app.main import create_app
from app.simulator.merchants import Merchants
from app.simulator.server import Options, Simulator
from tests.cards.paying import HARBOR, NORTH, Shop, new_shop
from tests.contract.conftest import asked
from tests.serving import unhurried

_ANSWERING = 0.3
"""Seconds the processor may take: what hangs here hangs for good."""


@pytest.fixture(scope="session")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    """Open a simulator on TCP, with the books its proofs are held against."""
    ledger = tmp_path_factory.mktemp("processor") / "ledger.sqlite"
    async with Simulator(Options(ledger), Merchants([HARBOR, NORTH])) as running:
        yield running


@pytest.fixture(scope="session")
async def house(
    database_url: str, server_url: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """Open the house where cards are charged by the simulator."""
    settings = unhurried(
        database_url,
        tmp_path_factory.mktemp("house"),
        listen_database_url=server_url,
        environment="development",
        transit_simulator_url=simulator.url,
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        till = app.state.till
        processors = Processors(settings, answering=_ANSWERING)
        app.state.till = Till(till.database, till.vault, processors)
        yield app
        await processors.close()


@pytest.fixture(scope="session")
async def http(house: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks HTTP to the house."""
    async with asked(house) as client:
        yield client


@pytest.fixture(scope="module")
async def shop(house: FastAPI, http: httpx.AsyncClient, simulator: Simulator) -> AsyncIterator[Shop]:
    """Make a studio of the module's own that charges cards, at its desk and on its phones."""
    async with new_shop(house.state.till, http, house.state.keys, simulator) as made:
        yield made
