"""`demo`: a believable studio to try things on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.ground import account_of, console, database, migrated, run
from app.core.settings import Settings, settings
from app.demo.seeding import ACCOUNT, seed
from app.demo.sign_in import SignIn, read_sign_in, write_sign_in


def demo(
    clients: Annotated[int, typer.Option(help="How many clients; 2000 make about 40,000 records.")] = 2000,
    number: Annotated[int, typer.Option("--seed", help="The same seed makes the same studio.")] = 1,
    account: Annotated[str, typer.Option(help="The account's name.")] = ACCOUNT,
) -> None:
    """Make a demo studio and say how to sign in."""
    chosen = settings()
    with migrated() as url:
        is_new = run(make_demo(url, chosen, clients, number=number, account=account))
    if not is_new:
        console.print(f"The account {account} was there already and is as it was; --account makes another.")
    say_how_to_sign_in(chosen, account)


async def make_demo(
    url: str, chosen: Settings, clients: int, *, number: int = 1, account: str = ACCOUNT
) -> bool:
    """Fill the account with a bar that shows how far it is, or tell that there is one already."""
    columns = (TextColumn("Making the demo studio"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with database(url) as made:
        if await account_of(made, account) is not None:
            return False
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
    return True


def say_how_to_sign_in(chosen: Settings, account: str = ACCOUNT) -> None:
    """Print the address and how to sign in, if this data directory made the account."""
    console.print(f"\nAddress: {_address(chosen)}")
    sign_in = read_sign_in(chosen.data_dir, account)
    if sign_in is None:
        return
    console.print(f"Sign in to the account [bold]{sign_in.account}[/bold]:")
    for user in sign_in.users:
        console.print(f"  {user.initials}  {user.password}  ({user.role})")
    # Written anew, because the address may be another than last time.
    console.print(f"The same stands in {_keep(chosen, sign_in)}\n")


def _keep(chosen: Settings, sign_in: SignIn) -> Path:
    return write_sign_in(chosen.data_dir, _address(chosen), sign_in)


def _address(chosen: Settings) -> str:
    return f"http://{chosen.host}:{chosen.port}"
