"""Triggers and their queue as they go over the wire."""

from datetime import datetime, time
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.automations.made import Made
from app.automations.reaching import Act
from app.automations.triggers.kinds import Kind, Paused, Recipient, State, Wanted, Why
from app.http.schemas import Answer, Wire
from app.outbox.states import State as LetterState
from app.sync.fields import Name, TimeOfDay
from app.templates.fields import Basis
from app.templates.models import TemplateKind

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_AT = "2026-05-04T15:40:00Z"
_VERSION = "Counts its changes; sent as `If-Match`."
MOST_AT_ONCE = 200
"""How many occurrences are processed, skipped or deleted at once."""
MOST_DAYS = 365
"""How many days a trigger may lie before or behind the day it goes by."""


class TriggerRequest(Wire):
    """A trigger, whole. What its kind has no use for is left out."""

    name: Name = Field(description="What it is called.", examples=["Images online"])
    kind: str = Field(
        max_length=100,
        description="What it waits for: a key of `/v1/trigger-kinds`.",
        examples=["session_status"],
    )
    type_id: UUID | None = Field(None, description="The type the record must have.", examples=[None])
    status_id: UUID | None = Field(None, description="The status it must have.", examples=[_ID])
    value: str | None = Field(
        None,
        max_length=100,
        description="How an email's delivery must have ended, or the word a text begins with.",
        examples=[None],
    )
    on_field: str | None = Field(
        None, max_length=100, description="The date of the record it goes by.", examples=[None]
    )
    offset_days: int = Field(
        0,
        ge=-MOST_DAYS,
        le=MOST_DAYS,
        description="How many days behind that date it fires; before it where this is negative.",
        examples=[0],
    )
    at_time: TimeOfDay = Field(
        time(9), description="At which time of that day, where the company is.", examples=["09:00:00"]
    )
    filter_id: UUID | None = Field(
        None, description="A shared filter of the kind's hub that the record must meet.", examples=[None]
    )
    action: Act = Field(description="What it does.", examples=["email"])
    fallback: Act | None = Field(
        None, description="What it does where nobody is reached by that.", examples=["call"]
    )
    recipient: Recipient = Field(Recipient.CLIENT, description="Whom it is for.", examples=["client"])
    user_ids: list[UUID] = Field(
        [], max_length=20, description="With the recipient `users`: who they are.", examples=[[]]
    )
    template_id: UUID | None = Field(
        None, description="What an email, a text or a letter is made of.", examples=[_ID]
    )
    made: Made | None = Field(
        None,
        description="What a call or a task has.",
        examples=[{"subject": "Call [[ClientFirstName]] about the images"}],
    )
    is_automatic: bool = Field(
        True, description="It is done by itself; otherwise it waits for somebody.", examples=[True]
    )
    is_block_bypassed: bool = Field(
        False,
        description="It goes to addresses on a block list too, as what was asked for may; but to none that"
        " does not exist, and to no number that has asked for no more texts.",
        examples=[False],
    )


class TriggerMakeRequest(TriggerRequest):
    """A trigger that is to be made."""

    is_active: bool = Field(True, description="It begins to work at once.", examples=[True])


class ReadyMadeRequest(Wire):
    """What a ready-made trigger is to wait for."""

    status_id: UUID | None = Field(
        None, description="The status; left out, the one that is likely meant.", examples=[None]
    )


class CallOrTask(Answer):
    """What a call or a task that a trigger makes has."""

    subject: str | None = Field(
        description="Its subject; none for that of the template.",
        examples=["Call [[ClientFirstName]] about the images"],
    )
    type_id: UUID | None = Field(description="The type of the call or task.", examples=[None])
    user_id: UUID | None = Field(description="Who is to do it.", examples=[None])
    department_id: UUID | None = Field(description="The department that is.", examples=[None])
    due_in_days: int = Field(description="When it is due, in days from the day it is made.", examples=[1])
    priority: int | None = Field(description="Of a task: from 1, most important, to 10.", examples=[None])


