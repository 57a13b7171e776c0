"""Text messages: what was texted to clients and back; the server sends, exactly once."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from app.studio.deliveries import IN_HAND, DeliveryState, Direction
from app.studio.sending import Send, check_outgoing
from app.studio.trimming import is_unread, preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.commands import Call, command
from app.sync.fields import (
    Day,
    Id,
    Instant,
    Line,
    Link,
    Name,
    OnDelete,
    Values,
    field,
)
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import InvalidFields
from app.sync.registry import Record, collection
from app.sync.scope import Rule


def _belonging(given: Circumstances) -> Rule:
    return rule(given, lo=given.ago(preferences_of(given).texts_past_days))


@collection(
    "text_messages",
    number=760,
    stamp=Stamp(day="date", site="studio_id", is_pinned=is_unread, pinned="not read yet", slot=8),
    rule=_belonging,
)
class TextMessage(Record):
    """A text message to a client's phone, or the client's answer."""

    client_id: Annotated[Id | None, Link("clients", is_parent=True, on_delete=OnDelete.CASCADE)] = field(
        "The client it concerns.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions", on_delete=OnDelete.CLEAR)] = field(
        "The session it concerns.", example=None, default=None
    )
    task_id: Annotated[Id | None, Link("tasks", on_delete=OnDelete.CLEAR)] = field(
        "The task it is part of.", example=None, default=None
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    user_id: Annotated[Id | None, Link("staff")] = field("Who wrote it.", example=None, default=None)
    direction: Direction = field(
        "Which way it went.", example="outgoing", default=Direction.OUTGOING, is_read_only=True
    )
    date: Day = field("Local date it was written or received.", example="2026-05-04")
    phone: Name = field("The client's number; it must be marked for text messages.", example="(518) 555-0123")
    message: Annotated[str, StringConstraints(min_length=1, max_length=1600)] = field(
        "The text.", example="See you tomorrow at 10!"
    )
    is_unread: bool = field("Received and not yet read.", example=False, default=False)
    delivery_state: DeliveryState = field(
        "How far it has come; one without a client stays a draft.",
        example="queued",
        default=DeliveryState.QUEUED,
        is_read_only=True,
    )
    delivery_error: Line | None = field(
        "Why it could not be sent.", example="The number takes no texts", default=None, is_read_only=True
    )
    sent_at: Instant | None = field(
        "When it was sent or received.", example="2026-05-04T14:20:00Z", default=None, is_read_only=True
    )


def _looks_at_client(written: Written) -> Iterable[tuple[str, str | None]]:
    return [("clients", written.after["client_id"])] if written.after else []


@on_write("text_messages", looks_at=_looks_at_client)
def wait_to_be_sent(written: Written, work: Work) -> None:
    """Let a text wait to be sent once it has a client, to a number that is marked for texts."""
    before, after = written.before or {}, written.after
    if after is None or after["direction"] != Direction.OUTGOING:
        return
    is_told = "delivery_state" in written.sent and work.who.device_id is None
    if not is_told and after["client_id"] is None and after["delivery_state"] == DeliveryState.QUEUED:
        after["delivery_state"] = DeliveryState.DRAFT.value
    if not is_told and before and before["client_id"] is None and written.changes("client_id"):
        _queue(after)
    was_waiting = before.get("delivery_state") == DeliveryState.QUEUED
    if after["delivery_state"] == DeliveryState.QUEUED and not was_waiting:
        _check_number(after, work)


@command("send", of=("text_messages",), takes=Send)
def send(call: Call) -> Mapping[str, Any]:
    """Have a draft, or what could not be sent, sent exactly once; what is on its way is left alone."""
    check_outgoing(call.fields)
    if call.fields["delivery_state"] not in IN_HAND:
        return {}
    if call.fields["client_id"] is None:
        raise InvalidFields({"client_id": "A text goes to a client."})
    return {"delivery_state": DeliveryState.QUEUED.value, "delivery_error": None}


def _queue(fields: Values) -> None:
    if fields["delivery_state"] == DeliveryState.DRAFT:
        fields["delivery_state"] = DeliveryState.QUEUED.value


def _check_number(fields: Values, work: Work) -> None:
    client = work.find("clients", fields["client_id"])
    marked = [each["number"] for each in client["phones"] if each["is_sms_enabled"]] if client else []
    if client and _digits(fields["phone"]) not in map(_digits, marked):
        raise InvalidFields({"phone": "This number is not marked for text messages."})


def _digits(number: str) -> str:
    return "".join(each for each in number if each.isdigit())
