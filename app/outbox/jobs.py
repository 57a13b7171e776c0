"""What the outbox has done on a beat: letters that ended are forgotten, passwords sealed anew."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.core.vault import SealBroken, Vault
from app.outbox import list_store
from app.outbox.mail import store
from app.outbox.mail.way import SEALED_AS
from app.outbox.texts.lines import renew_line

KEPT = timedelta(days=90)
BULK_KEPT = timedelta(days=400)
"""Whoever wants no more of what was sent to many may say so for that long."""
_BATCH = 1_000


async def forget_old(database: Database, who: Principal) -> None:
    """Forget the letters of one account that ended long ago, in short transactions."""
    done = _BATCH
    while done == _BATCH:
        now = clock.now()
        async with database.beside(who.account_id) as session:
            done = await list_store.forget(session, now - KEPT, now - BULK_KEPT, _BATCH)


def jobs_of(vault: Vault) -> tuple[Job, ...]:
    """Return what is to be done about letters."""

    async def renew_seal(database: Database, who: Principal) -> None:
        async with database.writing(who.account_id) as session:
            await renew_line(session, vault)
            kept = await store.server(session)
            if kept is None or vault.is_newest(kept.password):
                return
            try:
                password = vault.open(who.account_id, SEALED_AS, kept.password)
            except SealBroken:
                return
            kept.password = vault.seal(who.account_id, SEALED_AS, password)
            session.add(kept)
            await session.flush()

    return (
        Job("forget letters", timedelta(days=1), in_every_account(forget_old)),
        Job("seal anew what sends letters", timedelta(days=1), in_every_account(renew_seal)),
    )
