"""Taking one email in: what becomes of it, and how far the mailbox was read, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from app.accounts.store import read_account
from app.core import card_numbers, clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.outbox.incoming import reports, store
from app.outbox.incoming.attaching import attached
from app.outbox.incoming.imap import Box, Waiting
from app.outbox.incoming.seen import Became, CameIn, take
from app.outbox.mail import store as servers
from app.readers.mails import Mail
from app.studio.deliveries import DeliveryState, Direction
from app.sync import feed, registry
from app.sync.store import Write, write


@dataclass(frozen=True, slots=True)
class Place:
    """Where emails come from: a mailbox as it was set up in a version, by the numbering it has now."""

    box: Box
    version: int
    validity: int

    def key_of(self, uid: int) -> str:
        """Return what tells an email from any other that ever came in."""
        return f"imap:{sha256(self.box.name.encode()).hexdigest()[:16]}:{self.validity}:{uid}"


@dataclass(frozen=True, slots=True)
class Arrived:
    """An email that was read; with no `mail` it is gone, or was never sent as it was said."""

    waiting: Waiting
    mail: Mail | None
    fields: dict[str, Any]


async def take_in(session: WriteSession, place: Place, arrived: Arrived) -> bool:
    """Take an email in, once, however often it is brought; say whether its mailbox is still to be read.

    A report of a letter of the account is heeded; of anything else there is a record, unread. Nothing is ever
    answered.
    """
    kept = await servers.server(session)
    if kept is None or kept.version != place.version or kept.in_validity != place.validity:
        return False
    box = place.box
    if (kept.in_host, kept.in_user, kept.in_folder) != (box.host, box.user_name, box.folder):
        return False
    uid = arrived.waiting.uid
    if kept.in_last is None or uid > kept.in_last:
        await _take(session, place, arrived)
        await store.progress(session, place.validity, uid)
    return True


async def skip(session: WriteSession, place: Place, waiting: Waiting) -> None:
    """Go past an email that cannot be taken in: those behind it are to come."""
    await take(session, [CameIn(place.key_of(waiting.uid), Became.IGNORED)], clock.now())
    await store.progress(session, place.validity, waiting.uid)


async def _take(session: WriteSession, place: Place, arrived: Arrived) -> None:
    now, key, mail = clock.now(), place.key_of(arrived.waiting.uid), arrived.mail
    if mail is None or (mail.message_id and await store.letters(session, [mail.message_id])):
        # A copy of a letter of our own has a record.
        await take(session, [CameIn(key, Became.IGNORED)], now)
        return
    kept_id = None if card_numbers.is_in(mail.message_id or "") else mail.message_id
    letter = await reports.reported(session, mail.report) if mail.report else None
    if mail.report is not None and letter is not None:
        became = await reports.heed(session, mail.report, letter, now)
        await take(session, [CameIn(key, became, kept_id, letter["letter_id"])], now)
        return
    record_id = _id_of(session.account_id, key, mail)
    is_new = not await feed.states(session, [(registry.number_of("emails"), record_id)])
    became = Became.EMAIL if is_new else Became.IGNORED
    if key in await take(session, [CameIn(key, became, kept_id, record_id)], now) and is_new:
        fields = await _fields(session, arrived, mail, now)
        await write(session, Principal.system(session.account_id), [Write("emails", record_id, fields)])


async def _fields(session: Session, arrived: Arrived, mail: Mail, now: datetime) -> dict[str, Any]:
    account = await read_account(session)
    at = min(arrived.waiting.arrived_at, now)
    return {
        **arrived.fields,
        **await attached(session, mail),
        "direction": Direction.INCOMING.value,
        "delivery_state": DeliveryState.RECEIVED.value,
        "is_unread": True,
        "date": clock.day_of(at, account.time_zone if account else "UTC").isoformat(),
        "sent_at": at.isoformat().replace("+00:00", "Z"),
    }


def _id_of(account_id: UUID, key: str, mail: Mail) -> UUID:
    """Return the id of an email's record: the same for the same email, by whatever way it came twice.

    Some machines give all they send one `Message-ID`; those differ in what else their heads say.
    """
    if mail.message_id is None:
        return uuid5(account_id, key)
    return uuid5(account_id, "\n".join((mail.message_id, mail.sender or "", mail.date, mail.subject)))
