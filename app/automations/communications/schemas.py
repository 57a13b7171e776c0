"""Communications and their recipients as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.automations.communications.models import CommunicationHub, CommunicationState
from app.automations.made import Made
from app.automations.reaching import Act
from app.desk.hubs.filters import Filter
from app.http.schemas import Answer, Wire
from app.sync.fields import Day, Line, Name, TimeOfDay

MOST_NAMED = 500
"""How many groups and statuses are named, and how many recipients are ticked at once."""
_ID = "3d1b7c52-9f0e-4c1a-8b3d-0c7b7f5b2a41"
_AT = "2026-05-04T15:40:00Z"
_FILTER = {"field": "web_expire_date", "is": "less", "value": {"relative": "today"}}
_VERSION = "Counts its changes; sent as `If-Match`."
Count = Annotated[int, Field(ge=0)]
Ids = Annotated[list[UUID], Field(max_length=MOST_NAMED)]


class Chosen(Wire):
    """Which records are chosen: all of the hub that meet everything that is named here."""

    filter: Filter | None = Field(None, description="What they must meet, as in a hub.", examples=[_FILTER])
    filter_id: UUID | None = Field(
        None, description="A saved filter of the hub they must meet too.", examples=[None]
    )
    group_ids: Ids = Field([], description="Groups; the client must be in one of them.", examples=[[]])
    status_ids: Ids = Field([], description="Statuses; they must have one of them.", examples=[[]])


class CommunicationRequest(Wire):
    """A communication, whole, before it is started."""

    name: Name = Field(description="What lists call it.", examples=["Galleries that end in May"])
    hub: CommunicationHub = Field(
        description="Of which records it is chosen; a template's basis is one of these.",
        examples=["sessions"],
    )
    chosen: Chosen = Field(default_factory=Chosen, description="Which of them.")
    action: Act = Field(description="What is made for each.", examples=["email"])
    fallback: Act | None = Field(
        None,
        description="What is made for whom that does not reach: of an email a `call` or a `letter`, of a text"
        " a `call` or an `email`.",
        examples=["call"],
    )
    template_id: UUID | None = Field(
        None,
        description="What emails, texts and letters say: a template of the hub's records. A text needs one of"
        " kind `text`, an email or a letter one of another kind.",
        examples=[_ID],
    )
    made: Made | None = Field(
        None,
        description="What calls and tasks are called, and who is to see to them; and the subject of emails"
        " where texts do not reach.",
    )
    category: Line | None = Field(
        None, description="What statistics count its emails under.", examples=["Reminders"]
    )


class MadeAnswer(Answer):
    """What calls and tasks that are made are called, and who is to see to them."""

    subject: str | None = Field(
        description="What it is called.", examples=["Call [[ClientFirstName]] about the order"]
    )
    type_id: UUID | None = Field(description="The type of the call or task.", examples=[None])
    user_id: UUID | None = Field(description="Who is to see to it.", examples=[None])
    department_id: UUID | None = Field(description="The department that is to see to it.", examples=[None])
    due_in_days: int = Field(description="In how many days.", examples=[3])
    priority: int | None = Field(description="Of a task.", examples=[None])


class ChosenAnswer(Answer):
    """Which records are chosen."""

    filter: dict[str, Any] | None = Field(description="What they must meet.", examples=[_FILTER])
    filter_id: UUID | None = Field(description="A saved filter they must meet too.", examples=[None])
    group_ids: list[UUID] = Field(description="Groups of which their client is in one.", examples=[[]])
    status_ids: list[UUID] = Field(description="Statuses of which they have one.", examples=[[]])


class RecipientCounts(Answer):
    """How far a communication has come."""

    total: Count = Field(description="All who were chosen.", examples=[412])
    left_out: Count = Field(description="Of these, those who get nothing.", examples=[12])
    to_do: Count = Field(description="Those for whom something is still to be made.", examples=[200])
    made: Count = Field(description="Those for whom it was.", examples=[199])
    not_made: Count = Field(description="Those for whom it could not be; lists say why.", examples=[1])


class LetterCounts(Answer):
    """What has become of the emails and texts that were made."""

    waiting: Count = Field(description="They wait to be sent.", examples=[120])
    sending: Count = Field(description="They are being sent.", examples=[1])
    sent: Count = Field(description="They were sent.", examples=[76])
    failed: Count = Field(description="They could not be sent.", examples=[2])
    blocked: Count = Field(description="They were not to be sent to whom they are for.", examples=[0])
    cancelled: Count = Field(description="They were cancelled.", examples=[0])


class CommunicationTold(Answer):
    """A communication as lists have it."""

    id: UUID = Field(validation_alias="communication_id", description="Its id.", examples=[_ID])
    version: int = Field(description=_VERSION, examples=[3])
    name: str = Field(description="What it is called.", examples=["Galleries that end in May"])
    hub: CommunicationHub = Field(description="Of which records it is chosen.", examples=["sessions"])
    action: Act = Field(description="What is made for each.", examples=["email"])
    fallback: Act | None = Field(description="What is made where that does not reach.", examples=["call"])
    template_id: UUID | None = Field(description="What it says.", examples=[_ID])
    category: str | None = Field(description="What statistics count it under.", examples=["Reminders"])
    state: CommunicationState = Field(
        description="How far it has come: a `draft` has no list yet, one that is `ready` has one to be looked"
        " over; `scheduled` for later, `running`, `done`, or `cancelled`.",
        examples=["running"],
    )
    starts_at: datetime | None = Field(
        description="When it begins, or began; of one cancelled before, when it was to begin.", examples=[_AT]
    )
    ended_at: datetime | None = Field(description="When nothing was left to do.", examples=[None])
    made_by: UUID | None = Field(description="Who made it.", examples=[_ID])
    made_at: datetime = Field(description="When.", examples=[_AT])
    changed_at: datetime = Field(description="When it was last changed.", examples=[_AT])


class CommunicationAnswer(CommunicationTold):
    """A communication, and how far it has come."""

    chosen: ChosenAnswer = Field(description="Which records.")
    made: MadeAnswer | None = Field(description="What calls and tasks are called.")
    recipients: RecipientCounts = Field(description="How far it has come.")
    letters: LetterCounts = Field(description="What has become of its emails and texts.")


class CommunicationPage(Answer):
    """Some communications, the newest first."""

    communications: list[CommunicationTold] = Field(description="Communications.")
    next_page: UUID | None = Field(
        description="What `page` is for the next; none at the end.", examples=[_ID]
    )


class RecipientAnswer(Answer):
    """A record that was chosen, and whom it leads to."""

    record_id: UUID = Field(description="The record, of the communication's hub.", examples=[_ID])
    client_id: UUID | None = Field(description="The client it leads to.", examples=[_ID])
    name: str = Field(description="What lists call them.", examples=["Hartley, Laura"])
    address: str | None = Field(
        description="By what they are reached: an email address, a number, or where post goes.",
        examples=["laura@hartley.example"],
    )
    action: Act | None = Field(
        description="What is made for them: the fallback where the first choice does not reach them.",
        examples=["email"],
    )
    is_left_out: bool = Field(description="They get nothing.", examples=[False])
    code: str | None = Field(
        description="Why: `no_client`, `no_address`, `blocked`, or `same_address` as somebody before; once it"
        " runs, why nothing could be made. None where somebody unticked them.",
        examples=[None],
    )
    made_id: UUID | None = Field(
        description="What was made: an email, a text, a call, a task or a letter on paper.", examples=[None]
    )


class RecipientPage(Answer):
    """Some recipients, by name."""

    recipients: list[RecipientAnswer] = Field(description="Those the caller may see.")
    next_page: int | None = Field(description="What `page` is for the next; none at the end.", examples=[100])


class TickRequest(Wire):
    """Recipients that are ticked or unticked."""

    record_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_NAMED)] = Field(
        description="Their records.", examples=[[_ID]]
    )
    is_left_out: bool = Field(description="They are to get nothing.", examples=[True])


class TickedAnswer(Answer):
    """Recipients as they are now."""

    recipients: list[RecipientAnswer] = Field(description="Those that were named and are on the list.")


class StartRequest(Wire):
    """When a communication begins: at once, or on a day at a time where the company is."""

    date: Day | None = Field(None, description="The day; none for at once.", examples=["2026-05-04"])
    time: TimeOfDay | None = Field(None, description="The time of that day.", examples=["09:00:00"])

    @model_validator(mode="after")
    def _both_or_none(self) -> "StartRequest":
        if (self.date is None) != (self.time is None):
            raise PydanticCustomError("date_and_time", "A day is sent with a time, or neither.")
        return self
