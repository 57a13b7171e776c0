"""The migrations make the tables that the code declares, and take them back."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Table, Text, Uuid
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from alembic import command
from app.accounts.devices import authorize, deactivate
from app.accounts.lifecycle import create_account
from app.accounts.models import Edition
from app.accounts.users import NewUser
from app.core.db import APP_ROLE, Database
from app.core.migrations import configuration, migrate
from app.core.principal import Principal
from app.sync import registry
from app.sync.store import Write, write
from app.sync.upkeep import Found, verify
from tests.samples import sample

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


async def test_what_an_index_leaves_out_is_what_the_code_declares(owner_url: str) -> None:
    """Alembic does not compare that."""
    rows = await _rows(owner_url, _PARTIAL)
    declared = {
        str(index.name)
        for collection in registry.collections()
        for index in collection.table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }
    assert "uq_clients_client_number" in declared
    assert "ix_sessions_client_id" not in declared, "a session always has a client"
    of_collections = {collection.name for collection in registry.collections()}
    assert {row["name"] for row in rows if row["table"] in of_collections} == declared


_PARTIAL = """
    SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name
    FROM pg_index WHERE indpred IS NOT NULL AND indisvalid
"""


@pytest.fixture
def owned_database(empty_database: str) -> Iterator[str]:
    """Have a database whose owner is no superuser, as where PostgreSQL is hired; the URL is the owner's."""
    owner = f"studio_test_owner_{os.getpid()}"
    name = make_url(empty_database).database
    made = (f"CREATE ROLE {owner}", f"GRANT {APP_ROLE} TO {owner}", f"ALTER DATABASE {name} OWNER TO {owner}")
    asyncio.run(_execute(empty_database, *made))
    yield make_url(empty_database).update_query_dict({"role": owner}).render_as_string(hide_password=False)
    asyncio.run(_execute(empty_database, f"REASSIGN OWNED BY {owner} TO CURRENT_USER", f"DROP ROLE {owner}"))


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def test_what_the_feeds_hold_already_is_tallied_behind_the_walls_of_its_accounts(
    owned_database: str, empty_database: str
) -> None:
    migrate(owned_database)
    account_id, _ = asyncio.run(_with_cards(empty_database, [[CARD], []]))
    before = ScriptDirectory.from_config(configuration()).get_revision("0008").down_revision
    command.downgrade(configuration(owned_database), str(before))
    migrate(owned_database)
    [kept] = asyncio.run(_rows(empty_database, "SELECT sum(amount) FROM feed_tallies WHERE kind = 1"))
    [told] = asyncio.run(_rows(empty_database, "SELECT count(*) FROM feed"))
    assert kept["sum"] == told["count"] > 0
    assert not asyncio.run(_differing(empty_database, account_id))


def test_bodies_are_joined_behind_the_walls_of_their_accounts_and_taken_apart_again(
    owned_database: str, empty_database: str
) -> None:
    migrate(owned_database)
    asyncio.run(_with_letter(empty_database))
    joined = asyncio.run(_rows(empty_database, _FEED))
    before = ScriptDirectory.from_config(configuration()).get_revision("0010").down_revision
    command.downgrade(configuration(owned_database), str(before))
    [letter] = [row for row in asyncio.run(_rows(empty_database, _FEED)) if row["collection"] == _EMAILS]
    pieces = [letter["core"], *letter["parts"]]
    assert letter["core"].startswith(b'{"id":')
    assert [len(piece) for piece in pieces] == letter["sizes"]
    assert [piece.partition(b":")[0] for piece in pieces[3:]] == [b',"body"', b',"body"', b',"pages"']
    migrate(owned_database)
    assert asyncio.run(_rows(empty_database, _FEED)) == joined


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


CARD = {
    "id": "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001",
    "payment_method_id": None,
    "brand": "visa",
    "last_four": "4242",
    "expiry_month": 8,
    "expiry_year": 2028,
    "is_default": True,
    "is_inactive": False,
}