class TriggerAnswer(Answer):
    """A trigger."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    version: int = Field(description=_VERSION, examples=[3])
    name: str = Field(description="What it is called.", examples=["Images online"])
    kind: Kind = Field(description="What it waits for.", examples=["session_status"])
    type_id: UUID | None = Field(description="The type the record must have.", examples=[None])
    status_id: UUID | None = Field(description="The status it must have.", examples=[_ID])
    value: str | None = Field(description="What a delivery has come to, or the word.", examples=[None])
    on_field: str | None = Field(description="The date it goes by.", examples=[None])
    offset_days: int = Field(description="How many days behind that date it fires.", examples=[0])
    at_time: TimeOfDay = Field(description="At which time of that day.", examples=["09:00:00"])
    filter_id: UUID | None = Field(description="A filter the record must meet.", examples=[None])
    action: Act = Field(description="What it does.", examples=["email"])
    fallback: Act | None = Field(description="What it does else.", examples=["call"])
    recipient: Recipient = Field(description="Whom it is for.", examples=["client"])
    user_ids: list[UUID] = Field(description="With `users`: who they are.", examples=[[]])
    template_id: UUID | None = Field(description="What it is made of.", examples=[_ID])
    made: CallOrTask | None = Field(description="What a call or a task has.")
    is_automatic: bool = Field(description="It is done by itself.", examples=[True])
    is_block_bypassed: bool = Field(description="It goes to blocked addresses too.", examples=[False])
    is_active: bool = Field(description="It works.", examples=[True])
    paused_code: Paused | None = Field(
        description="Why it stands still all the same, until it is set or activated anew.", examples=[None]
    )
    since: datetime = Field(description="Nothing before this fires.", examples=[_AT])
    waiting: int = Field(description="How many of its occurrences wait.", examples=[0])
    changed_at: datetime = Field(description="When it was last changed.", examples=[_AT])
    changed_by: UUID | None = Field(description="Who did that.", examples=[_ID])


class TriggersAnswer(Answer):
    """All triggers."""

    triggers: list[TriggerAnswer] = Field(description="Triggers, by name.")


class KindAnswer(Answer):
    """What triggers may wait for, and what those that do may name."""

    kind: Kind = Field(description="Its key.", examples=["session_status"])
    label: str = Field(description="What people know it by.", examples=["Session status"])
    description: str = Field(
        description="When it happens.",
        examples=["The session comes to have a status, also when it is made with it."],
    )
    basis: Basis = Field(description="What its letters are about.", examples=["session"])
    hub: str = Field(description="The hub whose filters may narrow it.", examples=["sessions"])
    type: Wanted = Field(description="Whether it names a type.", examples=["may"])
    types: str | None = Field(description="The list of its types.", examples=["session_types"])
    status: Wanted = Field(description="Whether it names a status.", examples=["must"])
    statuses: str | None = Field(description="The list of its statuses.", examples=["session_statuses"])
    has_value: bool = Field(description="It needs a `value`.", examples=[False])
    values: list[str] = Field(description="What that may be; any word where none is named.", examples=[[]])
    on_fields: list[str] = Field(
        description="The dates it goes by; where there are none it goes by what happens.", examples=[[]]
    )
    actions: list[Act] = Field(description="What it may do.", examples=[["email", "text"]])
    recipients: list[Recipient] = Field(description="Whom that may be for.", examples=[["client"]])


class ActionAnswer(Answer):
    """What triggers may do."""

    action: Act = Field(description="Its key.", examples=["email"])
    fallbacks: list[Act] = Field(description="What may be done in its place.", examples=[["call"]])
    templates: list[TemplateKind] = Field(
        description="The kinds of templates it is made of; none where it is made of none.",
        examples=[["form_letter", "html_email"]],
    )
    recipients: list[Recipient] = Field(description="Whom it can reach.", examples=[["client"]])


class KindsAnswer(Answer):
    """What triggers may wait for, and what they may do."""

    kinds: list[KindAnswer] = Field(description="What they may wait for.")
    actions: list[ActionAnswer] = Field(description="What they may do.")


class ReadyMadeAnswer(Answer):
    """A ready-made trigger: a template and what sends it."""

    key: str = Field(description="Its key.", examples=["images_online"])
    name: str = Field(description="What it and its template are called.", examples=["Images online"])
    description: str = Field(
        description="What it does.", examples=["Tells clients that their images are online."]
    )
    kind: Kind = Field(description="What it waits for.", examples=["session_gallery"])
    statuses: str | None = Field(
        description="The list of the status it waits for, if it does.", examples=[None]
    )
    status_id: UUID | None = Field(description="The one that is likely meant.", examples=[None])
    is_made: bool = Field(
        description="There is a trigger of this kind and name; made again it is a second one.",
        examples=[False],
    )


class ReadyMadesAnswer(Answer):
    """All ready-made triggers."""

    ready_made: list[ReadyMadeAnswer] = Field(description="Ready-made triggers.")


class OccurrenceAnswer(Answer):
    """A trigger that was raised by a record."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    trigger_id: UUID = Field(description="The trigger.", examples=[_ID])
    trigger_name: str | None = Field(
        description="What that is called; none of one that was removed.", examples=["Images online"]
    )
    is_automatic: bool = Field(description="It is done by itself when it is due.", examples=[True])
    collection: str = Field(description="The collection of the record.", examples=["sessions"])
    record_id: UUID = Field(description="The record.", examples=[_ID])
    client_id: UUID | None = Field(description="Its client.", examples=[_ID])
    client_name: str | None = Field(description="What the client is called.", examples=["Laura Hartley"])
    title: str | None = Field(description="What the record is.", examples=["Spring family portrait"])
    state: State = Field(description="How far it has come.", examples=["waiting"])
    code: Why | None = Field(description="Why nothing came of it.", examples=[None])
    message: str | None = Field(description="The same in words.", examples=[None])
    due_at: datetime = Field(description="When it is to be done.", examples=[_AT])
    raised_at: datetime = Field(description="When it was raised.", examples=[_AT])
    ended_at: datetime | None = Field(description="When it was done, or given up.", examples=[None])
    ended_by: UUID | None = Field(description="Who did that; none for the house itself.", examples=[None])
    action: Act | None = Field(description="What was done.", examples=[None])
    made_id: UUID | None = Field(
        description="What was made: an email, a text message, a call, a task, or a letter on paper.",
        examples=[None],
    )
    letter_state: LetterState | None = Field(
        description="What has become of its email or text.", examples=[None]
    )


