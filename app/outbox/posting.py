"""Posting: a letter is written down in the transaction of what causes it, and sent by whoever comes to it."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.accounts.store import bring_letters_due_forward
from app.core import clock
from app.core.db import WriteSession
from app.core.events import Event, announce
from app.core.principal import Principal
from app.core.vault import Vault
from app.outbox import store
from app.outbox.states import LIFETIMES, PRIORITIES, Channel, Purpose, State
from app.outbox.words import Words
from app.studio.deliveries import DeliveryState
from app.studio.sending import taken_back
from app.sync import records, registry
from app.sync.store import Write, write


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, where its record does not say it: the text of a text message is in `text`."""

    subject: str
    text: str
    html: str | None = None
    file_ids: tuple[UUID, ...] = ()
    calendar: str | None = None
    from_name: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be posted, under the id of its record where it has one in `collection`."""

    letter_id: UUID
    channel: Channel
    purpose: Purpose
    to: tuple[str, ...]
    content: Content
    collection: str | None = None
    client_id: UUID | None = None
    is_bulk: bool = False
    bypasses_blocks: bool = False
    due_at: datetime | None = None
    expires_at: datetime | None = None
    occurrence_id: UUID | None = None
    communication_id: UUID | None = None
    made_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class LetterEnded(Event):
    """A letter has ended: sent, failed, blocked or cancelled; a failed one may be sent again and end again.

    Announced in the transaction that ends it, behind the write of its record. When somebody takes back a
    message, or deletes it, nothing is announced: that is in the midst of another write.
    """

    letter_id: UUID
    channel: Channel
    purpose: Purpose
    state: State
    words: Words | None
    occurrence_id: UUID | None
    client_id: UUID | None


@dataclass(frozen=True, slots=True)
class LetterCameBack(Event):
    """A letter that was sent has come back for good from one of those it went to, as their server reports."""

    letter_id: UUID
    purpose: Purpose


async def post(session: WriteSession, letters: Sequence[Letter], *, seal: Vault | None = None) -> None:
    """Post letters, to be sent once this transaction stands; one that was posted before is left as it is.

    What is sealed is read by nobody but who sends it, and gone when that is done. The record of a letter that
    has one is written behind this, in the same transaction.
    """
    if not letters:
        return
    now = clock.now()
    await store.insert(session, [_row(session.account_id, each, now, seal) for each in letters], now)
    await bring_letters_due_forward(session, min(each.due_at or now for each in letters))


async def prepare(session: WriteSession, letter: Letter, *, seal: Vault | None = None) -> str:
    """Return a letter that is posted by a statement of another room, which `posted` is the end of.

    All that is to be done beside that is done, whether or not the statement posts it.
    """
    now = clock.now()
    await store.open_lanes(session, [letter.channel.value])
    await bring_letters_due_forward(session, letter.due_at or now)
    return store.as_text([_row(session.account_id, letter, now, seal)])


def posted(account: str, prepared: str, made_at: str, condition: str) -> str:
    """Return the SQL that posts a letter on a condition; what is given is SQL, the places of the values."""
    return store.inserting(account, prepared, made_at, condition)


async def cancel(session: WriteSession, ids: Collection[UUID]) -> set[UUID]:
    """Cancel letters that still wait, and return which did; their records are drafts again."""
    ended = await store.cancel(session, ids, clock.now())
    who = Principal.system(session.account_id)
    await write(session, who, [each async for each in _drafts(session, ended)])
    for row in ended:
        await announce(session, who, ended_of(row, State.CANCELLED, Words("cancelled")))
    return {row["letter_id"] for row in ended}


def ended_of(row: Any, state: State, words: Words | None) -> LetterEnded:
    """Return what is announced of a letter's row when it ends."""
    return LetterEnded(
        letter_id=row["letter_id"],
        channel=Channel(row["channel"]),
        purpose=Purpose(row["purpose"]),
        state=state,
        words=words,
        occurrence_id=row["occurrence_id"],
        client_id=row["client_id"],
    )


async def _drafts(session: WriteSession, ended: Sequence[Any]) -> Any:
    """Yield what makes the records of some letters drafts again, those that wait to be sent."""
    by_collection: dict[int, list[UUID]] = {}
    for row in ended:
        if row["collection"] is not None:
            by_collection.setdefault(row["collection"], []).append(row["letter_id"])
    for number, ids in by_collection.items():
        collection = registry.numbered(number)
        for record_id, fields in (await records.some(session, collection, ids)).items():
            if fields["delivery_state"] == DeliveryState.QUEUED:
                yield Write(collection.name, record_id, taken_back(fields))


def _row(account_id: UUID, letter: Letter, now: datetime, seal: Vault | None) -> dict[str, Any]:
    # Ids that come from the database are of a class of the driver's.
    content = orjson.dumps(asdict(letter.content), default=str).decode()
    due_at = letter.due_at or now
    sealed = seal.seal(account_id, sealed_as(letter.letter_id), content).hex() if seal else None
    return {
        "letter_id": letter.letter_id,
        "channel": letter.channel.value,
        "collection": registry.number_of(letter.collection) if letter.collection else None,
        "purpose": letter.purpose.value,
        "priority": PRIORITIES[letter.purpose],
        "is_bulk": letter.is_bulk,
        "bypasses_blocks": letter.bypasses_blocks,
        "due_at": due_at,
        "expires_at": letter.expires_at or due_at + LIFETIMES[letter.purpose],
        "to_addresses": letter.to,
        "content": None if seal else orjson.Fragment(content),
        "sealed": sealed,
        "client_id": letter.client_id,
        "occurrence_id": letter.occurrence_id,
        "communication_id": letter.communication_id,
        "made_by": letter.made_by,
    }


def content_of(kept: dict[str, Any]) -> Content:
    """Return what a letter says as it is kept."""
    return Content(**{**kept, "file_ids": tuple(UUID(each) for each in kept["file_ids"])})


def sealed_as(letter_id: UUID) -> str:
    """Name the purpose for which what a letter says is sealed."""
    return f"letter {letter_id}"
