"""`feed verify` and `feed rebuild`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from app.cli.ground import account_of, console, database, migrated, run
from app.core.db import Database
from app.core.principal import Principal
from app.sync import upkeep

cli = typer.Typer(no_args_is_help=True, help="Look after the feed that phones pull from.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the feed of an account with its records; fails when they differ."""
    differing = _on_feed(account, upkeep.verify)
    console.print(f"{differing} records differ from the feed.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Write the feed of an account anew wherever it differs from its records."""
    console.print(f"{_on_feed(account, upkeep.rebuild)} records were written anew.")


def _on_feed(account: str, work: Callable[[Database, Principal], Awaitable[int]]) -> int:
    async def found(url: str) -> int:
        async with database(url) as made:
            account_id = await account_of(made, account)
            if account_id is None:
                console.print(f"There is no account {account}.")
                raise typer.Exit(1)
            return await work(made, Principal.system(account_id, account))

    with migrated() as url:
        return run(found(url))
