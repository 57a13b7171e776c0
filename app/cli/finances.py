"""`finances verify` and `finances rebuild`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from app.cli.ground import account_of, console, database, fail, migrated, run
from app.core.db import Database
from app.core.principal import Principal
from app.studio.finances import upkeep
from app.studio.finances.upkeep import Found

cli = typer.Typer(no_args_is_help=True, help="Look after the figures of finance snapshots.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the figures of an account with its invoices, payments and sessions; fails when they differ."""
    differing = _on_books(account, upkeep.verify)
    console.print(f"{differing.days} days come to something else.")
    console.print(f"{differing.snapshots} snapshots tell something else.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Count the figures of an account anew from its invoices, payments and sessions."""
    mended = _on_books(account, upkeep.rebuild)
    console.print(f"{mended.days} days came to something else.")
    console.print(f"{mended.snapshots} snapshots were written anew.")


def _on_books(account: str, work: Callable[[Database, Principal], Awaitable[Found]]) -> Found:
    async def found(url: str) -> Found:
        async with database(url) as made:
            account_id = await account_of(made, account)
            if account_id is None:
                fail(f"There is no account {account}.")
            return await work(made, Principal.system(account_id, account))

    with migrated() as url:
        return run(found(url))
