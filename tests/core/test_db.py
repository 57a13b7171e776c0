"""One account, one transaction: what a session sees, and what it leaves behind."""

import asyncio
from uuid import UUID

import anyio
import asyncpg
import pytest
from sqlmodel import select

from app.core.db import Database
from app.core.ids import new_id
from app.core.revisions import AccountClock
from app.http.failures import translate


async def _account(database: Database) -> UUID:
    """Give a new account its clock."""
    account_id = new_id()
    async with database.writing(account_id) as session:
        session.add(AccountClock(account_id=account_id, epoch=new_id()))
    return account_id


async def _clocks(database: Database, account_id: UUID) -> list[UUID]:
    async with database.reading(account_id) as session:
        return [row.account_id for row in (await session.exec(select(AccountClock))).all()]


async def test_without_an_account_no_row_is_seen(database: Database) -> None:
    await _account(database)
    async with database.directory() as connection:
        assert await connection.fetch("SELECT * FROM account_clock") == []


async def test_only_rows_of_the_account_are_seen(database: Database) -> None:
    mine, other = await _account(database), await _account(database)
    assert await _clocks(database, mine) == [mine]
    assert await _clocks(database, other) == [other]


async def test_nothing_can_be_written_for_another_account(database: Database) -> None:
    mine = await _account(database)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.writing(mine) as session:
            await session.raw.execute(
                "INSERT INTO account_clock (account_id, epoch, revision, scope_revision, floor)"
                " VALUES ($1, $1, 0, 0, 0)",
                new_id(),
            )


async def test_another_accounts_rows_are_neither_changed_nor_deleted(database: Database) -> None:
    mine, other = await _account(database), await _account(database)
    async with database.writing(mine) as session:
        assert (
            await session.raw.execute("UPDATE account_clock SET revision = 9 WHERE account_id = $1", other)
            == "UPDATE 0"
        )
        assert (
            await session.raw.execute("DELETE FROM account_clock WHERE account_id = $1", other) == "DELETE 0"
        )
    assert await _clocks(database, other) == [other]


async def test_the_account_does_not_outlive_its_transaction(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        await _clocks(database, await _account(database))
        async with database.directory() as connection:
            assert await connection.fetch("SELECT * FROM account_clock") == []
    finally:
        await database.close()


async def test_a_reading_session_cannot_write(database: Database) -> None:
    mine = await _account(database)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.reading(mine) as session:
            await session.raw.execute("UPDATE account_clock SET revision = 1 WHERE account_id = $1", mine)


async def test_a_failed_transaction_leaves_a_clean_connection(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        mine = await _account(database)
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with database.writing(mine) as session:
                await session.raw.execute("UPDATE account_clock SET revision = 5; SELECT 1 / 0")
        async with database.writing(mine) as session:
            assert await session.raw.fetchval("SELECT revision FROM account_clock") == 0
    finally:
        await database.close()


async def test_cancelled_requests_leave_no_transaction_open(database: Database, owner_url: str) -> None:
    mine = await _account(database)
    running: asyncio.Queue[asyncpg.Record] = asyncio.Queue()

    async def request() -> None:
        async with database.writing(mine) as session:
            who = await session.raw.fetchrow(
                "SELECT pg_backend_pid() AS pid, pg_current_xact_id()::text AS id"
            )
            assert who is not None
            running.put_nowait(who)
            await session.raw.execute("SELECT pg_sleep(50)")

    # Only the owner is told what others do.
    watcher = await asyncpg.connect(owner_url)
    state = "SELECT state FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep(50)'"
    try:
        for _ in range(5):
            task = asyncio.create_task(request())
            backend = await running.get()
            while await watcher.fetchval(state, backend["pid"]) != "active":
                assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            became = "SELECT pg_xact_status($1::text::xid8)"
            assert await watcher.fetchval(became, backend["id"]) == "aborted"
    finally:
        await watcher.close()


async def test_one_who_is_cancelled_over_and_over_leaves_a_connection_nobody_uses_any_more(
    database_url: str,
) -> None:
    """A scope of anyio, in which streams are answered, cancels at each turn of the loop until it is left."""
    database = Database(database_url, pool_size=1)
    is_running = asyncio.Event()

    async def request() -> None:
        async with database.writing(mine) as session:
            is_running.set()
            await session.raw.execute("SELECT pg_sleep(50)")

    try:
        mine = await _account(database)
        for _ in range(5):
            is_running.clear()
            async with anyio.create_task_group() as group:
                group.start_soon(request)
                await is_running.wait()
                await asyncio.sleep(0)
                group.cancel_scope.cancel()
            assert await _clocks(database, mine) == [mine]
    finally:
        await database.close()


async def test_a_statement_that_a_migration_changed_is_to_be_asked_again(own_database: str) -> None:
    database, owner = Database(own_database, pool_size=1), await asyncpg.connect(own_database)
    try:
        mine = await _account(database)

        async def asked() -> int:
            async with database.writing(mine) as session:
                return len(await session.raw.fetch("SELECT * FROM account_clock"))

        assert await asked() == 1
        await owner.execute("ALTER TABLE account_clock ADD COLUMN later int")
        with pytest.raises(asyncpg.InvalidCachedStatementError) as refused:
            await asked()
        assert translate(refused.value).status == 503
        assert await asked() == 1
    finally:
        await owner.close()
        await database.close()


async def test_writers_take_turns_so_that_a_reader_meets_revisions_in_order(
    database: Database, database_url: str
) -> None:
    mine = await _account(database)
    elsewhere = Database(database_url, pool_size=4)
    seen: list[int] = []

    async def write(process: Database) -> None:
        async with process.writing(mine) as session:
            revision = await session.raw.fetchval(
                "UPDATE account_clock SET revision = revision + 1 WHERE account_id = $1 RETURNING revision",
                mine,
            )
            await asyncio.sleep(0)
        seen.append(revision)
        async with process.reading(mine) as session:
            assert await session.raw.fetchval("SELECT revision FROM account_clock") >= revision

    try:
        await asyncio.gather(*(write(process) for _ in range(20) for process in (database, elsewhere)))
    finally:
        await elsewhere.close()
    assert sorted(seen) == list(range(1, 41))
