"""What becomes of notices on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.notices import store

_BATCH = 1_000


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the notices of one account that were kept long enough, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session, _BATCH)

    return await in_batches(some, _BATCH)


FORGET = Job("forget safety notices", timedelta(days=1), in_every_account(forget_old))
