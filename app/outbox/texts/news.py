"""News of texts that went: one in doubt was taken in after all, and others were delivered, or were not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts.store import bring_letters_due_forward
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.outbox import store as letters
from app.outbox.incoming.seen import Became, CameIn, take
from app.outbox.marking import Ending, tell
from app.outbox.states import AGAIN, UNDER_WAY, State
from app.outbox.texts import store
from app.outbox.texts.answers import later_news
from app.outbox.texts.stopping import stop
from app.studio.deliveries import DeliveryState
from app.sync import records, registry
from app.sync.store import Write, write

_LONGEST_SID = 100
_DELIVERED = {"delivered", "read"}
_FAILED = {"failed", "undelivered"}


async def take_in(session: WriteSession, letter_id: UUID | None, form: Mapping[str, str]) -> None:
    """Take in how far a text has come; brought again, or of no letter of ours, it is no news."""
    sid, status = form.get("MessageSid", "")[:_LONGEST_SID], form.get("MessageStatus", "").lower()
    row = await store.letter(session, letter_id, sid) if sid else None
    if row is None:
        return
    if _is_adopted(row, sid):
        row = await _adopted(session, row, sid)
    if row["provider_ref"] != sid or status not in _DELIVERED | _FAILED:
        return
    now = clock.now()
    came = CameIn(f"twilio:{sid}:{status}", Became.STATUS, record_id=row["letter_id"])
    if row["state"] != State.SENT or not await take(session, [came], now):
        return
    if status in _DELIVERED:
        await _delivered(session, row)
    else:
        await _failed(session, row, form.get("ErrorCode"))


def _is_adopted(row: Any, sid: str) -> bool:
    """Say whether a letter is heard of that nobody knew was taken in."""
    if row["provider_ref"] == sid:
        return False
    return row["state"] in UNDER_WAY or (row["state"] in AGAIN and row["doubted_at"] is not None)


async def _adopted(session: WriteSession, row: Any, sid: str) -> Any:
    now = clock.now()
    await store.adopt(session, row, now, sid)
    await letters.pass_lane(session, row["channel"], now, now.date(), timedelta(0))
    await tell(session, Ending(row, State.SENT, None, now))
    # Whoever waited for what became of this one may go on.
    await bring_letters_due_forward(session, now)
    return await store.letter(session, row["letter_id"], sid) or row


async def _delivered(session: WriteSession, row: Any) -> None:
    if row["collection"] is None:
        return
    collection, letter_id = registry.numbered(row["collection"]), row["letter_id"]
    found = (await records.some(session, collection, [letter_id])).get(letter_id)
    if found is not None and found["delivery_state"] == DeliveryState.SENT:
        fields = {"delivery_state": DeliveryState.DELIVERED.value, "delivery_error": None}
        who = Principal.system(session.account_id)
        await write(session, who, [Write(collection.name, letter_id, fields)])


async def _failed(session: WriteSession, row: Any, code: str | None) -> None:
    words, now = later_news(code), clock.now()
    if await store.fail(session, row, now, words.code, words.said):
        await tell(session, Ending(row, State.FAILED, words, now))
    if words.code == "stopped":
        for number in row["to_addresses"]:
            await stop(session, number, now, letter_id=row["letter_id"])
