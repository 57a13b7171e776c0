"""`account export`, `account erase` and `person erase`: what is taken along, and that nothing stays."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.cli.ground import console, fail, on_account
from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.core.settings import settings
from app.galleries.files import opened
from app.leaving import erasing, exporting, people
from app.leaving.erasing import StillSubscribed
from app.leaving.exporting import Exported, NoPlace
from app.leaving.people import CLIENTS, Erased, NoSuchPerson
from app.sync.refusals import ChangeRefused

person = typer.Typer(no_args_is_help=True, help="Look after people who are in records.")
AccountName = Annotated[str, typer.Argument(help="Account name.")]


def export(
    name: AccountName, *, to: Annotated[Path, typer.Option(help="An empty folder, or one that is made.")]
) -> None:
    """Write all that an account has into a folder: rows as JSON, pictures, a manifest; cut, it goes on."""

    async def exported(made: Database, who: Principal) -> Exported:
        files, account = opened(settings()), (who.account_name, who.account_id)
        return await exporting.export(made, files, account, to, tell=console.print)

    try:
        found = on_account(name, exported)
    except NoPlace:
        fail(f"{to} has something else in it.")
    console.print(
        f"{name}: {found.rows:,} rows of {found.tables} tables and {found.pictures:,} pictures"
        f" ({found.bytes:,} bytes) are in {to}."
    )
    if found.missing:
        console.print(f"Pictures whose file is missing: {found.missing}.")


def erase(
    name: AccountName, *, confirm: Annotated[str, typer.Option(help="The account's name once more.")]
) -> None:
    """Erase an account for good, its files too, and have its phones clear their copies; cut, run it again."""
    if confirm != name:
        fail(f"Nothing was erased: --confirm {confirm} is not {name}.")

    async def erased(made: Database, who: Principal) -> int:
        chosen = settings()
        return await erasing.erase(made, opened(chosen), who, chosen.data_dir, tell=console.print)

    try:
        rows = on_account(name, erased, as_owner=True)
    except StillSubscribed:
        fail(f"{name} has a subscription: python -m app account change {name} --subscription cancelled")
    console.print(f"{name} is erased: {rows:,} rows. Backups have it for as long as they are kept.")


@person.command("erase")
def erase_person(
    name: AccountName, record: Annotated[str, typer.Argument(help="Who: clients/ and the id of the record.")]
) -> None:
    """Erase a client, all that belongs to it, and what else tells of it, from the audit trail too."""
    client_id = _client(record)

    async def erased(made: Database, who: Principal) -> Erased:
        return await people.erase(made, who, settings().data_dir, client_id)

    try:
        found = on_account(name, erased, as_owner=True)
    except NoSuchPerson:
        fail(f"{name} has no {record}, and never had.")
    except ChangeRefused as refusal:
        referring = ", ".join(refusal.fields or {})
        fail(f"{record} stands in the books: delete or change what refers to it first, in {referring}.")
    console.print(
        f"{record} is erased: {found.records:,} records, {found.rows:,} rows that told of them,"
        f" {found.entries:,} entries of the audit trail emptied."
    )
    until = clock.now() + timedelta(days=settings().backup_days)
    console.print(f"Backups that were made before have it until {until:%Y-%m-%d}, by BACKUP_DAYS.")


def _client(record: str) -> UUID:
    collection, _, record_id = record.partition("/")
    try:
        client_id = UUID(record_id)
    except ValueError:
        client_id = None
    if collection != CLIENTS or client_id is None:
        fail(f"{record}: who is erased is named by {CLIENTS}/ and an id.")
    return client_id
