"""What becomes of API keys on a beat."""

from datetime import timedelta

from app.accounts.keys import store
from app.accounts.keys.keeping import KEPT
from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal

_BATCH = 10
"""How many are forgotten at once: each may have webhooks, with all that was told to them."""


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the keys of one account that ended long ago, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session, clock.now() - KEPT, _BATCH)

    return await in_batches(some, _BATCH)


FORGET = Job("forget API keys", timedelta(days=1), in_every_account(forget_old))
