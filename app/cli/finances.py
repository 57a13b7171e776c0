"""`finances verify` and `finances rebuild`."""

from typing import Annotated

import typer

from app.cli.ground import console, on_account
from app.studio.finances import upkeep

cli = typer.Typer(no_args_is_help=True, help="Look after the figures of finance snapshots.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the figures of an account with its invoices, payments and sessions; fails when they differ."""
    differing = on_account(account, upkeep.verify)
    console.print(f"{differing.days} days come to something else.")
    console.print(f"{differing.snapshots} snapshots tell something else.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Count the figures of an account anew from its invoices, payments and sessions."""
    mended = on_account(account, upkeep.rebuild)
    console.print(f"{mended.days} days came to something else.")
    console.print(f"{mended.snapshots} snapshots were written anew.")
