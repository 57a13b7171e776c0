"""Expiring: galleries come to stand where their date says, once that day has begun where the company is."""

from datetime import timedelta
from uuid import UUID

from app.accounts.store import set_galleries_due
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.galleries.lifecycle import store
from app.galleries.lifecycle.standing import state_on
from app.studio.finances.figures import end_of_day
from app.sync.store import Write, write

BATCH = 200
"""How many galleries are moved in one transaction: others have their turn in between."""


async def expire(database: Database, account_id: UUID) -> int:
    """Move the galleries of an account that do not stand as their dates say; return how many that were.

    It closes nothing: what has expired waits to be taken down. Done twice it does nothing more. The account
    is due again when the next gallery expires.
    """
    moved, found = 0, BATCH
    while found == BATCH:
        async with database.writing(account_id) as session:
            found = await _move(session)
        moved += found
    return moved


async def _move(session: WriteSession) -> int:
    zone = await store.zone(session)
    today = clock.now().astimezone(zone).date()
    found = await store.misplaced(session, today, BATCH)
    if found:
        who = Principal.system(session.account_id, time_zone=zone.key)
        states = ((each, state_on(expires, today).value) for each, expires in found)
        await write(session, who, [Write("sessions", each, {"gallery_state": to}) for each, to in states])
    if len(found) < BATCH:
        upcoming = await store.next_expiry(session)
        await set_galleries_due(session, end_of_day(upcoming - timedelta(days=1), zone) if upcoming else None)
    return len(found)
