"""Emails: what was written to clients and by them; the server sends, exactly once."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from app.studio.deliveries import IN_HAND, NOT_ARRIVED, DeliveryState, Direction
from app.studio.preferences import EmailBodies
from app.studio.rules.settings import company
from app.studio.sending import Send, check_outgoing
from app.studio.trimming import is_unread, preferences_of, rule, without_content
from app.studio.workflows import follow_steps, steps_of
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.commands import Call, command
from app.sync.fields import (
    Day,
    Document,
    EmailAddress,
    Id,
    Instant,
    Line,
    Link,
    OnDelete,
    Part,
    field,
)
from app.sync.reactions import on_write
from app.sync.registry import Record, collection
from app.sync.rendering import BIT
from app.sync.scope import Rule

Addresses = Annotated[list[EmailAddress], Field(max_length=100)]
"""At most a hundred email addresses."""

_NOT_BEGUN = (DeliveryState.DRAFT, DeliveryState.QUEUED)


def _belonging(given: Circumstances) -> Rule:
    wanted = preferences_of(given)
    omit = {
        EmailBodies.FULL: 0,
        EmailBodies.PREVIEW: BIT[Part.CONTENT],
        EmailBodies.HEADERS: without_content(is_wanted=False),
    }
    return rule(given, lo=given.ago(wanted.emails_past_days), omit=omit[wanted.email_bodies])


@collection(
    "emails",
    number=740,
    stamp=Stamp(day="date", site="studio_id", is_pinned=is_unread, pinned="not read yet", slot=7),
    rule=_belonging,
)
class Email(Record):
    """An email to or from a client; once it is no draft, the server sends it."""

    client_id: Annotated[Id | None, Link("clients", is_parent=True, on_delete=OnDelete.CASCADE)] = field(
        "The client it concerns.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions", on_delete=OnDelete.CLEAR)] = field(
        "The session it concerns.", example=None, default=None
    )
    invoice_id: Annotated[Id | None, Link("invoices", on_delete=OnDelete.CLEAR)] = field(
        "The invoice it concerns.", example=None, default=None
    )
    task_id: Annotated[Id | None, Link("tasks", on_delete=OnDelete.CLEAR)] = field(
        "The task it is part of.", example=None, default=None
    )
    email_type_id: Annotated[Id | None, Link("email_types")] = field(
        "What it is about.", example=None, default=None
    )
    status_id: Annotated[Id | None, Link("email_statuses")] = field(
        "Where its handling stands, among the statuses of its type.", example=None, default=None
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    user_id: Annotated[Id | None, Link("staff")] = field("Who wrote or read it.", example=None, default=None)
    direction: Direction = field(
        "Which way it went.", example="outgoing", default=Direction.OUTGOING, is_read_only=True
    )
    date: Day = field("Local date it was written, sent or received.", example="2026-05-04")
    from_address: EmailAddress | None = field(
        "Who sent it; none for the company's own address.", example="hello@studio.example", default=None
    )
    to_addresses: Addresses = field("To whom.", example=["laura@hartley.example"], default=[])
    cc_addresses: Addresses = field("Copies.", example=[], default=[])
    bcc_addresses: Addresses = field("Hidden copies.", example=[], default=[])
    subject: Line = field("Subject.", example="Your images are online", default="")
    category: Line | None = field(
        "What campaign statistics count it under.", example="Reminders", default=None
    )
    is_draft: bool = field("Not to be sent yet.", example=True, default=False)
    is_unread: bool = field("Received and not yet read.", example=False, default=False)
    is_block_bypassed: bool = field(
        "Sent even to an address on a block list, as a receipt may be, unless the address does not exist.",
        example=False,
        default=False,
    )
    delivery_state: DeliveryState = field(
        "How far it has come.", example="draft", default=DeliveryState.DRAFT, is_read_only=True
    )
    delivery_error: Line | None = field(
        "Why it could not be sent.", example="Mailbox full", default=None, is_read_only=True
    )
    sent_at: Instant | None = field(
        "When it was sent or received.", example="2026-05-04T14:20:00Z", default=None, is_read_only=True
    )
    body: Document | None = field(
        "The text.",
        example="Dear Laura,\n\nyour images are ready.",
        default=None,
        part=Part.CONTENT,
    )
    html: Document | None = field(
        "The same in HTML, for mail readers that show it.",
        example="<p>Dear Laura,</p><p>your images are ready.</p>",
        default=None,
        part=Part.CONTENT,
    )

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "Email":
        if self.direction is Direction.OUTGOING and not self.is_draft and not self.to_addresses:
            raise ValueError("An email that is no draft needs an address to go to.")
        return self

    @model_validator(mode="after")
    def _waits_unless_it_is_a_draft(self) -> "Email":
        if self.direction is Direction.OUTGOING and self.delivery_state in _NOT_BEGUN:
            self.delivery_state = DeliveryState.DRAFT if self.is_draft else DeliveryState.QUEUED
        elif self.is_draft and self.delivery_state in NOT_ARRIVED:
            self.delivery_state = DeliveryState.DRAFT
        return self


on_write("emails", looks_at=steps_of, at_hand=company)(follow_steps)


@command("send", of=("emails",), takes=Send)
def send(call: Call) -> Mapping[str, Any]:
    """Have a draft, or what could not be sent, sent exactly once; what is on its way is left alone."""
    check_outgoing(call.fields)
    if call.fields["delivery_state"] not in IN_HAND:
        return {}
    return {"is_draft": False, "delivery_state": DeliveryState.QUEUED.value, "delivery_error": None}
