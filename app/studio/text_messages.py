"""Text messages: what was texted to clients and back; the server sends, exactly once."""

from typing import Annotated

from pydantic import StringConstraints

from app.studio.deliveries import DeliveryState, Direction
from app.studio.trimming import is_unread, preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import (
    Day,
    Id,
    Instant,
    Line,
    Link,
    Name,
    OnDelete,
    field,
)
from app.sync.registry import Record, collection
from app.sync.scope import Rule


def _belonging(given: Circumstances) -> Rule:
    return rule(given, lo=given.ago(preferences_of(given).texts_past_days))


@collection(
    "text_messages",
    number=760,
    stamp=Stamp(day="date", is_pinned=is_unread, pinned="not read yet", slot=8),
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
        "How far it has come.", example="queued", default=DeliveryState.QUEUED, is_read_only=True
    )
    delivery_error: Line | None = field(
        "Why it could not be sent.", example="The number takes no texts", default=None, is_read_only=True
    )
    sent_at: Instant | None = field(
        "When it was sent or received.", example="2026-05-04T14:20:00Z", default=None, is_read_only=True
    )
