"""Erasing an account: every row of every table, every file, and in the end its name."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from app.accounts import erasures
from app.accounts.lifecycle import change_account
from app.accounts.models import CURRENT_STATES, Account, SubscriptionState
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.galleries.files import Files
from app.leaving import ledger
from app.leaving.schema import ACCOUNT, DIRECTORY, KEPT, Link, Table, children_first, links, listed, tables

BATCH = 2_000
"""How many rows go in one transaction."""


class StillSubscribed(Exception):
    """Somebody works there still."""


async def erase(
    owned: Database,
    files: Files,
    who: Principal,
    data_dir: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Erase an account, and return how many rows it had; cut, a later call does the rest.

    First it is written down, with orders for its phones to clear their copies: those are given for good.
    Then all goes table by table, those first that name others, and again what came meanwhile; then the files,
    and last the name. The database is to be that of who owns the tables. Raises `StillSubscribed`.
    """
    async with owned.writing(who.account_id) as session:
        account = await session.get(Account, who.account_id)
        if account is not None and account.subscription_state in CURRENT_STATES:
            raise StillSubscribed
        await erasures.begin(session)
        found = [each for each in await tables(session) if each.name not in KEPT]
        known = await links(session)
    ledger.note(data_dir, who.account_id)
    order, loosened = children_first([each for each in found if each.name != DIRECTORY], known)
    [directory] = [each for each in found if each.name == DIRECTORY]
    await _nothing_due(owned, who.account_id, directory)
    named, gone = {each.name: each for each in found}, 0
    while True:
        for link in loosened:
            await _in_batches(owned, who.account_id, _loosening(named[link.table], link))
        went = 0
        for table in order:
            rows = await _in_batches(owned, who.account_id, _deleting(table))
            if rows:
                tell(f"{table.name}: {rows:,} rows")
            went += rows
        gone += went
        if not went:
            break
    await files.remove_all(who.account_id)
    async with owned.writing(who.account_id) as session:
        await erasures.end(session)
    return gone


async def shut(database: Database, who: Principal) -> None:
    """Let nobody in any more where a backup has brought back an account that was erased."""
    async with database.writing(who.account_id) as session:
        account = await session.get(Account, who.account_id)
        if account is not None and account.subscription_state in CURRENT_STATES:
            await change_account(session, who, subscription_state=SubscriptionState.CANCELLED)


async def _nothing_due(owned: Database, account_id: UUID, directory: Table) -> None:
    """Have no job look after the account any more."""
    due = [each for each in directory.columns if each not in {*directory.key, ACCOUNT}]
    emptied = ", ".join(f'"{each}" = NULL' for each in due)
    async with owned.writing(account_id) as session:
        await session.raw.execute(erasures.AS_OWNER)
        await session.raw.execute(f"UPDATE {DIRECTORY} SET {emptied} WHERE account_id = $1", account_id)


def _deleting(table: Table) -> str:
    return f"{_chosen(table)} DELETE FROM {table.name} AS t USING chosen WHERE {_is_chosen(table)}"


def _loosening(table: Table, link: Link) -> str:
    emptied = ", ".join(f'"{each}" = NULL' for each in link.columns)
    bound = " OR ".join(f'"{each}" IS NOT NULL' for each in link.columns)
    some = _chosen(table, f"AND ({bound})")
    return f"{some} UPDATE {table.name} AS t SET {emptied} FROM chosen WHERE {_is_chosen(table)}"


def _chosen(table: Table, more: str = "") -> str:
    """Return what chooses so many rows of an account, once: a plan may look at what stands in an IN again."""
    sought = f"SELECT {listed(table.key)} FROM {table.name} WHERE account_id = $1 {more} LIMIT {BATCH}"
    return f"WITH chosen AS MATERIALIZED ({sought})"


def _is_chosen(table: Table) -> str:
    same = " AND ".join(f't."{each}" = chosen."{each}"' for each in table.key)
    return f"t.account_id = $1 AND {same}"


async def _in_batches(owned: Database, account_id: UUID, statement: str) -> int:
    gone = 0
    while True:
        async with owned.writing(account_id) as session:
            rows = await _batch(session, statement)
        gone += rows
        if rows < BATCH:
            return gone


async def _batch(session: WriteSession, statement: str) -> int:
    await session.raw.execute(erasures.AS_OWNER)
    done = await session.raw.execute(statement, session.account_id)
    return int(done.rpartition(" ")[2])
