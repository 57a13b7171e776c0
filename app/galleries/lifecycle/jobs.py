"""What galleries have done on a beat: they expire when their day has come."""

import logging
from datetime import UTC, datetime, timedelta

from app.accounts.store import accounts_with_galleries_due
from app.core import clock
from app.core.beat import Job, UnfinishedError
from app.core.db import Database
from app.core.ids import NIL
from app.galleries.lifecycle.expiring import expire

log = logging.getLogger("studio.beat")
BATCH = 100
"""How many accounts are looked up at a time."""
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC), NIL


async def expire_all(database: Database) -> None:
    """Have galleries expire in the accounts in which the day of one has come; no other is looked at.

    An account that fails holds up none of the others; in the end `UnfinishedError` is raised for it.
    """
    now, after, is_whole = clock.now(), _BEFORE_ALL, True
    while True:
        async with database.directory() as connection:
            batch = await accounts_with_galleries_due(connection, now, after, BATCH)
        for _, account_id in batch:
            try:
                await expire(database, account_id)
            except Exception:
                is_whole = False
                log.exception("galleries of account %s are left for the next time", account_id)
        if len(batch) < BATCH:
            break
        after = batch[-1]
    if not is_whole:
        raise UnfinishedError


EXPIRE = Job("expire galleries", timedelta(minutes=1), expire_all)
