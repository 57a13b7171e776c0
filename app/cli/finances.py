"""`finances verify` and `finances rebuild`."""

from typing import Annotated

import typer

from app.cli.ground import console, on_account
from app.core.db import Database
from app.core.principal import Principal
from app.studio.finances import upkeep
from app.studio.money import upkeep as balances

cli = typer.Typer(no_args_is_help=True, help="Look after the figures of finance snapshots.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare figures and balances of an account with its records; fails when they differ."""
    differing, unbalanced = on_account(account, _verified)
    console.print(f"{differing.days} days come to something else.")
    console.print(f"{differing.snapshots} snapshots tell something else.")
    console.print(f"{unbalanced} invoices tell another balance than their payments come to.")
    raise typer.Exit(1 if differing or unbalanced else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Count figures and balances of an account anew from its invoices, payments and sessions."""
    balanced, mended = on_account(account, _rebuilt)
    console.print(f"{mended.days} days came to something else.")
    console.print(f"{mended.snapshots} snapshots were written anew.")
    console.print(f"{balanced} invoices were balanced anew.")


async def _verified(database: Database, who: Principal) -> tuple[upkeep.Found, int]:
    return await upkeep.verify(database, who), await balances.verify(database, who)


async def _rebuilt(database: Database, who: Principal) -> tuple[int, upkeep.Found]:
    # Figures go by what is owed.
    return await balances.rebuild(database, who), await upkeep.rebuild(database, who)
