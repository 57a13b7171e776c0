"""`demo`: a believable studio to try things on."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.accounts.login import initials_key
from app.accounts.passwords import verify
from app.accounts.store import find_active_user
from app.cli.ground import account_of, console, database, fail, migrated, run
from app.core.db import Database
from app.core.settings import Settings, settings
from app.demo.seeding import ACCOUNT, seed
from app.demo.sign_in import SignIn, file_of, read_sign_in, write_sign_in
from app.galleries.files import opened as opened_files


def demo(
    clients: Annotated[
        int, typer.Option(min=1, help="How many clients; 2000 make about 40,000 records.")
    ] = 2000,
    number: Annotated[int, typer.Option("--seed", help="The same seed makes the same studio.")] = 1,
    account: Annotated[str, typer.Option(help="The account's name.")] = ACCOUNT,
) -> None:
    """Make a demo studio and say how to sign in."""
    chosen = settings()
    with migrated() as url:
        records = run(make_demo(url, chosen, clients, number=number, account=account))
    if records is None:
        fail(f"The account {account} is there already and stays as it is; --account NAME makes another.")
    console.print(f"The account {account} has {records:,} records.")
    say_how_to_sign_in(chosen, account)


async def make_demo(
    url: str, chosen: Settings, clients: int, *, number: int = 1, account: str = ACCOUNT
) -> int | None:
    """Make the account and return how many records it has, none when there is one already.

    A bar shows how far it is, from when the account could be made.
    """
    columns = (TextColumn("Making the demo studio"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with database(url) as made:
        if await account_of(made, account) is not None:
            return None
        with ExitStack() as shown:
            bar = Progress(*columns, console=console)
            task = bar.add_task("clients", total=clients)

            def opened(sign_in: SignIn) -> None:
                _keep(chosen, sign_in)
                shown.enter_context(bar)

            sign_in = await seed(
                made,
                clients=clients,
                seed=number,
                account=account,
                opened=opened,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
                files=opened_files(chosen),
                workers=chosen.picture_workers,
            )
        _keep(chosen, sign_in)
        return await _records(made, account)


async def require_no_open_demo(url: str, chosen: Settings) -> None:
    """Refuse to work in production with a demo studio that is opened by a password of its file."""
    sign_in = read_sign_in(chosen.data_dir, ACCOUNT) if chosen.environment == "production" else None
    if sign_in is None:
        return
    async with database(url) as made:
        account_id = await account_of(made, sign_in.account)
        if account_id is None:
            return
        async with made.reading(account_id) as session:
            found = [
                (each, await find_active_user(session, initials_key(each.initials))) for each in sign_in.users
            ]
        for known, user in found:
            if user is not None and await verify(known.password, user.password_hash):
                path = file_of(chosen.data_dir, sign_in.account)
                fail(
                    f"DATA_DIR: {path} opens the account {sign_in.account} in production: give"
                    f" {known.initials} another password, by `python -m app account password"
                    f" {sign_in.account} {known.initials}`."
                )


async def _records(made: Database, account: str) -> int:
    account_id = await account_of(made, account)
    if account_id is None:
        return 0
    async with made.reading(account_id) as session:
        count = "SELECT count(*) FROM feed WHERE account_id = $1"
        return cast("int", await session.raw.fetchval(count, account_id))


def say_how_to_sign_in(chosen: Settings, account: str = ACCOUNT) -> None:
    """Print the address and how to sign in, if this data directory made the account."""
    console.print(f"\nAddress: {_address(chosen)}")
    sign_in = read_sign_in(chosen.data_dir, account)
    if sign_in is None:
        return
    console.print(f"Sign in to the account [bold]{sign_in.account}[/bold]:")
    for user in sign_in.users:
        console.print(f"  {user.initials}  {user.password}  ({user.role})")
    if sign_in.client:
        console.print(f"The gallery of {sign_in.client.name}: {_address(chosen)}{sign_in.client.path}")
        console.print(f"  {sign_in.client.user_name}  {sign_in.client.password}")
    # Written anew, because the address may be another than last time.
    console.print(f"The same stands in {_keep(chosen, sign_in)}\n")


def _keep(chosen: Settings, sign_in: SignIn) -> Path:
    return write_sign_in(chosen.data_dir, _address(chosen), sign_in)


def _address(chosen: Settings) -> str:
    return f"http://{chosen.host}:{chosen.port}"
