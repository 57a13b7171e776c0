"""`demo`: a believable studio to try things on."""

import json
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.ground import account_of, console, database, migrated, run
from app.core.settings import Settings, settings
from app.demo.seeding import ACCOUNT, seed
from app.demo.sign_in import FILE, SignIn, write_sign_in


def demo(
    clients: Annotated[int, typer.Option(help="How many clients; 2000 make about 40,000 records.")] = 2000,
    number: Annotated[int, typer.Option("--seed", help="The same seed makes the same studio.")] = 1,
    account: Annotated[str, typer.Option(help="The account's name.")] = ACCOUNT,
) -> None:
    """Make the demo studio, unless there is one, and say how to sign in."""
    chosen = settings()
    with migrated() as url:
        run(make_demo(url, chosen, clients, number=number, account=account))
    say_how_to_sign_in(chosen)


async def make_demo(
    url: str, chosen: Settings, clients: int, *, number: int = 1, account: str = ACCOUNT
) -> None:
    """Fill the account unless there is one, with a bar that shows how far it is."""
    columns = (TextColumn("Making the demo studio"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with database(url) as made:
        if await account_of(made, account) is not None:
            return
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("clients", total=clients)
            await seed(
                made,
                clients=clients,
                seed=number,
                account=account,
                opened=lambda sign_in: _keep(chosen, sign_in),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )


def _keep(chosen: Settings, sign_in: SignIn) -> None:
    write_sign_in(chosen.data_dir, _address(chosen), sign_in)


def _address(chosen: Settings) -> str:
    return f"http://{chosen.host}:{chosen.port}"


def say_how_to_sign_in(chosen: Settings) -> None:
    """Print the address and how to sign in, as far as this data directory knows."""
    console.print(f"\nServing at {_address(chosen)}")
    path = chosen.data_dir / FILE
    if path.exists():
        known = json.loads(path.read_text())
        console.print(f"Sign in to the account [bold]{known['account']}[/bold]:")
        for user in known["users"]:
            console.print(f"  {user['initials']}  {user['password']}  ({user['role']})")
        console.print(f"The same stands in {path}\n")
