"""What becomes of sign-ins on a beat: a user's next one forgets the former, and some never come back."""

from datetime import timedelta

from app.accounts import store
from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal

KEPT = timedelta(days=90)
"""How long networks somebody came from are remembered behind the end of their sign-ins."""
_BATCH = 1_000


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the sign-ins of one account that ended long ago, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget_old_sign_ins(session, clock.now() - KEPT, _BATCH)

    return await in_batches(some, _BATCH)


FORGET = Job("forget sign-ins", timedelta(days=1), in_every_account(forget_old))
