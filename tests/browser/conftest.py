"""Chromium, the real server on a port beside a simulator of the processor, a studio of each test's own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from app.simulator.process import Started
from app.simulator.process import started as beside
from app.simulator.server import Options
from clients.python.tests.serving import Desk, House, served
from studio_sync_client import Client, Device
from tests.accounts.studios import PASSWORD
from tests.browser.chromium import program, started
from tests.browser.visitors import Visitor
from tests.serving import on_a_port

Opens = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Start the machine's own Chromium, or leave its tests out where there is none."""
    executable = program()
    if executable is None:
        pytest.skip("There is no Chromium: install the package `chromium`, or name the program in CHROMIUM.")
    async with started(executable) as browser:
        yield browser


@pytest.fixture(scope="session")
def processor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Start a simulator of the processor."""
    ledger = tmp_path_factory.mktemp("processor") / "ledger.sqlite"
    with beside(Options(ledger), environment="development") as running:
        yield running


@pytest.fixture(scope="session")
def house(database_url: str, processor: Started, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve, with cards charged by the simulator."""
    chosen = {"environment": "development", "transit_simulator_url": processor.url}
    with served(tmp_path_factory.mktemp("house"), database_url, **chosen) as house:
        yield house


@pytest.fixture(scope="session")
def address(house: House) -> Iterator[str]:
    """Serve on a port of this machine's own."""
    with house.portal.wrap_async_context_manager(on_a_port(house.app, lifespan="off")) as url:
        yield url


@pytest.fixture
def desk(house: House) -> Desk:
    """Make a studio with four places for phones, one of them authorized for the photographer."""
    return house.bare_studio()


@pytest.fixture
async def opens(chromium: Browser, address: str) -> AsyncIterator[Opens]:
    """Open browsers of people of their own; in the end none had anything to complain of."""
    visitors: list[Visitor] = []
    async with AsyncExitStack() as contexts:

        async def open_one(base: str = "/console", **chosen: Any) -> Visitor:
            context = await contexts.enter_async_context(await chromium.new_context(locale="en-GB", **chosen))
            visitors.append(await Visitor.opening(context, address, base))
            return visitors[-1]

        yield open_one
    assert [each.troubles for each in visitors] == [[] for _ in visitors]


@pytest.fixture
async def administrator(opens: Opens, desk: Desk) -> Visitor:
    """Sign the administrator in."""
    visitor = await opens()
    await visitor.sign_in(desk.account)
    return visitor


@pytest.fixture
async def colleague(opens: Opens, desk: Desk) -> Visitor:
    """Sign the administrator in once more, as from another room."""
    visitor = await opens()
    await visitor.sign_in(desk.account)
    return visitor


@pytest.fixture
def new_phone(desk: Desk, address: str, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make phones with the reference client in them, which have signed in over the wire."""
    made: list[Client] = []

    def make(initials: str = "PK", name: str = "Pat's phone") -> Client:
        device = Device(name, "Pixel 9", "android", "1.4.0")
        made.append(Client(tmp_path / f"{len(made)}.db", address, device))
        made[-1].sign_in(desk.account, initials, PASSWORD)
        return made[-1]

    yield make
    for each in made:
        each.close()
