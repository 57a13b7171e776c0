"""The demo studio's card processor: a simulator beside the server, which ends with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.cards import merchants, store
from app.cards.merchants import NewMerchant
from app.cards.processors import Environment, Processors
from app.cards.till import Till
from app.cards.transit.adapter import Credentials
from app.cli.ground import account_of, database, run
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.vault import load_vault
from app.demo.seeding import ACCOUNT
from app.simulator.merchants import DEMO
from app.simulator.process import started
from app.simulator.server import Options

_DEVELOPER = "demo"


@contextmanager
def simulated_cards(chosen: Settings, url: str) -> Iterator[Settings]:
    """Have the demo studio's cards charged by a simulator, in development where no other is named."""
    if chosen.environment != "development" or chosen.transit_simulator_url or not chosen.demo_size:
        yield chosen
        return
    with started(Options(ledger=chosen.data_dir / "simulator.sqlite"), chosen.environment) as simulator:
        # The processes that serve read their settings by themselves.
        os.environ["TRANSIT_SIMULATOR_URL"] = simulator.url
        told = chosen.model_copy(update={"transit_simulator_url": simulator.url})
        run(_let_charge(url, told))
        typer.echo(
            f"Cards are charged by a simulator: {simulator.url}, controlled at {simulator.control_url}."
        )
        typer.echo(f"To settle what it has charged: curl -X POST {simulator.control_url}/settle")
        yield told


async def _let_charge(url: str, chosen: Settings) -> None:
    """Give the demo studio the simulator's words, unless it has some."""
    async with database(url) as made:
        account_id = await account_of(made, ACCOUNT)
        if account_id is None:
            return
        till = Till(made, load_vault(chosen), Processors(chosen))
        words = Credentials(DEMO.mid, DEMO.user, DEMO.password, next(iter(DEMO.devices)), _DEVELOPER)
        async with made.writing(account_id) as session:
            if await store.merchant(session) is None:
                new = NewMerchant(Environment.SIMULATOR, is_active=True, credentials=words)
                await merchants.put(session, Principal.system(account_id), till, new)
