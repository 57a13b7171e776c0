"""How Alembic finds the tables and the database: as their owner, step by step, with a lock timeout."""

import asyncio
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pkgutil import walk_packages

import sqlalchemy as sa
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import app
from alembic import context
from app.core.db import connector
from app.core.embedded import Embedded
from app.core.migrations import LOCK_TIMEOUT, protect_new_tables
from app.core.settings import settings

# Two servers that start together migrate one after the other. The session holds the lock, not a transaction,
# and whoever waits asks again: an index that is built beside its readers waits for every statement under way.
ONE_AT_A_TIME = sa.text("SELECT pg_try_advisory_lock(hashtext('studio migrations'))")
ASK_AGAIN = 0.2
# A migration that waits for a lock blocks everybody behind it: better to fail and be run again. How long it
# works is not bounded, whatever the URL or the role says for those who serve: an index of a large table takes
# its time.
BOUNDS = sa.text(
    "SELECT set_config('lock_timeout', :lock, false), set_config('statement_timeout', '0', false)"
)


def compares() -> bool:
    """Tell whether the tables that the code declares are asked for: an upgrade has a destination instead."""
    try:
        context.get_revision_argument()
    except KeyError:
        return True
    return False


def load_tables() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for module in walk_packages(app.__path__, "app."):
        if module.name == "app.core.revisions" or module.name.endswith("models") or ".studio." in module.name:
            import_module(module.name)


def before_writing(
    _context: MigrationContext, _revision: str | Iterable[str | None] | None, scripts: list[MigrationScript]
) -> None:
    """Protect new tables; number the migration after the last one."""
    for script in scripts:
        if script.upgrade_ops is not None:
            protect_new_tables(script.upgrade_ops)
        if getattr(context.config.cmd_opts, "rev_id", None) is None:
            last = context.script.get_current_head()
            script.rev_id = f"{int(last or 0) + 1:04}"


def run(connection: sa.Connection) -> None:
    """Run each migration in a transaction of its own: what one has locked, the next must not hold."""
    while not connection.scalar(ONE_AT_A_TIME):
        connection.commit()
        time.sleep(ASK_AGAIN)
    connection.execute(BOUNDS, {"lock": LOCK_TIMEOUT})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        process_revision_directives=before_writing,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect(url: str) -> None:
    """Connect as the owner of the tables, and not as the role a login may work as once it serves."""
    opened = connector(url, {"role": "none"}, answering=None)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=opened, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


def main() -> None:
    """Migrate the database asked for, the one the settings name, or the embedded one."""
    if context.config.cmd_opts is not None:
        logging.basicConfig(format="%(message)s")
        for name in ("alembic.runtime.migration", "alembic.autogenerate"):
            logging.getLogger(name).setLevel(logging.INFO)
    if compares():
        load_tables()
    named = settings()
    url = context.config.attributes.get("url") or named.migrated_by[1]
    with ExitStack() as stack:
        url = url or stack.enter_context(Embedded.start(named.data_dir)).url
        # A thread of its own, because the caller's may already run an event loop.
        stack.enter_context(ThreadPoolExecutor(1)).submit(asyncio.run, connect(url)).result()


main()
