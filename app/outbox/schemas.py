"""Letters, lanes and block lists as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.http.schemas import Answer, Wire
from app.outbox.states import Block, Channel, Purpose, State
from app.sync.fields import EmailAddress

_ID = "9c2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_INSTANT = "2026-05-04T09:30:00Z"
_WORDS = "Dear Laura,\n\nyour images are ready."
Count = Annotated[int, Field(ge=0)]


class LetterAnswer(Answer):
    """A letter: an email or a text that is to be sent, or was."""

    id: UUID = Field(description="Its id, which is that of its record where it has one.", examples=[_ID])
    channel: Channel = Field(description="The way it goes.", examples=["email"])
    collection: str | None = Field(
        description="The collection its record is in; none for what no phone sees.", examples=["emails"]
    )
    purpose: Purpose = Field(
        description="Why it was written: `typed` by somebody, by a `trigger`, as one of a `communication`, to"
        " let a client into the `portal`, as a safety `notice`, or as a `test`.",
        examples=["typed"],
    )
    state: State = Field(description="How far it has come.", examples=["waiting"])
    to_addresses: list[str] = Field(
        description="To whom: in lists once it was tried.", examples=[["laura@hartley.example"]]
    )
    client_id: UUID | None = Field(description="The client it is about.", examples=[_ID])
    made_at: datetime = Field(description="When it was written.", examples=[_INSTANT])
    due_at: datetime = Field(
        description="When it is tried next; while it is being sent, when somebody else would.",
        examples=[_INSTANT],
    )
    expires_at: datetime = Field(description="Until when it is tried.", examples=[_INSTANT])
    ended_at: datetime | None = Field(description="When it was sent, or given up.", examples=[None])
    tries: Count = Field(description="How often it was tried.", examples=[1])
    code: str | None = Field(description="What stood in the way, by a code.", examples=["mailbox_full"])
    message: str | None = Field(description="The same in a sentence.", examples=["The mailbox is full."])
    is_bulk: bool = Field(description="It is one of many.", examples=[False])


class LetterPage(Answer):
    """Some letters, the newest first."""

    letters: list[LetterAnswer] = Field(description="The letters the caller may see.", examples=[[]])
    next_page: UUID | None = Field(
        description="What `page` is for the next; none at the end.", examples=[_ID]
    )


class WholeLetterAnswer(LetterAnswer):
    """A letter with what it says."""

    is_secret: bool = Field(description="What it says is told to nobody here.", examples=[False])
    subject: str | None = Field(description="Its subject.", examples=["Your images are online"])
    text: str | None = Field(description="Its text.", examples=[_WORDS])
    html: str | None = Field(description="The same in HTML, as it was written.", examples=[None])
    file_ids: list[UUID] = Field(description="The files that go with it.", examples=[[]])
    said: str | None = Field(
        description="What the other side said; for who may see the mail settings.", examples=[None]
    )


class LaneAnswer(Answer):
    """How the letters of one channel go."""

    channel: Channel = Field(description="The channel.", examples=["email"])
    waiting: Count = Field(description="Letters that wait.", examples=[0])
    sending: Count = Field(description="Letters that are being sent.", examples=[0])
    failed: Count = Field(description="Letters that failed in the last 30 days.", examples=[0])
    blocked: Count = Field(description="Letters that were blocked in the last 30 days.", examples=[0])
    closed_until: datetime | None = Field(
        description="Until when none goes; none while they do.", examples=[None]
    )
    code: str | None = Field(description="Why none goes.", examples=["no_mail_server"])
    message: str | None = Field(description="The same in a sentence.", examples=["No mail server is set up."])
    sent_this_month: Count = Field(description="Letters sent this month (UTC).", examples=[12])
    sent_last_month: Count = Field(description="Letters sent the month before.", examples=[140])


class OutboxAnswer(Answer):
    """How the account's letters go."""

    lanes: list[LaneAnswer] = Field(description="The channels that have been used.", examples=[[]])


class BlockAnswer(Answer):
    """An address nothing goes to."""

    channel: Channel = Field(description="The channel.", examples=["email"])
    address: str = Field(description="The address, in small letters.", examples=["laura@hartley.example"])
    reason: Block = Field(description="Why.", examples=["bounced"])
    at: datetime = Field(description="Since when.", examples=[_INSTANT])
    letter_id: UUID | None = Field(description="The letter that has shown it.", examples=[_ID])
    by_id: UUID | None = Field(description="The user who has blocked it.", examples=[None])


class BlockPage(Answer):
    """Some of the addresses nothing goes to, by channel and address."""

    blocks: list[BlockAnswer] = Field(description="The addresses.", examples=[[]])
    next_page: str | None = Field(
        description="What `page` is for the next; none at the end.", examples=["laura@hartley.example"]
    )


class BlockRequest(Wire):
    """An email address nothing is to go to any more."""

    address: EmailAddress = Field(description="The address.", examples=["laura@hartley.example"])


BlockedAddress = Annotated[
    str, StringConstraints(min_length=1, max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$")
]