class QueueAnswer(Answer):
    """A page of the queue."""

    occurrences: list[OccurrenceAnswer] = Field(description="Occurrences, the newest first.")
    next_page: UUID | None = Field(
        description="To be sent as `page` for those before; none at the end.", examples=[None]
    )


class QueueRequest(Wire):
    """Which occurrences are meant: some, or all of a trigger that wait."""

    ids: list[UUID] | None = Field(
        None, min_length=1, max_length=MOST_AT_ONCE, description="Some occurrences.", examples=[[_ID]]
    )
    trigger_id: UUID | None = Field(
        None,
        description=f"A trigger: those of its occurrences that wait, at most {MOST_AT_ONCE} at once.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "QueueRequest":
        if (self.ids is None) == (self.trigger_id is None):
            raise PydanticCustomError("ids_or_trigger", "Either occurrences or a trigger are named.")
        return self


class DoneAnswer(Answer):
    """What has become of an occurrence."""

    id: UUID = Field(description="The occurrence.", examples=[_ID])
    is_done: bool = Field(
        description="It was just done; else it did not wait, and `state` is what it was.",
        examples=[True],
    )
    state: State | None = Field(
        description="How far it has come; none of one there is not.", examples=["processed"]
    )
    code: str | None = Field(
        description="Why nothing came of it; `occurrence_not_found` or `occurrence_not_waiting` of one that"
        " could not be meant.",
        examples=[None],
    )
    message: str | None = Field(description="The same in words.", examples=[None])


class DoneAnswers(Answer):
    """What has become of some occurrences."""

    results: list[DoneAnswer] = Field(description="An answer for each, in the order they were named.")
    has_more: bool = Field(description="The trigger has more that wait: ask again.", examples=[False])
