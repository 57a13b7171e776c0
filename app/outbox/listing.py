"""Letters as people look after them: listed, read, sent again, cancelled."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.accounts.features import allows, require
from app.accounts.standing import Work
from app.accounts.store import bring_letters_due_forward
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.outbox import list_store, store
from app.outbox.errors import (
    LetterNotEnded,
    LetterNotFound,
    LetterNotSendable,
    LetterNotWaiting,
    LetterWasSent,
    LetterWordsGone,
)
from app.outbox.list_store import Wanted
from app.outbox.posting import cancel
from app.outbox.rights import MAIL_SETTINGS, OUTBOX
from app.outbox.schemas import LetterAnswer, WholeLetterAnswer
from app.outbox.states import AGAIN, LIFETIMES, Purpose, State
from app.outbox.words import sentence_of
from app.studio.deliveries import DeliveryState
from app.sync import registry
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write
from app.sync.visible import seen, some_seen


async def listed(work: Work[Session], wanted: Wanted) -> tuple[list[LetterAnswer], UUID | None]:
    """Return a page of letters, those about clients the user may see, and where the next one begins."""
    found = await list_store.page(work.session, wanted)
    shown = found[: wanted.most]
    about = list({each["client_id"] for each in shown if each["client_id"]})
    known = await some_seen(work, "clients", about)
    letters = [
        LetterAnswer(**told(each))
        for each in shown
        if _is_open_to(work, each) and (each["client_id"] is None or each["client_id"] in known)
    ]
    return letters, shown[-1]["letter_id"] if len(found) > wanted.most else None


async def read(work: Work[Any], letter_id: UUID) -> WholeLetterAnswer:
    """Return a letter with what it says; raises `LetterNotFound` where the user may not see it."""
    row, record = await _found(work, letter_id)
    kept = row["content"] or {}
    words: dict[str, Any] = {"subject": None, "text": None, "html": None}
    if record is not None and not kept:
        said = record.get("message", record.get("body"))
        words = {"subject": record.get("subject"), "text": said, "html": record.get("html")}
    words |= {name: kept[name] for name in words if name in kept}
    is_open = allows(work.who, MAIL_SETTINGS, Level.VIEW_ONLY)
    known = told(row)
    if record is not None and row["state"] == State.WAITING:
        known["to_addresses"] = _addresses(record)
    return WholeLetterAnswer(
        **known,
        is_secret=not kept and record is None,
        **words,
        file_ids=kept.get("file_ids", []),
        said=row["last_said"] if is_open else None,
    )


async def resend(work: Work[WriteSession], letter_id: UUID) -> WholeLetterAnswer:
    """Have a letter wait once more that failed, was blocked or was cancelled."""
    row, record = await _found(work, letter_id)
    if row["state"] == State.SENT:
        raise LetterWasSent
    if row["state"] not in AGAIN:
        raise LetterNotEnded
    session, now = work.session, clock.now()
    if record is not None:
        collection = registry.numbered(row["collection"])
        if collection.feature:
            require(work.who, collection.feature, Level.ADD_MODIFY)
        fields: dict[str, Any] = {"delivery_state": DeliveryState.QUEUED.value, "delivery_error": None}
        if "is_draft" in record:
            fields["is_draft"] = False
        try:
            await write(session, work.who, [Write(collection.name, letter_id, fields)])
        except ChangeRefused as refused:
            raise LetterNotSendable(reason=refused.code) from None
    elif row["content"] is None:
        raise LetterWordsGone
    else:
        await store.wait_again(session, letter_id, now, now + LIFETIMES[Purpose(row["purpose"])])
        await bring_letters_due_forward(session, now)
    return await read(work, letter_id)


async def stop(work: Work[WriteSession], letter_id: UUID) -> WholeLetterAnswer:
    """Cancel a letter that waits; its record is a draft again."""
    row, record = await _found(work, letter_id)
    if record is not None and (feature := registry.numbered(row["collection"]).feature):
        require(work.who, feature, Level.ADD_MODIFY)
    if not await cancel(work.session, [letter_id]):
        raise LetterNotWaiting
    return await read(work, letter_id)


async def _found(work: Work[Any], letter_id: UUID) -> tuple[Any, dict[str, Any] | None]:
    """Return a letter's row, and its record where it has one."""
    require(work.who, OUTBOX, Level.VIEW_ONLY)
    row = await list_store.letter(work.session, letter_id)
    if row is None or not _is_open_to(work, row):
        raise LetterNotFound
    if row["collection"] is not None:
        record = await seen(work, registry.numbered(row["collection"]).name, letter_id)
        if record is None:
            raise LetterNotFound
        return row, record
    if row["client_id"] is not None and await seen(work, "clients", row["client_id"]) is None:
        raise LetterNotFound
    return row, None


def _addresses(record: dict[str, Any]) -> list[str]:
    """Return to whom a message goes when it is tried next."""
    if "phone" in record:
        return [record["phone"]]
    return [*record["to_addresses"], *record["cc_addresses"], *record["bcc_addresses"]]


def _is_open_to(work: Work[Any], row: Any) -> bool:
    """Say whether somebody may know of a letter: who is warned of whom is for administrators alone."""
    return row["purpose"] != Purpose.NOTICE or work.who.is_administrator


def told(row: Any) -> dict[str, Any]:
    """Return what is told of a letter's row."""
    number: int | None = row["collection"]
    same: Sequence[str] = (
        *("channel", "purpose", "state", "to_addresses", "client_id", "made_at", "due_at", "expires_at"),
        *("ended_at", "tries", "is_bulk"),
    )
    return {
        **{name: row[name] for name in same},
        "id": row["letter_id"],
        "collection": registry.numbered(number).name if number is not None else None,
        "code": row["last_code"],
        "message": sentence_of(row["last_code"]),
    }
