"""The migrations make the tables that the code declares, and take them back."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Column, Table, Text, Uuid
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from alembic import command
from app.accounts.devices import authorize, deactivate
from app.accounts.lifecycle import create_account
from app.accounts.models import Edition
from app.accounts.users import NewUser
from app.core import migrations
from app.core.db import Database
from app.core.migrations import configuration, migrate
from app.core.principal import Principal
from app.core.roles import APP_ROLE
from app.studio.client_list.upkeep import verify as verify_list
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
    SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name, indexrelid AS oid
    FROM pg_index WHERE indpred IS NOT NULL AND indisvalid
"""


class Watcher:
    """One who sees a migration wait for others who have something open, and ends it there."""

    def __init__(self, url: str, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._url = url
        self._connection = connection

    @asynccontextmanager
    async def opened(self, isolation: Any = None) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Have a transaction open."""
        other = await asyncpg.connect(self._url)
        try:
            async with other.transaction(isolation=isolation):
                yield other
        finally:
            await other.close()

    async def waiting(self, migrating: "asyncio.Task[None]") -> int:
        """Return the backend of a migration that has waited far longer than the 10 ms a test may leave it."""
        while (backend := await self._connection.fetchval(_WAITING)) is None:
            assert not migrating.done()
        return int(backend)

    async def end(self, backend: int, migrating: "asyncio.Task[None]") -> None:
        """End a migration as the loss of its server would."""
        assert await self._connection.fetchval("SELECT pg_terminate_backend($1, 10000)", backend)
        with pytest.raises(Exception, match="connect"):
            await migrating


_WAITING = """
    SELECT l.pid
    FROM pg_locks l
    JOIN pg_stat_activity a USING (pid)
    WHERE a.datname = current_database() AND NOT l.granted
    AND l.waitstart < clock_timestamp() - interval '100 ms'
"""


@pytest.fixture
async def watcher(empty_database: str) -> AsyncIterator[Watcher]:
    connection = await asyncpg.connect(empty_database)
    yield Watcher(empty_database, connection)
    await connection.close()


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


def test_what_a_newer_version_has_made_is_left_alone_by_one_that_has_to_go_back(
    empty_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(empty_database)
    asyncio.run(_execute(empty_database, "UPDATE alembic_version SET version_num = '9999'"))
    migrate(empty_database)
    assert "newer version" in caplog.text
    asyncio.run(_execute(empty_database, "UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(CommandError):
        migrate(empty_database)


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


async def test_devices_are_visited_while_they_are_read_and_a_visit_that_is_cut_is_made_up_for(
    owned_database: str, empty_database: str, watcher: Watcher
) -> None:
    await asyncio.to_thread(migrate, owned_database)
    await _with_devices(empty_database)
    await asyncio.to_thread(command.downgrade, configuration(owned_database), _before("0019"))
    await _execute(empty_database, _HELD_UP, _AT_EACH_DEVICE)
    async with watcher.opened() as phone:
        await phone.execute("SELECT pg_advisory_xact_lock(19)")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, owned_database))
        backend = await watcher.waiting(migrating)
        assert len(await _rows(empty_database, _READ_AT_ONCE)) == 2
        await watcher.end(backend, migrating)
    await asyncio.to_thread(migrate, owned_database)
    [told] = await _rows(empty_database, "SELECT * FROM devices WHERE wipe_ordered_at = deactivated_at")
    assert told["wipe_nonce"] is not None


async def test_indexes_are_built_behind_a_backup_that_takes_longer_than_locks_are_waited_for(
    empty_database: str, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "10ms")
    await asyncio.to_thread(command.upgrade, configuration(empty_database), _before("0020"))
    async with watcher.opened(isolation="repeatable_read") as backup:
        await backup.execute("SELECT FROM clients")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, empty_database))
        await watcher.waiting(migrating)
    await migrating
    await _assert_all_are_exchanged(empty_database)


@pytest.mark.parametrize(
    "held", ["LOCK tasks IN ROW EXCLUSIVE MODE", "LOCK tasks IN ACCESS SHARE MODE"], ids=["built", "dropped"]
)
async def test_a_run_that_is_cut_while_an_index_is_built_or_dropped_is_finished_by_the_next(
    empty_database: str, watcher: Watcher, held: str
) -> None:
    await asyncio.to_thread(command.upgrade, configuration(empty_database), _before("0020"))
    async with watcher.opened() as other:
        await other.execute(held)
        migrating = asyncio.create_task(asyncio.to_thread(migrate, empty_database))
        await watcher.end(await watcher.waiting(migrating), migrating)
    assert any("__" in row["name"] for row in await _rows(empty_database, _INDEXES))
    finished = await _rows(empty_database, _PARTIAL)
    assert finished
    await asyncio.to_thread(migrate, empty_database)
    assert set(finished) <= set(await _rows(empty_database, _PARTIAL)), "none is built twice"
    await _assert_all_are_exchanged(empty_database)


async def test_an_index_that_could_not_be_exchanged_is_kept_for_the_next_run(
    empty_database: str, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "10ms")
    await asyncio.to_thread(command.upgrade, configuration(empty_database), _before("0020"))
    async with watcher.opened() as other:
        await other.execute("ALTER INDEX ix_tasks_studio_id SET (fillfactor = 80)")
        with pytest.raises(Exception, match="lock timeout"):
            await asyncio.to_thread(migrate, empty_database)
    [waiting] = [row for row in await _rows(empty_database, _PARTIAL) if "__" in row["name"]]
    await asyncio.to_thread(migrate, empty_database)
    found = {row["name"]: row["oid"] for row in await _rows(empty_database, _PARTIAL)}
    assert found["ix_tasks_studio_id"] == waiting["oid"]
    await _assert_all_are_exchanged(empty_database)


async def test_the_trail_is_added_to_while_its_indexes_are_built_and_a_run_that_is_cut_is_finished(
    empty_database: str, watcher: Watcher
) -> None:
    await asyncio.to_thread(command.upgrade, configuration(empty_database), _before("0022"))
    async with watcher.opened() as other:
        await other.execute("LOCK audit_entries IN ROW EXCLUSIVE MODE")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, empty_database))
        backend = await watcher.waiting(migrating)
        async with watcher.opened() as writer:
            await writer.execute(_DONE)
        await watcher.end(backend, migrating)
    assert not all(row["whole"] for row in await _rows(empty_database, _INDEXES))
    await asyncio.to_thread(migrate, empty_database)
    found = [row for row in await _rows(empty_database, _INDEXES) if row["table"] == "audit_entries"]
    assert all(row["whole"] for row in found)
    declared = {str(index.name) for index in SQLModel.metadata.tables["audit_entries"].indexes}
    assert {row["name"] for row in found if not row["key"]} == declared


async def test_clients_are_listed_behind_the_walls_of_their_accounts_and_a_run_that_is_cut_begins_anew(
    owned_database: str, empty_database: str, watcher: Watcher
) -> None:
    await asyncio.to_thread(migrate, owned_database)
    account_id, _ = await _with_cards(empty_database, [[], []])
    kept = await _rows(empty_database, _LISTED)
    await asyncio.to_thread(command.downgrade, configuration(owned_database), _before("0028"))
    async with watcher.opened() as other:
        await other.execute("LOCK clients IN ACCESS EXCLUSIVE MODE")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, owned_database))
        await watcher.end(await watcher.waiting(migrating), migrating)
    assert not await _rows(empty_database, _LISTED)
    await asyncio.to_thread(migrate, owned_database)
    assert await _rows(empty_database, _LISTED) == kept != []
    database = Database(empty_database)
    assert not await verify_list(database, Principal.system(account_id))
    await database.close()


_LISTED = "SELECT * FROM client_list_entries ORDER BY client_id"


async def _assert_all_are_exchanged(url: str) -> None:
    declared = {
        str(index.name): index.dialect_options["postgresql"]["where"] is not None
        for collection in registry.collections()
        for index in collection.table.indexes
    }
    of_collections = {collection.name for collection in registry.collections()}
    found = [row for row in await _rows(url, _INDEXES) if row["table"] in of_collections]
    assert {row["name"]: row["partial"] for row in found if not row["key"]} == declared
    assert all(row["whole"] for row in found)


def _before(revision: str) -> str:
    return str(ScriptDirectory.from_config(configuration()).get_revision(revision).down_revision)


_READ_AT_ONCE = "SELECT wipe_ordered_at FROM devices"
_HELD_UP = """
    CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(19); RETURN NEW; END $$
"""
_AT_EACH_DEVICE = "CREATE TRIGGER held_up BEFORE UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION held_up()"
_INDEXES = """
    SELECT i.indrelid::regclass::text AS table, i.indexrelid::regclass::text AS name, i.indisvalid AS whole,
        i.indpred IS NOT NULL AS partial, k.oid IS NOT NULL AS key
    FROM pg_index i
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
"""


_DONE = """
    INSERT INTO audit_entries (account_id, position, hash, at, initials, channel, feature, subject, action)
    VALUES (gen_random_uuid(), 1, '', now(), 'JD', 'desk', 'users', 'users', 'changed')
"""
_EMAILS = 740
_SNAPSHOTS = 570
# Finance snapshots go with their tables, and are counted again when these are there.
_FEED = f"SELECT * FROM feed WHERE collection <> {_SNAPSHOTS} ORDER BY record_id"
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
