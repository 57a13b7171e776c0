"""`clients verify` and `clients rebuild`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from app.cli.ground import account_of, console, database, fail, migrated, run
from app.core.db import Database
from app.core.principal import Principal
from app.studio.client_list import upkeep
from app.studio.client_list.upkeep import Found

cli = typer.Typer(no_args_is_help=True, help="Look after the list clients are found in.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the client list of an account with its clients; fails when they differ."""
    differing = _on_list(account, upkeep.verify)
    console.print(f"{differing.clients} clients are listed otherwise than they should be.")
    console.print(f"{differing.words} words find other clients than they should.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Write the client list of an account anew wherever it differs from its clients."""
    mended = _on_list(account, upkeep.rebuild)
    console.print(f"{mended.clients} clients were listed anew.")
    console.print(f"{mended.words} words were put right.")


def _on_list(account: str, work: Callable[[Database, Principal], Awaitable[Found]]) -> Found:
    async def found(url: str) -> Found:
        async with database(url) as made:
            account_id = await account_of(made, account)
            if account_id is None:
                fail(f"There is no account {account}.")
            return await work(made, Principal.system(account_id, account))

    with migrated() as url:
        return run(found(url))
