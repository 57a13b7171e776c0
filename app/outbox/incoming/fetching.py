"""Fetching: the mailboxes of accounts are looked into, one email after the other is read and taken in."""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from app.accounts.rounds import in_accounts_due
from app.accounts.store import accounts_with_mailboxes_due, set_mailboxes_due
from app.core import clock
from app.core.db import Database
from app.core.vault import SealBroken, Vault
from app.outbox.hosts import Hosts
from app.outbox.incoming import store
from app.outbox.incoming.imap import Box, Shut, TooLarge, Waiting
from app.outbox.incoming.mailbox import STEP_SECONDS, Mailbox, box_of, is_large, opened
from app.outbox.incoming.reading import read
from app.outbox.incoming.taking import Arrived, Place, skip, take_in
from app.outbox.incoming.wording import worded
from app.outbox.mail import store as servers
from app.outbox.models import MailServer
from app.sync.store import UNFIT

log = logging.getLogger("studio.incoming")

EVERY = timedelta(minutes=1)
MOST_AT_A_LOOK = 50
BEGAN_ANEW = "began_anew"
"""Stands until the settings are saved once more."""
_AT_ONCE = 4
_LOOK_SECONDS = 60.0
"""After which a look is over, whatever waits: others have their turn."""
_AFTER_SEAL = timedelta(hours=1)
_AFTER_FLOOD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a look into a mailbox has ended: when the next is, and what stood in the way."""

    after: timedelta
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Fetching:
    """Looks into mailboxes; each step of that takes so many `seconds` at most."""

    vault: Vault
    hosts: Hosts
    seconds: float = STEP_SECONDS
    trusted: ssl.SSLContext | None = None
    is_secured: bool | None = None

    async def fetch_all(self, database: Database) -> None:
        """Look into the mailboxes that are due, the longest ago first, each once.

        One that fails, or is silent, holds up none of the others; in the end `UnfinishedError` is raised for
        one that failed.
        """

        async def due(most: int) -> list[UUID]:
            async with database.directory() as connection:
                return await accounts_with_mailboxes_due(connection, clock.now(), most)

        async def look(account_id: UUID) -> bool:
            try:
                await self.fetch(database, account_id)
            except Exception:
                log.exception("the mailbox of account %s is left for the next time", account_id)
                return False
            return True

        await in_accounts_due(due, look, at_once=_AT_ONCE)

    async def fetch(self, database: Database, account_id: UUID) -> None:
        """Look into the mailbox of one account, take in what is new, and say when it is next looked into."""
        async with database.reading(account_id) as session:
            kept = await servers.server(session)
        if kept is None or kept.in_host is None:
            async with database.writing(account_id) as session:
                present = await servers.server(session)
                is_set = present is not None and present.in_host is not None
                await set_mailboxes_due(session, clock.now() if is_set else None)
            return
        look = await self._look(database, kept)
        # Nobody's turn: most looks find nothing, and phones need not be told of them.
        async with database.beside(account_id) as session:
            now = clock.now()
            is_same = await store.looked(session, kept.version, now, look.code, standing=BEGAN_ANEW)
            await set_mailboxes_due(session, now + look.after if is_same else now)

    async def _look(self, database: Database, kept: MailServer) -> _Look:
        try:
            box = box_of(self.vault, kept)
        except SealBroken:
            return _Look(_AFTER_SEAL, "seal_broken")
        if box is None:
            return _Look(EVERY)
        ways = {"seconds": self.seconds, "trusted": self.trusted, "is_secured": self.is_secured}
        try:
            async with opened(box, self.hosts, **ways) as mailbox:  # type: ignore[arg-type]
                return await self._read(database, kept, box, mailbox)
        except Shut as shut:
            return _Look(shut.after, shut.words.code)
        except TooLarge:
            return _Look(_AFTER_FLOOD, "server_away")

    async def _read(self, database: Database, kept: MailServer, box: Box, mailbox: Mailbox) -> _Look:
        """Take in what is new; of a mailbox whose numbers are others now, what comes from now on."""
        place = Place(box, kept.version, mailbox.validity)
        try:
            if kept.in_validity != mailbox.validity or kept.in_last is None:
                return await self._begin_anew(database, kept, mailbox)
            waiting = await mailbox.after(kept.in_last)
        except TooLarge:
            return await self._begin_anew(database, kept, mailbox)
        ends = monotonic() + _LOOK_SECONDS
        for number, each in enumerate(waiting):
            if number == MOST_AT_A_LOOK or monotonic() > ends:
                return _Look(timedelta(0))
            if not await self._one(database, kept.account_id, place, mailbox, each):
                return _Look(timedelta(0))
        return _Look(EVERY)

    async def _begin_anew(self, database: Database, kept: MailServer, mailbox: Mailbox) -> _Look:
        log.warning("the mailbox of account %s is read anew from its newest email on", kept.account_id)
        async with database.writing(kept.account_id) as session:
            present = await servers.server(session)
            if present is not None and present.version == kept.version:
                await store.begin_anew(session, mailbox.validity, mailbox.newest)
        return _Look(EVERY, BEGAN_ANEW)

    async def _one(
        self, database: Database, account_id: UUID, place: Place, mailbox: Mailbox, waiting: Waiting
    ) -> bool:
        """Read an email and take it in; say whether the next may be asked for."""
        is_in_step, arrived = True, Arrived(waiting, None, {})
        try:
            content = await mailbox.content(waiting)
            mail = await read(content) if content is not None else None
            if mail is not None:
                fields = await asyncio.to_thread(worded, mail, is_whole=not is_large(waiting))
                arrived = Arrived(waiting, mail, fields)
        except TooLarge:
            log.warning("an email to account %s is not as large as its server says", account_id)
            is_in_step = False
        try:
            async with database.writing(account_id) as session:
                return await take_in(session, place, arrived) and is_in_step
        except UNFIT as error:
            # What it says may quote the email, and that is for no log.
            log.warning("an email to account %s is left out: %s", account_id, type(error).__name__)
        async with database.writing(account_id) as session:
            await skip(session, place, waiting)
        return is_in_step
