"""Phone calls: calls to be made, and calls that were."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from app.studio.custom_fields import EventCustom
from app.studio.trimming import preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.commands import Call, command
from app.sync.fields import (
    Day,
    Element,
    Id,
    Line,
    Link,
    OnDelete,
    Paragraphs,
    Part,
    TimeOfDay,
    field,
)
from app.sync.registry import Record, collection
from app.sync.scope import Rule


def _belonging(given: Circumstances) -> Rule:
    return rule(given, lo=given.ago(preferences_of(given).calls_past_days))


@collection(
    "phone_calls", number=720, stamp=Stamp(day="complete_date", site="studio_id", slot=6), rule=_belonging
)
class PhoneCall(Record):
    """A call to be made or one that was made; pending until it has a complete date."""

    client_id: Annotated[Id | None, Link("clients", is_parent=True, on_delete=OnDelete.CASCADE)] = field(
        "Whom to call.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions", on_delete=OnDelete.CLEAR)] = field(
        "The session it concerns.", example=None, default=None
    )
    task_id: Annotated[Id | None, Link("tasks", on_delete=OnDelete.CLEAR)] = field(
        "The task it is part of.", example=None, default=None
    )
    phone_call_type_id: Annotated[Id | None, Link("phone_call_types")] = field(
        "What it is about.", example=None, default=None
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    assigned_user_id: Annotated[Id | None, Link("staff")] = field(
        "Who is to call, or called.", example=None, default=None
    )
    assigned_department_id: Annotated[Id | None, Link("departments")] = field(
        "The department that is to call.", example=None, default=None
    )
    date: Day = field("Local date it is to be made, or was.", example="2026-05-04")
    time: TimeOfDay | None = field("Local time.", example="16:30:00", default=None)
    phone: Line | None = field("The number to dial.", example="(518) 555-0123", default=None)
    subject: Line = field("What lists show.", example="Confirm Saturday's session")
    result_id: Annotated[Id | None, Link("phone_call_results")] = field(
        "How the call ended: no answer, busy, voicemail.", example=None, default=None
    )
    outcome_id: Annotated[Id | None, Link("phone_call_outcomes")] = field(
        "What a sales call led to.", example=None, default=None
    )
    complete_date: Day | None = field(
        "When nothing was left to do; none while the call is pending.", example="2026-05-04", default=None
    )
    follow_up_date: Day | None = field("When to call again.", example="2026-05-11", default=None)
    notes: Paragraphs | None = field(
        "What was said.", example="Will bring the dog.", default=None, part=Part.NOTES
    )
    custom: EventCustom | None = field(
        "The company's own fields.", example={"text_1": "Campaign A"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _followed_up_later(self) -> "PhoneCall":
        if self.follow_up_date and self.follow_up_date < self.date:
            raise ValueError("The follow-up is before the call.")
        return self


class CompleteCall(Element):
    """Say that a call was made and nothing is left to do."""

    date: Day | None = Field(None, description="When; left out, today.", examples=["2026-05-04"])
    result_id: Id | None = Field(None, description="How the call ended.", examples=[None])
    outcome_id: Id | None = Field(None, description="What a sales call led to.", examples=[None])


@command("complete", of=("phone_calls",), takes=CompleteCall)
def complete(call: Call) -> Mapping[str, Any]:
    """Complete a call today or on another day; one that is complete already keeps its day."""
    sent = call.sent.model_dump(mode="json", exclude_none=True)
    done = call.fields["complete_date"] or call.work.today.isoformat()
    return {"complete_date": sent.pop("date", done), **sent}
