"""What galleries have done about orders on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.data_sync import run_by_itself

KEPT = timedelta(days=90)
"""How long a cart is kept that nobody touches, and an order whose card was not charged."""
_BATCH = 500


async def forget_old(database: Database, who: Principal) -> int:
    """Forget old carts, those of closed galleries, and orders of deleted clients, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await order_store.forget(session, clock.now() - KEPT, _BATCH)

    return await in_batches(some, _BATCH)


DATA_SYNC = Job("data sync of web orders", timedelta(minutes=15), in_every_account(run_by_itself))
FORGET_CARTS = Job("forget old carts", timedelta(days=1), in_every_account(forget_old))
