"""What every command stands on: settings and a database that are in order, and refusals in plain words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from app.accounts.store import find_account
from app.core.db import Database, connector, session_settings
from app.core.embedded import Embedded, EmbeddedError
from app.core.errors import AppError
from app.core.migrations import migrate
from app.core.principal import Principal
from app.core.production import unsafe
from app.core.roles import settle
from app.core.settings import Settings, settings
from app.sync import registry

console = Console(soft_wrap=True)
T = TypeVar("T")

_FOREIGN_STATES = ("08", "28", "3D", "53", "57", "42501", "55P03", "P0001")
"""SQLSTATEs an operator can mend: connection, sign-in, no such database, resources, rights, locks, ours."""


def fail(sentence: str) -> NoReturn:
    """End the command with a sentence."""
    console.print(sentence, markup=False, highlight=False)
    raise typer.Exit(1)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, whole: int = 0) -> None:
    """Print rows under their heads; off a terminal one a line, between tabs.

    The column `whole` is never broken.
    """
    if not console.is_terminal:
        typer.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(*heads)
    table.columns[whole].no_wrap = True
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def check_settings() -> None:
    """Refuse settings no command can work with; their values, which may hold a password, are not repeated."""
    try:
        chosen = settings()
    except ValidationError as refused:
        found = refused.errors(include_url=False, include_input=False)
        fail("\n".join(f"{str(each['loc'][0]).upper()}: {_words(each)}." for each in found))
    if wrong := [*_wrong(chosen)]:
        fail("\n".join(wrong))


def _words(found: ErrorDetails) -> str:
    examples = Settings.model_fields[str(found["loc"][0])].examples
    return f"This is not such as {examples[0]}" if "pattern" in found["type"] and examples else found["msg"]


def _wrong(chosen: Settings) -> Iterator[str]:
    """Return what no setting shows by itself, a sentence each."""
    if not chosen.database_url:
        yield from _of_no_database(chosen)
    if no_urls := [name.upper() for name in Settings.model_fields if not _is_url(chosen, name)]:
        for name in no_urls:
            yield f"{name}: This is no PostgreSQL URL such as postgresql://user:password@host/database."
    else:
        yield from unsafe(chosen)
    if chosen.mail_relay_url:
        if not _has_host(chosen.mail_relay_url):
            yield "MAIL_RELAY_URL: It names no host such as smtps://user:password@host:465."
        if chosen.mail_relay_from is None:
            yield "MAIL_RELAY_FROM: MAIL_RELAY_URL sends nothing without an address letters come from."
    if chosen.minimum_schema_version > (newest := registry.schema_version()):
        yield f"MINIMUM_SCHEMA_VERSION: The newest schema version is {newest}."


def _of_no_database(chosen: Settings) -> Iterator[str]:
    if chosen.is_pooled:
        yield "DATABASE_POOLER: There is no pooler without DATABASE_URL."
    if chosen.pull_database_url:
        yield "PULL_DATABASE_URL: There is no replica without DATABASE_URL."
    if chosen.distributed:
        yield "DISTRIBUTED: There is nothing to distribute without DATABASE_URL."


def _has_host(url: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    return False


def _is_url(chosen: Settings, name: str) -> bool:
    if not name.endswith("database_url"):
        return True
    with suppress(ArgumentError, ValueError):
        return make_url(getattr(chosen, name) or "postgresql://").drivername.startswith("postgres")
    return False


@contextmanager
def blaming(variable: str) -> Iterator[None]:
    """Say which setting is to blame when a database cannot be used; any other failure is a defect."""
    try:
        yield
    except (OSError, EmbeddedError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as failure:
        cause = (failure.orig and failure.orig.__cause__) if isinstance(failure, DBAPIError) else failure
        state = getattr(cause, "sqlstate", None)
        if cause is None or (state and not state.startswith(_FOREIGN_STATES)):
            raise
        hint = getattr(cause, "hint", None)
        fail(f"{variable}: {cause}" if hint is None else f"{variable}: {cause.args[0]}. {hint}")


@contextmanager
def migrated() -> Iterator[str]:
    """Lend the URL of a database that is up to date: the one the settings name, or the embedded one."""
    chosen = settings()
    if chosen.database_url:
        variable, owner = chosen.migrated_by
        with blaming(variable):
            migrate(owner or chosen.database_url)
        if chosen.is_pooled:
            asyncio.run(_settled(chosen))
        yield chosen.database_url
        return
    with blaming("DATA_DIR"):
        started = Embedded.start(chosen.data_dir)
    with started as server:
        migrate(server.url)
        yield server.url


async def _settled(chosen: Settings) -> None:
    """Have the login of a pooler work as the app does: by its own word where it may pass by the pooler."""
    pooled, listening = make_url(chosen.database_url or ""), make_url(chosen.listen_database_url or "")
    is_own = pooled.username == listening.username
    variable, url = ("LISTEN_DATABASE_URL", chosen.listen_database_url) if is_own else chosen.migrated_by
    with blaming(variable):
        connection = await connector(url or "", {"role": "none"})()
        try:
            settings_of = session_settings(chosen.database_url or "", is_distributed=chosen.distributed)
            await settle(connection, pooled.username or "", settings_of)
        finally:
            await connection.close()


@asynccontextmanager
async def database(url: str) -> AsyncIterator[Database]:
    """Lend the app's own connections, once one of them could be made; past a pooler to any other URL."""
    chosen = settings()
    # Whichever way leads there, it is the same database.
    is_pooled = chosen.is_pooled and url == chosen.database_url
    made = Database(url, is_pooled=is_pooled, is_distributed=chosen.distributed)
    try:
        with blaming("DATABASE_URL"):
            async with made.directory():
                pass
        yield made
    finally:
        await made.close()


async def reached(url: str) -> None:
    """Refuse a database that the app's own connections do not reach, or not as the role they work as."""
    async with database(url):
        pass


async def account_of(made: Database, name: str) -> UUID | None:
    """Return the account of a name, if there is one."""
    async with made.directory() as connection:
        return await find_account(connection, name.lower())


def run(doing: Coroutine[Any, Any, T]) -> T:
    """Carry out a command; a refusal becomes its sentence and a failed command."""
    try:
        return asyncio.run(doing)
    except AppError as refusal:
        members = [f"{name}: {value}" for name, value in refusal.extra.items()]
        fail(f"{refusal} ({'; '.join([refusal.code, *members])})")


def on_account(
    name: str, work: Callable[[Database, Principal], Awaitable[T]], *, as_owner: bool = False
) -> T:
    """Do some work on an account in the system's name, once the database is up to date.

    `as_owner`: on connections of who owns the tables, where the settings name somebody of their own for that.
    """

    async def done(url: str) -> T:
        variable, owner = settings().migrated_by if as_owner else ("DATABASE_URL", None)
        async with database(owner or url) as made:
            account_id = await account_of(made, name)
            if account_id is None:
                fail(f"There is no account {name}.")
            with blaming(variable) if as_owner else nullcontext():
                return await work(made, Principal.system(account_id, name))

    with migrated() as url:
        return run(done(url))
