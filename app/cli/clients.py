"""`clients verify` and `clients rebuild`."""

from typing import Annotated

import typer

from app.cli.ground import console, on_account
from app.studio.client_list import upkeep

cli = typer.Typer(no_args_is_help=True, help="Look after the list clients are found in.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the client list of an account with its clients; fails when they differ."""
    differing = on_account(account, upkeep.verify)
    console.print(f"{differing.clients} clients are listed otherwise than they should be.")
    console.print(f"{differing.words} words find other clients than they should.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Write the client list of an account anew wherever it differs from its clients."""
    mended = on_account(account, upkeep.rebuild)
    console.print(f"{mended.clients} clients were listed anew.")
    console.print(f"{mended.words} words were put right.")
