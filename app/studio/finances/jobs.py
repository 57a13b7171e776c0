"""What finance snapshots have done on a beat: they turn to the next day where one has ended."""

import logging
from datetime import UTC, datetime, timedelta

from app.accounts.store import accounts_by_day
from app.core import clock
from app.core.beat import Job, UnfinishedError
from app.core.db import Database
from app.core.ids import NIL
from app.core.principal import Principal
from app.studio.finances.upkeep import turn

log = logging.getLogger("studio.beat")
BATCH = 100
"""How many accounts are looked up at a time."""
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC), NIL


async def turn_all(database: Database) -> None:
    """Turn the accounts in which a day has ended, the longest ago first; no other account is looked at.

    One that fails, as where there is too much to do, holds up none of the others; in the end
    `UnfinishedError` is raised for it.
    """
    now, after, is_whole = clock.now(), _BEFORE_ALL, True
    while True:
        async with database.directory() as connection:
            batch = await accounts_by_day(connection, now, after, BATCH)
        for _, account_id in batch:
            try:
                await turn(database, Principal.system(account_id))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others have their turn
                is_whole = False
                log.warning("account %s is left for the next time: %s", account_id, type(error).__name__)
        if len(batch) < BATCH:
            break
        after = batch[-1]
    if not is_whole:
        raise UnfinishedError


TURN = Job("turn finance snapshots", timedelta(minutes=1), turn_all)
