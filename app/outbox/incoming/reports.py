"""What machines report of letters that were sent: that they came back, or were called spam."""

import re
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.core.db import WriteSession
from app.core.events import announce
from app.core.principal import Principal
from app.outbox import store as letters
from app.outbox.blocks import key_of
from app.outbox.incoming import store
from app.outbox.incoming.seen import Became
from app.outbox.mail.answers import meaning_for
from app.outbox.posting import LetterCameBack
from app.outbox.states import Block, Channel, Purpose
from app.outbox.words import SAID_MOST, Words
from app.readers.mails import Recipient, Report
from app.studio.deliveries import DeliveryState
from app.sync import records, registry
from app.sync.store import Write, write

_COMPLAINTS = {"abuse", "fraud"}
"""Other reports of that kind say that a letter is no spam, or has a virus in it."""
_FOR_GOOD = "5."
_UNSAID = ".0.0"
_NOT_TAKEN = 550
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_OF_THE_LETTER = ("5.3.4", "5.6.", "5.7.")
"""What is wrong with the letter or with who sends it, and says nothing of the address."""
_STANDS = {"mailbox_full", "too_large", "taken_for_spam", "address_not_ascii"}
"""Why a letter came back from an address there is."""
_ARRIVED = {
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.OPENED,
    DeliveryState.CLICKED,
    DeliveryState.BOUNCED,
}


@dataclass(frozen=True, slots=True)
class _News:
    """What is heard of a letter: where its record stands now, why, and which addresses are not written to."""

    became: Became
    state: DeliveryState
    words: Words
    whom: tuple[str, ...]
    blocked: tuple[str, ...]
    reason: Block


async def reported(session: WriteSession, report: Report) -> asyncpg.Record | None:
    """Return the letter of the account a report is about; none where it is about no letter of it."""
    if report.message_id is None:
        return None
    return (await store.letters(session, [report.message_id])).get(report.message_id)


async def heed(session: WriteSession, report: Report, letter: asyncpg.Record, now: datetime) -> Became:
    """Do what a report of a letter asks for; what a server goes on trying is no news.

    Anybody may write one, so only the letter's own recipients count.
    """
    news = _bounced(report, letter) if report.kind == "delivery" else _complained(report, letter)
    if news is None:
        return Became.IGNORED
    for address in news.blocked:
        await letters.block(
            session,
            Channel.EMAIL,
            key_of(address),
            reason=news.reason.value,
            at=now,
            letter_id=letter["letter_id"],
        )
    await store.came_back(session, letter["letter_id"], news.words.code, news.words.said)
    await _tell(session, letter, news)
    if news.became is Became.BOUNCE:
        came_back = LetterCameBack(letter["letter_id"], Purpose(letter["purpose"]))
        await announce(session, Principal.system(session.account_id), came_back)
    return news.became


def _bounced(report: Report, letter: asyncpg.Record) -> _News | None:
    own = _own(letter)
    failed: dict[str, Words] = {}
    blocked: list[str] = []
    for each in report.recipients:
        known = next((own[key_of(one)] for one in each.addresses if key_of(one) in own), None)
        if known is None or each.action != "failed" or not each.status.startswith(_FOR_GOOD):
            continue
        said = _said(each)
        words = failed[known] = meaning_for(_NOT_TAKEN, said, of_recipient=True)
        if words.code not in _STANDS and not said.startswith(_OF_THE_LETTER):
            blocked.append(known)
    if not failed:
        return None
    words = next(iter(failed.values()))
    return _News(Became.BOUNCE, DeliveryState.BOUNCED, words, tuple(failed), tuple(blocked), Block.BOUNCED)


def _complained(report: Report, letter: asyncpg.Record) -> _News | None:
    """Return who has called a letter spam: where a report leaves that out, its only recipient."""
    if report.kind not in _COMPLAINTS:
        return None
    own = _own(letter)
    told = [key_of(one) for each in report.recipients for one in each.addresses]
    whom = tuple(own[each] for each in told if each in own) or (tuple(own.values()) if len(own) == 1 else ())
    return _News(Became.COMPLAINT, DeliveryState.SPAM, Words("called_spam"), whom, whom, Block.SPAM)


def _own(letter: asyncpg.Record) -> dict[str, str]:
    """Return the recipients of a letter by what they are known by."""
    return {key_of(each): each for each in letter["to_addresses"]}


async def _tell(session: WriteSession, letter: asyncpg.Record, news: _News) -> None:
    """Write it on the letter's record, if it has one and that was sent."""
    if letter["collection"] is None:
        return
    collection, record_id = registry.numbered(letter["collection"]), letter["letter_id"]
    found = (await records.some(session, collection, [record_id])).get(record_id)
    if found is None or found["delivery_state"] not in _ARRIVED:
        return
    whom = f"{', '.join(news.whom)}: " if len(letter["to_addresses"]) > len(news.whom) > 0 else ""
    fields = {
        "delivery_state": news.state.value,
        "delivery_error": f"{whom}{news.words.sentence}"[:SAID_MOST],
    }
    who = Principal.system(session.account_id)
    await write(session, who, [Write(collection.name, record_id, fields)])


def _said(recipient: Recipient) -> str:
    """Return what was said of a recipient, the closest status in front."""
    found = _ENHANCED.search(recipient.said)
    is_unsaid = recipient.status.endswith(_UNSAID) and found is not None
    status = found[0] if found is not None and is_unsaid else recipient.status
    return f"{status} {recipient.said}"
