"""What the outbox has done on a beat: mail is fetched, what is old forgotten, passwords sealed anew."""

from datetime import timedelta
from uuid import UUID

from app.accounts.rounds import in_every_account
from app.core import clock
from app.core.batches import in_batches
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.core.vault import SealBroken, Vault
from app.outbox import list_store
from app.outbox.hosts import Hosts
from app.outbox.incoming import mailbox, seen
from app.outbox.incoming.fetching import EVERY, Fetching
from app.outbox.mail import store
from app.outbox.mail.way import SEALED_AS
from app.outbox.texts.lines import renew_line

KEPT = timedelta(days=90)
BULK_KEPT = timedelta(days=400)
"""Whoever wants no more of what was sent to many may say so for that long."""
IN_KEPT = timedelta(days=400)
"""For so long what came in is known again: a mailbox may be numbered anew."""
_BATCH = 1_000


async def forget_old(database: Database, who: Principal) -> int:
    """Forget letters of one account that ended long ago, and what came in before, in short transactions."""

    async def some_sent() -> int:
        now = clock.now()
        async with database.beside(who.account_id) as session:
            return await list_store.forget(session, now - KEPT, now - BULK_KEPT, _BATCH)

    async def some_come_in() -> int:
        async with database.beside(who.account_id) as session:
            return await seen.forget(session, clock.now() - IN_KEPT, _BATCH)

    return await in_batches(some_sent, _BATCH) + await in_batches(some_come_in, _BATCH)


def jobs_of(vault: Vault, hosts: Hosts) -> tuple[Job, ...]:
    """Return what is to be done about letters."""

    def renewed(account_id: UUID, purpose: str, sealed: bytes) -> bytes:
        try:
            return vault.seal(account_id, purpose, vault.open(account_id, purpose, sealed))
        except SealBroken:
            return sealed

    async def renew_seal(database: Database, who: Principal) -> None:
        async with database.writing(who.account_id) as session:
            await renew_line(session, vault)
            kept = await store.server(session)
            if kept is None:
                return
            if not vault.is_newest(kept.password):
                kept.password = renewed(who.account_id, SEALED_AS, kept.password)
            if kept.in_password is not None and not vault.is_newest(kept.in_password):
                kept.in_password = renewed(who.account_id, mailbox.SEALED_AS, kept.in_password)
            session.add(kept)
            await session.flush()

    return (
        Job("fetch mail", EVERY, Fetching(vault, hosts).fetch_all),
        Job("forget letters", timedelta(days=1), in_every_account(forget_old)),
        Job("seal anew what sends letters", timedelta(days=1), in_every_account(renew_seal)),
    )
