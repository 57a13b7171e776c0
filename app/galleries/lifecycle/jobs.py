"""What galleries have done on a beat: they expire when their day has come, and removed pictures' files go."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from app.accounts.store import accounts_with_galleries_due, accounts_with_removals_due
from app.core import clock
from app.core.beat import Job, UnfinishedError
from app.core.db import Database
from app.core.ids import NIL
from app.galleries.lifecycle.expiring import expire
from app.galleries.lifecycle.removing import Files, remove

log = logging.getLogger("studio.beat")
BATCH = 100
"""How many accounts are looked up at a time."""
Due = Callable[
    ["asyncpg.Connection[asyncpg.Record]", datetime, tuple[datetime, UUID], int],
    Awaitable[Sequence[tuple[datetime, UUID]]],
]
"""Looks up so many accounts in which something is due by an instant, behind one of them."""
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC), NIL


async def expire_all(database: Database) -> None:
    """Have galleries expire in the accounts in which the day of one has come; no other is looked at."""
    await _in_due(database, accounts_with_galleries_due, expire)


async def remove_all(files: Files, database: Database) -> None:
    """Remove files in the accounts in which some are to be removed; no other is looked at."""

    async def remove_of(database: Database, account_id: UUID) -> None:
        await remove(files, database, account_id)

    await _in_due(database, accounts_with_removals_due, remove_of)


async def _in_due(database: Database, due: Due, work: Callable[[Database, UUID], Awaitable[object]]) -> None:
    """Do something in the accounts in which it is due, the longest ago first.

    One that fails holds up none of the others; in the end `UnfinishedError` is raised for it.
    """
    now, after, is_whole = clock.now(), _BEFORE_ALL, True
    while True:
        async with database.directory() as connection:
            batch = await due(connection, now, after, BATCH)
        for _, account_id in batch:
            try:
                await work(database, account_id)
            except Exception:
                is_whole = False
                log.exception("galleries of account %s are left for the next time", account_id)
        if len(batch) < BATCH:
            break
        after = batch[-1]
    if not is_whole:
        raise UnfinishedError


EXPIRE = Job("expire galleries", timedelta(minutes=1), expire_all)


def removing(files: Files) -> Job:
    """Return the job that removes files from where they are kept."""

    async def work(database: Database) -> None:
        await remove_all(files, database)

    return Job("remove files of pictures", timedelta(minutes=1), work)
