"""What follows from writing a message: one that is to be sent has a letter, one taken back has none."""

from collections.abc import Sequence
from typing import Any

from app.accounts.store import bring_letters_due_forward
from app.core import clock
from app.outbox import store
from app.outbox.states import LIFETIMES, PRIORITIES, Channel, Purpose
from app.studio.deliveries import DeliveryState, Direction
from app.studio.sending import MESSAGES
from app.sync import registry
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last

CHANNELS = {"emails": Channel.EMAIL, "text_messages": Channel.TEXT}
"""The way the messages of a collection go."""
_SAID = frozenset({"subject", "body", "html", "message"})
"""What a message says."""


@at_last(*MESSAGES)
async def follow_messages(draft: Draft, written: Sequence[Written]) -> None:
    """Post messages that have come to wait, in the transaction that brings them; cancel what was taken back.

    A phone's message is acknowledged with its letter or not at all. What is deleted leaves nothing behind;
    what is being sent at that moment is forgotten when that has ended. Of what is history nothing is sent.

    What was made with a letter that has words of its own, and is edited, is sent as it is now.
    """
    session, now = draft.session, clock.now()
    if said := [(each.key[1], words) for each in written if (words := _edited(each))]:
        await store.reword(session, said)
    posted = [_row(each, draft) for each in written if _is_posted(each)]
    if posted and not session.brings_history:
        await store.insert_again(session, posted, now, now + LIFETIMES[Purpose.TYPED])
        await bring_letters_due_forward(session, now)
    if drafts := [each.key[1] for each in written if _is_taken_back(each)]:
        await store.cancel(session, drafts, now)
    if gone := [each.key[1] for each in written if each.after is None]:
        await store.forget_records(session, gone)


@at_last("clients")
async def follow_clients(draft: Draft, written: Sequence[Written]) -> None:
    """Forget what was written to clients that are gone, where no record tells of it.

    What was written to one that was merged is from now on about the one that stays.
    """
    for each in written:
        if each.after is None:
            stays = draft.survivor(each.key)
            await store.move_client(draft.session, each.key[1], stays[1] if stays != each.key else None)


def _is_posted(written: Written) -> bool:
    after = written.after
    return after is not None and _waits(after) and not _waits(written.before)


def _is_taken_back(written: Written) -> bool:
    after = written.after
    return after is not None and after["delivery_state"] == DeliveryState.DRAFT and _waits(written.before)


def _edited(written: Written) -> dict[str, Any]:
    """Return what a message that was there says otherwise now, in the terms of a letter's own words."""
    before, after = written.before, written.after
    if before is None or after is None:
        return {}
    changed = {each for each in _SAID & after.keys() if before.get(each) != after[each]}
    words: dict[str, Any] = {"subject": after["subject"]} if "subject" in changed else {}
    if changed - {"subject"}:
        text = after["message"] if "message" in after else after["body"] or ""
        words |= {"text": text, "html": after.get("html")}
    return words


def _waits(fields: Any) -> bool:
    if fields is None or fields["direction"] != Direction.OUTGOING:
        return False
    return bool(fields["delivery_state"] == DeliveryState.QUEUED)


def _row(written: Written, draft: Draft) -> dict[str, Any]:
    after, user = written.after or {}, draft.work.who.user_id
    return {
        "letter_id": written.key[1],
        "channel": CHANNELS[registry.numbered(written.key[0]).name].value,
        "collection": written.key[0],
        "purpose": Purpose.TYPED.value,
        "priority": PRIORITIES[Purpose.TYPED],
        "bypasses_blocks": after.get("is_block_bypassed", False),
        "client_id": after["client_id"],
        "made_by": user,
    }
