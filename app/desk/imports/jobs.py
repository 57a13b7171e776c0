"""What imports have done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.desk.imports import store


async def _forget_old(database: Database, who: Principal) -> int:
    """Forget the imports of one account that were kept long enough, each in a transaction of its own."""

    async def one() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session)

    return await in_batches(one, 1)


FORGET = Job("forget old imports", timedelta(hours=6), in_every_account(_forget_old))
