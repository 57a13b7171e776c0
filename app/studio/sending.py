"""Sending: messages that wait to be sent, exactly once, and those that have come in."""

from collections.abc import Mapping
from typing import Any

from app.core.principal import Level
from app.studio.deliveries import IN_HAND, Direction
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


@on_write(*MESSAGES)
def stay_as_sent(written: Written, work: Work) -> None:  # noqa: ARG001 - nothing else is looked at
    """Refuse to change what is on its way; what could not be sent may be put right."""
    before, after = written.before, written.after
    if not before or after is None or before["direction"] != Direction.OUTGOING:
        return
    changed = sorted(name for name in _WRITTEN & before.keys() if written.changes(name))
    if changed and before["delivery_state"] not in IN_HAND:
        raise AlreadyQueued(dict.fromkeys(changed, AlreadyQueued.message))


class Send(Element):
    """Have a message sent; nothing is sent along."""


class MarkRead(Element):
    """Mark a message as read; nothing is sent along."""


class MarkUnread(Element):
    """Mark a message as not read yet; nothing is sent along."""


@command("mark_read", of=MESSAGES, takes=MarkRead, level=Level.VIEW_ONLY)
def mark_read(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - it is the same for all
    """Mark a message as read."""
    return {"is_unread": False}


@command("mark_unread", of=MESSAGES, takes=MarkUnread, level=Level.VIEW_ONLY)
def mark_unread(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - it is the same for all
    """Mark a message as not read yet."""
    return {"is_unread": True}


def check_outgoing(fields: Mapping[str, Any]) -> None:
    """Refuse to send what came in."""
    if fields["direction"] != Direction.OUTGOING:
        raise NotOutgoing
