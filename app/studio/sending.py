"""Sending: messages that wait to be sent, exactly once, and those that have come in."""

from collections.abc import Mapping
from typing import Any

from app.core.principal import Level
from app.studio.deliveries import IN_HAND, DeliveryState, Direction
from app.sync.commands import Call, command
from app.sync.fields import Element
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import ChangeRefused

MESSAGES = ("emails", "text_messages")
_WRITTEN = frozenset(
    {
        "from_address",
        "to_addresses",
        "cc_addresses",
        "bcc_addresses",
        "subject",
        "body",
        "html",
        "is_draft",
        "is_block_bypassed",
        "phone",
        "message",
    }
)
"""What a message says and to whom."""


class AlreadyQueued(ChangeRefused):
    """The message waits to be sent, or was sent, and cannot be edited any more."""

    code = "already_queued"
    message = "This message is on its way and cannot be changed any more."


class NotOutgoing(ChangeRefused):
    """The message came in, so it cannot be sent."""

    code = "not_outgoing"
    message = "A message that came in cannot be sent."


class AlreadySending(ChangeRefused):
    """The message has begun to be sent, or was sent, and cannot be taken back any more."""

    code = "already_sending"
    message = "This message has left already and cannot be taken back."


@on_write(*MESSAGES, is_of_deletions=False)
def stay_as_sent(written: Written, work: Work) -> None:  # noqa: ARG001 - nothing else is looked at
    """Refuse to change what is on its way; what could not be sent may be put right."""
    before, after = written.before, written.after
    if not before or after is None or before["direction"] != Direction.OUTGOING:
        return
    changed = sorted(name for name in _WRITTEN & before.keys() if written.changes(name))
    if changed == ["is_draft"] and _is_taken_back(written):
        return
    if changed and before["delivery_state"] not in IN_HAND:
        raise AlreadyQueued(dict.fromkeys(changed, AlreadyQueued.message))


def _is_taken_back(written: Written) -> bool:
    """Say whether it is the server that makes a waiting message a draft: no phone sends how far one is."""
    before, after = written.before or {}, written.after or {}
    moved = before.get("delivery_state"), after.get("delivery_state")
    return "delivery_state" in written.sent and moved == (DeliveryState.QUEUED, DeliveryState.DRAFT)


class Send(Element):
    """Have a message sent; nothing is sent along."""


class TakeBack(Element):
    """Take a message back that waits to be sent; nothing is sent along."""


class MarkRead(Element):
    """Mark a message as read; nothing is sent along."""


class MarkUnread(Element):
    """Mark a message as not read yet; nothing is sent along."""


@command("take_back", of=MESSAGES, takes=TakeBack)
def take_back(call: Call) -> Mapping[str, Any]:
    """Make a message that waits to be sent a draft again; one that is on its way is not called back."""
    check_outgoing(call.fields)
    state = call.fields["delivery_state"]
    if state in IN_HAND:
        return {}
    if state != DeliveryState.QUEUED:
        raise AlreadySending
    return taken_back(call.fields)


@command("mark_read", of=MESSAGES, takes=MarkRead, level=Level.VIEW_ONLY)
def mark_read(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - it is the same for all
    """Mark a message as read."""
    return {"is_unread": False}


@command("mark_unread", of=MESSAGES, takes=MarkUnread, level=Level.VIEW_ONLY)
def mark_unread(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - it is the same for all
    """Mark a message as not read yet."""
    return {"is_unread": True}


def taken_back(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a message a draft again: of a text there is nothing else that says so."""
    draft = {"delivery_state": DeliveryState.DRAFT.value}
    return {**draft, "is_draft": True} if "is_draft" in fields else draft


def check_outgoing(fields: Mapping[str, Any]) -> None:
    """Refuse to send what came in."""
    if fields["direction"] != Direction.OUTGOING:
        raise NotOutgoing
