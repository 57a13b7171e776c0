"""What becomes of webhooks on a beat: old events are forgotten, and secrets are sealed anew."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.core.vault import Vault
from app.webhooks import endpoints, store
from app.webhooks.sealing import seal_anew

KEPT = timedelta(days=30)
"""How long an event can be looked up, and told once more."""
_BATCH = 1_000


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the old events of one account with their deliveries, in short transactions."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session, clock.now() - KEPT, _BATCH)

    return await in_batches(some, _BATCH)


def jobs_of(vault: Vault) -> tuple[Job, ...]:
    """Return what is to be done about webhooks."""

    async def renew_seals(database: Database, who: Principal) -> None:
        async with database.reading(who.account_id) as session:
            if not await endpoints.count(session):
                return
        async with database.writing(who.account_id) as session:
            await seal_anew(session, vault)

    return (
        Job("forget webhook events", timedelta(days=1), in_every_account(forget_old)),
        Job("seal anew what signs webhooks", timedelta(days=1), in_every_account(renew_seals)),
    )
