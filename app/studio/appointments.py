"""Appointments: everything on the calendar that needs no camera."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from app.studio.bookings import check_times
from app.studio.custom_fields import EventCustom
from app.studio.rules.settings import company
from app.studio.schedule import follow_conflicts, follow_move, read_diary
from app.studio.series import follow_series, read_series, refuse_too_many
from app.studio.trimming import owners, preferences_of, rule
from app.studio.weekdays import Weekday
from app.studio.workflows import follow_steps, steps_of
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import (
    Colour,
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
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import InvalidFields
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class Frequency(StrEnum):
    """How often a series repeats."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class Recurrence(Element):
    """The rule of a series; each occurrence is an appointment of its own."""

    frequency: Frequency = field("How often it repeats.", example="weekly")
    interval: Annotated[int, Field(ge=1, le=366)] = field(
        "Every so many days, weeks, months or years.", example=1, default=1
    )
    weekdays: list[Weekday] = field("On which days of a week.", example=["monday"], default=[])
    until: Day | None = field("The last day it may fall on.", example="2026-12-31", default=None)


def _belonging(given: Circumstances) -> Rule:
    wanted = preferences_of(given)
    return rule(
        given,
        lo=given.ago(wanted.appointments_past_days),
        hi=given.ahead(wanted.appointments_future_days),
        owners=owners(given, wanted.schedule_users),
    )


@collection(
    "appointments",
    number=600,
    stamp=Stamp(day="date", site="studio_id", owners=("user_ids",), slot=2),
    rule=_belonging,
    found_by=("date", "series_id"),
)
class Appointment(Record):
    """A consultation, a pick-up, a staff meeting: anything on the calendar that needs no camera."""

    client_id: Annotated[Id | None, Link("clients", is_parent=True, on_delete=OnDelete.CASCADE)] = field(
        "Whom it is for; none for a staff meeting.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions", on_delete=OnDelete.CASCADE)] = field(
        "The session it belongs to, if any.", example=None, default=None
    )
    description: Line = field("What the calendar shows.", example="Ordering appointment")
    appointment_type_id: Annotated[Id | None, Link("appointment_types")] = field(
        "The kind of appointment.", example=None, default=None
    )
    appointment_type_other: Line | None = field(
        "The kind in free words, where the company does not limit it to the list.",
        example="Site visit",
        default=None,
    )
    status_id: Annotated[Id | None, Link("appointment_statuses")] = field(
        "Where it stands, among the statuses of its type.", example=None, default=None
    )
    status_due_date: Day | None = field("When that step is due.", example="2026-06-30", default=None)
    date: Day = field("Local date in the zone of the studio, or of the company.", example="2026-06-30")
    start_time: TimeOfDay | None = field(
        "Local start; none for the whole day.", example="15:00:00", default=None
    )
    end_time: TimeOfDay | None = field("Local end.", example="16:00:00", default=None)
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    user_ids: Annotated[list[Id], Link("staff")] = field("On whose calendars it is.", example=[], default=[])
    resource_ids: Annotated[list[Id], Link("resources")] = field(
        "The rooms and equipment it takes up.", example=[], default=[]
    )
    location_id: Annotated[Id | None, Link("locations")] = field(
        "The place outside the studio, from the list.", example=None, default=None
    )
    location_other: Line | None = field(
        "The place outside the studio, in free words.", example="Client's office", default=None
    )
    colour: Colour | None = field("Its colour, when not its type's.", example="#66AA66", default=None)
    booked_by_id: Annotated[Id | None, Link("staff")] = field("Who booked it.", example=None, default=None)
    is_confirmed: bool = field("The client has confirmed the time.", example=False, default=False)
    is_cancelled: bool = field("It will not take place.", example=False, default=False)
    is_booked_online: bool = field(
        "The client booked it online.", example=False, default=False, is_read_only=True
    )
    series_id: Id | None = field(
        "Shared by all occurrences of a series; none for a single appointment.",
        example="6a9d3c52-8b1e-4d5f-9a7c-6f3c1a600001",
        default=None,
    )
    recurrence: Recurrence | None = field(
        "The rule of its series.",
        example={"frequency": "weekly", "interval": 1, "weekdays": ["monday"], "until": "2026-06-29"},
        default=None,
    )
    is_detached: bool = field(
        "Edited by itself, so that changes of its series pass it by.", example=False, default=False
    )
    notes: Paragraphs | None = field(
        "Anything to know.", example="Bring the sample albums.", default=None, part=Part.NOTES
    )
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-01 10:15 JD Status: Booked",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: EventCustom | None = field(
        "The company's own fields.", example={"text_1": "Room B"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _times_fit(self) -> "Appointment":
        check_times(self.date, self.start_time, self.end_time)
        return self

    @model_validator(mode="after")
    def _series_is_whole(self) -> "Appointment":
        if self.recurrence and not self.series_id:
            raise ValueError("A recurring appointment needs its series.")
        return self


def _looks_at_session(written: Written) -> list[tuple[str, str | None]]:
    return [("sessions", written.after["session_id"])] if written.after else []


@on_write("appointments", looks_at=_looks_at_session)
def belong_to_one_client(written: Written, work: Work) -> None:
    """Let an appointment of a session be its client's."""
    after = written.after
    if after is None or not written.changes("client_id", "session_id"):
        return
    session = work.find("sessions", after["session_id"])
    if session is None:
        return
    if after["client_id"] is None:
        after["client_id"] = session["client_id"]
    elif after["client_id"] != session["client_id"]:
        raise InvalidFields({"session_id": "This session belongs to another client."})


on_write("appointments", asks=read_series, is_of_deletions=False)(refuse_too_many)
on_write("appointments", looks_at=steps_of, at_hand=company)(follow_steps)
on_write("appointments")(follow_move)
on_write("appointments", asks=read_diary)(follow_conflicts)
on_write("appointments", asks=read_series)(follow_series)
