"""What every command stands on: a database that is up to date, and refusals said in plain words."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar
from uuid import UUID

import typer
from rich.console import Console

from app.accounts.store import find_account
from app.core.db import Database
from app.core.embedded import Embedded
from app.core.errors import AppError
from app.core.migrations import migrate
from app.core.settings import settings

console = Console(soft_wrap=True)
T = TypeVar("T")


@contextmanager
def migrated() -> Iterator[str]:
    """Lend the URL of a database that is up to date: the one the settings name, or the embedded one."""
    chosen = settings()
    if chosen.database_url:
        migrate(chosen.migration_database_url or chosen.database_url)
        yield chosen.database_url
        return
    with Embedded.start(chosen.data_dir) as server:
        migrate(server.url)
        yield server.url


@asynccontextmanager
async def database(url: str) -> AsyncIterator[Database]:
    """Lend the app's own connections."""
    made = Database(url)
    try:
        yield made
    finally:
        await made.close()


async def account_of(made: Database, name: str) -> UUID | None:
    """Return the account of a name, if there is one."""
    async with made.directory() as connection:
        return await find_account(connection, name.lower())


def run(doing: Coroutine[Any, Any, T]) -> T:
    """Carry out a command; a refusal becomes its sentence and a failed command."""
    try:
        return asyncio.run(doing)
    except AppError as refusal:
        console.print(f"{refusal} ({refusal.code})")
        raise typer.Exit(1) from None
