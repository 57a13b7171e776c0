"""A simulator on real TCP in this process, two studios, and one that talks to it as the product would."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.simulator.merchants import Merchants
from app.simulator.server import Options, Simulator
from tests.simulator.talking import HARBOR, NORTH, Studio


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with Simulator(Options(tmp_path / "ledger.sqlite"), Merchants([HARBOR, NORTH])) as running:
        yield running


@pytest.fixture
async def studio(simulator: Simulator) -> AsyncIterator[Studio]:
    async with Studio(simulator.url, simulator.control_url, HARBOR) as talking:
        yield talking
