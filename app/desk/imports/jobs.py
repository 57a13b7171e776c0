"""What imports have done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.desk.imports import store


async def _forget_old(database: Database, who: Principal) -> None:
    """Forget the imports of one account that were kept long enough, each in a transaction of its own."""
    gone = 1
    while gone:
        async with database.beside(who.account_id) as session:
            gone = await store.forget(session)


FORGET = Job("forget old imports", timedelta(hours=6), in_every_account(_forget_old))
