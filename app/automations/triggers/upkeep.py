"""Upkeep: what is done about an account's triggers when something of them is due."""

from datetime import datetime, timedelta
from uuid import UUID

from app.automations.triggers import store
from app.automations.triggers.judging import judge_raised
from app.automations.triggers.processing import process_due
from app.automations.triggers.sweeping import sweep
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import UnfinishedError
from app.core.db import Database, Session
from app.core.principal import Principal
from app.desk.calendar.zones import instant

KEPT = timedelta(days=2 * 365)
"""How long it is told what has become of what was raised."""
_MIDNIGHT = datetime.min.time()
_BATCH = 1_000


async def look_after(database: Database, account_id: UUID, *, public_url: str | None = None) -> None:
    """Look through the days, look at what was raised, and do what is due, in short transactions.

    Links in letters begin with `public_url`. It may be cut anywhere, and be done by two at once.
    """
    is_swept = await sweep(database, account_id)
    while await judge_raised(database, account_id):
        pass
    await process_due(database, account_id, public_url)
    if not is_swept:
        raise UnfinishedError


async def next_due(session: Session) -> datetime | None:
    """Return when something is next to be done about the triggers of an account; none where nothing is."""
    now, zone = clock.now(), await store.zone(session)
    today = clock.day_of(now, zone)
    is_swept = await store.is_swept(session, today)
    days = {None: None, False: now, True: instant(today + timedelta(days=1), _MIDNIGHT, zone)}
    return min((it for it in (days[is_swept], await store.next_due(session, now)) if it), default=None)


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the occurrences of one account that ended long ago, in short transactions.

    Those whose day is still to come are kept: what is forgotten could be raised again.
    """

    async def some() -> int:
        before = clock.now() - KEPT
        async with database.beside(who.account_id) as session:
            return await store.forget(session, before, clock.day_of(before, "UTC"), _BATCH)

    return await in_batches(some, _BATCH)
