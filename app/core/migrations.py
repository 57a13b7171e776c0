"""Bringing a database up to date, and what every migration of a tenant table says."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import CreateTableOp, MigrateOperation, OpContainer
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError

from alembic import command, op
from app.core.distribution import FIRST, spreading
from app.core.roles import APP_ROLE

log = logging.getLogger("studio.migrations")

ROOT = Path(__file__).resolve().parents[2]
LOCK_TIMEOUT = "5s"
"""How long a migration waits for a lock that others would have to wait behind."""

# Where the others are spread over nodes, a new one is, too: a row of it leads to rows of theirs.
_LAY_BESIDE = f"""
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('public.{FIRST}')) THEN
            PERFORM {{step}};
        END IF;
    END IF;
END $$
"""


def configuration(url: str | None = None) -> Config:
    """Return Alembic's configuration for a database, or for the one the settings name."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring a database up to date as the owner of its tables; safe in several processes at once.

    Blocks; works also in a thread that runs an event loop. One of a newer version stays as it is: migrations
    suit the version before them, which may have to be started again.
    """
    try:
        command.upgrade(configuration(url), "head")
    except CommandError as failure:
        if not _is_ahead(failure.__cause__):
            raise
        log.warning("the database is of a newer version of the app, and stays as it is")


def _is_ahead(cause: BaseException | None) -> bool:
    """Say whether a revision is unknown because it is behind all that this version knows."""
    return isinstance(cause, ResolutionError) and str(cause.argument) > newest()


def newest() -> str:
    """Return the revision this version of the code has its tables at."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def protect(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Let the app see and write only the rows of the account it has set, in a table led by account_id.

    With fewer `rights` it cannot do the rest to any.
    """
    mine = "account_id = NULLIF(current_setting('app.account', true), '')::uuid"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_account ON {table} USING ({mine}) WITH CHECK ({mine})")
    op.execute(f"GRANT {rights} ON {table} TO {APP_ROLE}")
    op.execute(_LAY_BESIDE.format(step=spreading(table)))


@contextmanager
def concurrently() -> Iterator[None]:
    """Build and drop indexes beside their readers and writers, however long others take to end.

    Nobody waits behind these waits, so no lock timeout cuts them. Each statement stands by itself: where one
    run was cut the next has to find out, and go on.
    """
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        yield
        op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def create_app_role() -> None:
    """Make the role the app works as, when the cluster has none, and let the migrating user become it.

    A role belongs to the whole cluster, so that two databases may be migrated at the same moment.
    """
    op.execute(f"""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
                BEGIN
                    CREATE ROLE {APP_ROLE} NOLOGIN;
                EXCEPTION
                    WHEN duplicate_object OR unique_violation THEN NULL;
                    WHEN insufficient_privilege THEN
                        RAISE 'the role {APP_ROLE} is missing and % may not create it', current_user
                        USING HINT = 'As a superuser: CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO '
                            || quote_ident(current_user);
                END;
            END IF;
            IF NOT pg_has_role(current_user, '{APP_ROLE}',
                CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
            THEN
                GRANT {APP_ROLE} TO CURRENT_USER;
            END IF;
        END
        $$""")


class ProtectOp(MigrateOperation):
    """A `protect` in a generated migration."""

    def __init__(self, table: str) -> None:
        self.table = table

    def reverse(self) -> MigrateOperation:
        """Say nothing: what is dropped needs no protection."""
        return OpContainer()

    def to_diff_tuple(self) -> tuple[str, str]:
        """Name the table to whoever is told what the database lacks."""
        return "protect", self.table


@cast("Callable[[Callable[..., str]], Callable[..., str]]", renderers.dispatch_for(ProtectOp))
def _render(context: AutogenContext, operation: ProtectOp) -> str:
    context.imports.add("from app.core.migrations import protect")
    return f'protect("{operation.table}")'


def protect_new_tables(operations: OpContainer) -> None:
    """Add a `protect` behind each table of accounts that a generated migration creates."""
    operations.ops = [found for operation in operations.ops for found in _protected(operation)]


def _protected(operation: MigrateOperation) -> list[MigrateOperation]:
    if not isinstance(operation, CreateTableOp):
        return [operation]
    columns = {column.name for column in operation.columns if isinstance(column, sa.Column)}
    return [operation, ProtectOp(operation.table_name)] if "account_id" in columns else [operation]
