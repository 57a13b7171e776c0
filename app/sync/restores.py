"""Restored backups: an account that has gone back in time goes on in a new epoch, behind all it ever gave."""

from uuid import UUID

from app.core.db import Database
from app.core.principal import Principal
from app.core.revisions import read_clock
from app.sync import feed


async def announce(database: Database, who: Principal, *, was_served: bool = False) -> int:
    """Go on after a restored backup, and return the revision up to which everything is known still.

    Phones compare what they hold and are repaired. Where somebody `was_served` since, revisions were given a
    second time, so that what they stand for cannot be told: phones start again.
    """
    async with database.writing(who.account_id) as session:
        restored_from = (await read_clock(session)).revision
        await feed.begin_epoch(session, leap=True, reconciles=not was_served)
    return restored_from


async def notice(database: Database, account_id: UUID, ahead: int) -> None:
    """Do so when a phone comes with a revision from an undone future, unless that was done meanwhile."""
    async with database.writing(account_id) as session:
        if (await read_clock(session)).revision < ahead:
            await feed.begin_epoch(session, leap=True)
