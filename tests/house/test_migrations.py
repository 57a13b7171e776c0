"""The migrations make the tables that the code declares, and take them back."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Table, Text, Uuid
from sqlmodel import SQLModel

from alembic import command
from app.core.migrations import configuration, migrate

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
"""


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {row["relname"] for row in await connection.fetch(_TABLES)}
    finally:
        await connection.close()


def test_up_down_and_up_again(empty_database: str) -> None:
    migrate(empty_database)
    made = asyncio.run(_tables(empty_database))
    command.downgrade(configuration(empty_database), "base")
    assert asyncio.run(_tables(empty_database)) == {"alembic_version"}
    migrate(empty_database)
    assert asyncio.run(_tables(empty_database)) == made


def test_the_tables_are_those_the_code_declares(owner_url: str) -> None:
    command.check(configuration(owner_url))


async def test_a_loop_that_runs_already_is_no_hindrance(empty_database: str) -> None:
    migrate(empty_database)
    assert "account_clock" in await _tables(empty_database)


def test_servers_that_start_together_take_turns(empty_database: str, repository: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_database}
    upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]
    servers = [
        subprocess.Popen(upgrade, cwd=repository, env=environment, stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [server.communicate()[1].decode() for server in servers]
    assert [server.returncode for server in servers] == [0, 0], said
    assert sum("Running upgrade  -> 0001" in text for text in said) == 1


def test_the_chain_is_one_line_of_numbers() -> None:
    history = [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()]
    assert history == [f"{n:04}" for n in range(len(history), 0, -1)]


@pytest.fixture
def new_table() -> Iterator[Table]:
    """Declare a table as a new collection would."""
    table = Table(
        "contracts",
        SQLModel.metadata,
        Column("account_id", Uuid, primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("title", Text, nullable=False),
    )
    yield table
    SQLModel.metadata.remove(table)


async def _policies(url: str, table: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch("SELECT policyname FROM pg_policies WHERE tablename = $1", table)
        return [row["policyname"] for row in found]
    finally:
        await connection.close()


def test_a_generated_migration_is_numbered_and_protects_its_new_table(
    new_table: Table, repository: Path, tmp_path: Path, empty_database: str
) -> None:
    config = configuration(empty_database)
    config.set_main_option("script_location", str(copytree(repository / "alembic", tmp_path / "alembic")))
    command.upgrade(config, "head")
    last = ScriptDirectory.from_config(config).get_current_head()
    command.revision(config, message=new_table.name, autogenerate=True)
    assert ScriptDirectory.from_config(config).get_current_head() == f"{int(last or 0) + 1:04}"
    command.upgrade(config, "head")
    command.check(config)
    assert asyncio.run(_policies(empty_database, new_table.name)) == ["contracts_account"]
    command.downgrade(config, "-1")
    assert new_table.name not in asyncio.run(_tables(empty_database))
