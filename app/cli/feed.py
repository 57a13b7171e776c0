"""`feed verify`, `feed rebuild`, `feed upgrade`, `feed trim` and `feed restored`."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.accounts import erasures
from app.accounts.store import accounts
from app.cli.ground import account_of, console, database, fail, migrated, run
from app.core.db import Database
from app.core.principal import Principal
from app.core.settings import settings
from app.desk.idempotency import forget_old
from app.leaving import erasing, ledger, people
from app.sync import growth, registry, restores, retention, upkeep
from app.sync.upkeep import Found

cli = typer.Typer(no_args_is_help=True, help="Look after the feed that phones pull from.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


@cli.command()
def verify(account: AccountName) -> None:
    """Compare the feed of an account with its records, and its tallies with it; fails when they differ."""
    differing = _on_feed(account, upkeep.verify)
    console.print(f"{differing.records} records differ from the feed.")
    console.print(f"{differing.tallies} tallies differ from it.")
    raise typer.Exit(1 if differing else 0)


@cli.command()
def rebuild(account: AccountName) -> None:
    """Write the feed of an account anew wherever it differs from its records, and its tallies with it."""
    mended = _on_feed(account, upkeep.rebuild)
    console.print(f"{mended.records} records were written anew.")
    console.print(f"{mended.tallies} tallies were counted anew.")


@cli.command()
def upgrade(
    account: Annotated[str | None, typer.Argument(help="Account name; without one, all accounts.")] = None,
) -> None:
    """Render what a new version of the app added, then let phones have it; when no older version serves."""
    with migrated() as url:
        count = run(upgrade_all(url, account))
    console.print(f"Accounts at schema version {registry.schema_version()}: {count}.")


@cli.command()
def trim(
    account: Annotated[str | None, typer.Argument(help="Account name; without one, all accounts.")] = None,
) -> None:
    """Forget now what servers forget each day: deletions every phone has heard of, and the like."""
    with migrated() as url:
        count = run(trim_all(url, account))
    console.print(f"Accounts looked through: {count}.")


@cli.command()
def restored(
    account: Annotated[str | None, typer.Argument(help="Account name; without one, all accounts.")] = None,
    *,
    was_served: Annotated[
        bool, typer.Option("--served", help="Somebody was served since: phones start again.")
    ] = False,
) -> None:
    """Say that a backup was restored, before anybody is served: phones compare what they hold and go on."""
    erased = ledger.known(settings().data_dir)

    async def announce(made: Database, name: str, account_id: UUID) -> None:
        who = Principal.system(account_id, name)
        async with made.reading(account_id) as session:
            began = erased.get(account_id) or await erasures.began_at(session)
        if began is not None:
            await erasing.shut(made, who)
            console.print(
                f"{name}: was erased on {began:%Y-%m-%d}, and is shut until it is again:"
                f" python -m app account erase {name} --confirm {name}"
            )
            return
        revision = await restores.announce(made, who, was_served=was_served)
        console.print(f"{name}: restored as it was at revision {revision}.")
        for each in await people.back_again(made, who, settings().data_dir):
            again = f"python -m app person erase {name} clients/{each}"
            console.print(f"{name}: somebody who was erased is back: {again}")

    with migrated() as url:
        count = run(_each(url, account, announce))
    console.print(f"Accounts restored: {count}.")


async def upgrade_all(url: str, account: str | None = None) -> int:
    """Bring the feed of one account, or of all, up to this version of the app; return how many there are."""
    return await _each(url, account, _upgrade_one)


async def trim_all(url: str, account: str | None = None) -> int:
    """Forget what nobody needs in one account, or in all; return how many there are."""
    return await _each(url, account, _trim_one)


async def _each(url: str, account: str | None, work: Callable[[Database, str, UUID], Awaitable[None]]) -> int:
    """Do something with one account, or with all, one after the other; return how many there are."""
    async with database(url) as made:
        async with made.directory() as connection:
            known = await accounts(connection)
        wanted = [each for each in known if account is None or each[0] == account.lower()]
        if account is not None and not wanted:
            fail(f"There is no account {account}.")
        for name, account_id in wanted:
            await work(made, name, account_id)
    return len(wanted)


async def _trim_one(made: Database, name: str, account_id: UUID) -> None:
    who = Principal.system(account_id, name)
    gone, answers = await retention.trim(made, who), await forget_old(made, who)
    if gone or answers:
        console.print(
            f"{name}: {gone.tombstones:,} deletions, {gone.states:,} states of records,"
            f" {gone.verdicts:,} verdicts and {answers:,} kept answers were forgotten."
        )


async def _upgrade_one(made: Database, name: str, account_id: UUID) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        rendered = await growth.upgrade(
            made,
            Principal.system(account_id, name),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if rendered is not None:
        console.print(f"{name}: {rendered:,} records were rendered anew.")


def _on_feed(account: str, work: Callable[[Database, Principal], Awaitable[Found]]) -> Found:
    async def found(url: str) -> Found:
        async with database(url) as made:
            account_id = await account_of(made, account)
            if account_id is None:
                console.print(f"There is no account {account}.")
                raise typer.Exit(1)
            return await work(made, Principal.system(account_id, account))

    with migrated() as url:
        return run(found(url))
