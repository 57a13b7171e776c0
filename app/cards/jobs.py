"""What card payments have done on a beat: doubts resolved, settlements compared, seals renewed."""

import logging
from asyncio import Semaphore, gather
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from app.accounts.rounds import in_every_account
from app.accounts.store import accounts_with_cards_due
from app.cards.reconciling import compare, look_after, seal_anew
from app.cards.till import Till
from app.core import clock
from app.core.beat import Job, UnfinishedError
from app.core.db import Database
from app.core.ids import NIL
from app.core.principal import Principal

log = logging.getLogger("studio.beat")
BATCH = 100
"""How many accounts are looked up at a time."""
_COMPARED = 3
"""How many days are compared each day: none is left out when a server was away."""
_AT_ONCE = 5
"""How many accounts are looked after at once: a processor that hangs holds each up for a minute."""
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC), NIL


async def look_after_all(till: Till, database: Database) -> None:
    """Look after the accounts in which something is due, the longest ago first; no other is looked at.

    One that fails holds up none of the others; in the end `UnfinishedError` is raised for it.
    """
    now, after, is_whole, turn = clock.now(), _BEFORE_ALL, True, Semaphore(_AT_ONCE)

    async def look(account_id: UUID) -> bool:
        try:
            async with turn:
                await look_after(till, account_id)
        except Exception:
            log.exception("card payments of account %s are left for the next time", account_id)
            return False
        return True

    while True:
        async with database.directory() as connection:
            batch = await accounts_with_cards_due(connection, now, after, BATCH)
        is_whole &= all(await gather(*(look(account_id) for _, account_id in batch)))
        if len(batch) < BATCH:
            break
        after = batch[-1]
    if not is_whole:
        raise UnfinishedError


def jobs_of(till: Till) -> tuple[Job, ...]:
    """Return what is to be done about card payments."""

    async def compare_lately(_: Database, who: Principal) -> None:
        for days in range(1, _COMPARED + 1):
            await compare(till, who.account_id, clock.now().date() - timedelta(days=days))

    async def renew_seals(_: Database, who: Principal) -> None:
        await seal_anew(till, who.account_id)

    return (
        Job("resolve card payments", timedelta(seconds=20), partial(look_after_all, till)),
        Job("compare card settlements", timedelta(days=1), in_every_account(compare_lately)),
        Job("seal anew what charges cards", timedelta(days=1), in_every_account(renew_seals)),
    )
