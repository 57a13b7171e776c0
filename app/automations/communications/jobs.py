"""What communications have done on a beat: they are forgotten as long after they ended as their letters."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.automations.communications import store
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.outbox.jobs import BULK_KEPT

_BATCH = 10
"""How many are forgotten at once: each may have thousands of recipients."""


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the communications of one account that ended long ago, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session, clock.now() - BULK_KEPT, _BATCH)

    return await in_batches(some, _BATCH)


FORGET = Job("forget communications", timedelta(days=1), in_every_account(forget_old))
