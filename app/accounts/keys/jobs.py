"""What becomes of API keys on a beat."""

from datetime import timedelta

from app.accounts.keys import store
from app.accounts.keys.keeping import KEPT
from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal


async def forget_old(database: Database, who: Principal) -> None:
    """Forget the keys of one account that ended long ago."""
    async with database.beside(who.account_id) as session:
        await store.forget(session, clock.now() - KEPT)


FORGET = Job("forget API keys", timedelta(days=1), in_every_account(forget_old))