def test_saved_cards_find_their_way_into_their_clients_and_back(empty_database: str) -> None:
    migrate(empty_database)
    account_id, ids = asyncio.run(_with_cards(empty_database, [[CARD], []]))
    before = ScriptDirectory.from_config(configuration()).get_revision("0007").down_revision
    command.downgrade(configuration(empty_database), str(before))
    rows = asyncio.run(_rows(empty_database, "SELECT * FROM saved_cards"))
    assert [(str(row["id"]), row["client_id"], row["last_four"]) for row in rows] == [
        (CARD["id"], ids[0], "4242")
    ]
    [bodies] = asyncio.run(_rows(empty_database, _BODIES_WITH_CARDS))
    assert bodies["count"] == 0
    migrate(empty_database)
    kept = asyncio.run(_rows(empty_database, "SELECT id, saved_cards::text FROM clients"))
    assert {row["id"]: json.loads(row["saved_cards"]) for row in kept} == {ids[0]: [CARD], ids[1]: []}
    assert not asyncio.run(_differing(empty_database, account_id))


_BODIES_WITH_CARDS = """SELECT count(*) FROM feed WHERE convert_from(core, 'UTF8') LIKE '%,"saved_cards":%'"""


async def _with_cards(url: str, cards: list[list[dict[str, Any]]]) -> tuple[UUID, list[UUID]]:
    """Make an account with a client for each list of cards."""
    database, ids = Database(url), [uuid4() for _ in cards]
    jo = NewUser("JD", "a long walk by the sea", "Jo", "Doe")
    account = await create_account(
        database,
        account_name="cards",
        company_name="Harbor Light",
        time_zone="UTC",
        country="US",
        administrator=jo,
        edition=Edition.PROFESSIONAL,
        licences=1,
    )
    writes = [
        Write("clients", client, sample("clients", saved_cards=each, last_name='Ann ,"saved_cards":[]'))
        for client, each in zip(ids, cards, strict=True)
    ]
    async with database.writing(account.account_id) as session:
        await write(session, Principal.system(account.account_id), writes)
    await database.close()
    return account.account_id, ids


def test_devices_that_are_to_be_wiped_are_known_since_when(empty_database: str) -> None:
    migrate(empty_database)
    asyncio.run(_with_devices(empty_database))
    before = ScriptDirectory.from_config(configuration()).get_revision("0019").down_revision
    command.downgrade(configuration(empty_database), str(before))
    migrate(empty_database)
    kept, wiped = asyncio.run(_rows(empty_database, "SELECT * FROM devices ORDER BY wipe_nonce NULLS FIRST"))
    assert (kept["is_inactive"], kept["wipe_ordered_at"], kept["version"]) == (True, None, 1)
    assert wiped["wipe_ordered_at"] == wiped["deactivated_at"] is not None


async def _with_devices(url: str) -> None:
    """Make an account with two phones that are shut out, one with its copy."""
    account_id, _ = await _with_cards(url, [])
    [user] = await _rows(url, "SELECT user_id FROM users")
    database, who = Database(url), Principal.system(account_id)
    async with database.writing(account_id) as session:
        for wipe in (False, True):
            device = await authorize(session, who, user["user_id"], None)
            device.device_uid = uuid4()
            await deactivate(session, who, device, wipe=wipe)
    await database.close()


_FEED = "SELECT * FROM feed ORDER BY record_id"
_EMAILS = 740
# As a server leaves it whose version of the app has given letters one more field.
_GROWN = f"""
UPDATE feed SET body = body || convert_to(',"pages":2', 'UTF8'), sizes = sizes || 10
WHERE collection = {_EMAILS}
"""


async def _with_letter(url: str) -> None:
    """Make an account with a letter whose preview is shorter than its body."""
    account_id, _ = await _with_cards(url, [[]])
    database = Database(url)
    async with database.writing(account_id) as session:
        letter = Write("emails", uuid4(), sample("emails", body="Dear Ann. " * 1_000))
        await write(session, Principal.system(account_id), [letter])
    await database.close()
    await _execute(url, _GROWN)


async def _differing(url: str, account_id: UUID) -> Found:
    database = Database(url)
    try:
        return await verify(database, Principal.system(account_id))
    finally:
        await database.close()


async def _rows(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()
