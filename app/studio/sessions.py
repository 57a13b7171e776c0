"""Sessions: bookings at which photographs are taken."""

from enum import StrEnum
from typing import Annotated

from pydantic import model_validator
from sqlalchemy import Index, text

from app.studio.bookings import check_times
from app.studio.custom_fields import SessionCustom
from app.studio.numbering import Number
from app.studio.rules.settings import company
from app.studio.schedule import follow_conflicts, follow_move, read_diary
from app.studio.session_statuses import FINAL_SESSION_STATUSES
from app.studio.trimming import owners, preferences_of, rule
from app.studio.workflows import follow_steps, steps_of
from app.sync import registry
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import (
    Count,
    Day,
    Element,
    Id,
    Instant,
    Line,
    Link,
    Minutes,
    Name,
    Paragraphs,
    Part,
    TimeOfDay,
    field,
)
from app.sync.reactions import on_write
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class YearbookStatus(StrEnum):
    """How far a yearbook image has come."""

    SELECTED = "selected"
    PREPARED = "prepared"
    SENT = "sent"


class GalleryState(StrEnum):
    """Where the session's online gallery stands; the date passing alone closes nothing."""

    OFFLINE = "offline"
    ONLINE = "online"
    EXPIRED = "expired"
    TAKEN_DOWN = "taken_down"


class SessionEvent(Element):
    """A further event of a session, beside the primary one the session itself holds."""

    id: Id = field("The id of this event.", example="3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500001")
    description: Line = field("What the calendar shows.", example="Reception")
    date: Day = field("Local date.", example="2026-06-20")
    start_time: TimeOfDay | None = field("Local start.", example="18:00:00", default=None)
    end_time: TimeOfDay | None = field("Local end.", example="22:00:00", default=None)
    is_hidden: bool = field("Not shown on the calendar.", example=False, default=False)
    photographer_ids: Annotated[list[Id], Link("staff")] = field("Who photographs.", example=[], default=[])
    assistant_ids: Annotated[list[Id], Link("staff")] = field("Who assists.", example=[], default=[])
    resource_ids: Annotated[list[Id], Link("resources")] = field("What it takes up.", example=[], default=[])
    location_id: Annotated[Id | None, Link("locations")] = field(
        "Where it is held.", example=None, default=None
    )

    @model_validator(mode="after")
    def _times_fit(self) -> "SessionEvent":
        check_times(self.date, self.start_time, self.end_time)
        return self


class Participant(Element):
    """Somebody to be photographed: the client or a member of the family."""

    id: Id = field("The id of this entry.", example="3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500002")
    name: Name = field("The name to call.", example="Emma")
    family_member_id: Id | None = field(
        "Which of the client's family; none for the client.", example=None, default=None
    )


_NUMBER = 500


def _belonging(given: Circumstances) -> Rule:
    wanted = preferences_of(given)
    return rule(
        given,
        lo=given.ago(wanted.sessions_past_days),
        hi=given.ahead(wanted.sessions_future_days),
        owners=owners(given, wanted.schedule_users),
        excluded=given.facts[FINAL_SESSION_STATUSES] if wanted.sessions_exclude_final_status else (),
    )


@collection(
    "sessions",
    number=_NUMBER,
    stamp=Stamp(
        day="date",
        site="studio_id",
        labels=("status_id",),
        owners=("photographer_id", "assistant_id"),
        slot=1,
    ),
    rule=_belonging,
    found_by=("date",),
)
class Session(Record):
    """A booking at which photographs are taken; its own date and times are the primary event's."""

    session_number: Number | None = field(
        "Given by the server; none until it has been.",
        example=2107,
        default=None,
        is_read_only=True,
        is_unique=True,
    )
    client_id: Annotated[Id, Link("clients", is_parent=True)] = field(
        "Who is photographed, and billed unless said otherwise.",
        example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001",
    )
    description: Line = field("What it is.", example="Spring family portrait", default="")
    session_type_id: Annotated[Id | None, Link("session_types")] = field(
        "The kind of session.", example=None, default=None
    )
    date: Day | None = field(
        "Local date in the zone of the studio, or of the company; none while it is not settled.",
        example="2026-06-20",
        default=None,
    )
    start_time: TimeOfDay | None = field("Local start.", example="10:00:00", default=None)
    end_time: TimeOfDay | None = field("Local end.", example="11:00:00", default=None)
    arrival_time: TimeOfDay | None = field(
        "When the client is asked to come.", example="09:45:00", default=None
    )
    drive_minutes: Minutes | None = field("Drive to an outside location.", example=25, default=None)
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    photographer_id: Annotated[Id | None, Link("staff")] = field(
        "The primary photographer, who gets the sales credit.", example=None, default=None
    )
    assistant_id: Annotated[Id | None, Link("staff")] = field("Who assists.", example=None, default=None)
    resource_ids: Annotated[list[Id], Link("resources")] = field(
        "The rooms and equipment it takes up.", example=[], default=[]
    )
    location_id: Annotated[Id | None, Link("locations")] = field(
        "The place outside the studio, from the list.", example=None, default=None
    )
    location_other: Line | None = field(
        "The place outside the studio, in free words.", example="Grandmother's garden", default=None
    )
    events: list[SessionEvent] = field(
        "Further events of the same session.",
        example=[
            {
                "id": "3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500001",
                "description": "Reception",
                "date": "2026-06-20",
                "start_time": "18:00:00",
                "end_time": "22:00:00",
            }
        ],
        default=[],
    )
    participants: list[Participant] = field(
        "Who is to be photographed.",
        example=[{"id": "3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500002", "name": "Emma", "family_member_id": None}],
        default=[],
    )
    status_id: Annotated[Id | None, Link("session_statuses")] = field(
        "How far the work has come.", example=None, default=None
    )
    status_due_date: Day | None = field("When that step is due.", example="2026-06-25", default=None)
    status_result: Line | None = field(
        "Why the workflow went as it did.", example="Client ordered at the viewing", default=None
    )
    is_confirmed: bool = field("The client has confirmed the time.", example=False, default=False)
    is_cancelled: bool = field("It will not take place.", example=False, default=False)
    is_on_hold: bool = field("The time is kept but not yet booked.", example=False, default=False)
    is_rescheduled: bool = field("It was moved from another time.", example=False, default=False)
    booked_by_id: Annotated[Id | None, Link("staff")] = field("Who booked it.", example=None, default=None)
    is_booked_online: bool = field(
        "The client booked it online.", example=False, default=False, is_read_only=True
    )
    online_booking_number: Line | None = field(
        "The number the client was given online.", example="OB-5512", default=None, is_read_only=True
    )
    promotions: list[Line] = field(
        "The promotions its sales are counted under.", example=["Spring minis"], default=[]
    )
    organization_id: Annotated[Id | None, Link("organizations")] = field(
        "The school or company it is held for.", example=None, default=None
    )
    yearbook_image: Line | None = field("The image chosen for the yearbook.", example="0412", default=None)
    yearbook_image_secondary: Line | None = field(
        "The second image, where the organization asks for one.", example="0418", default=None
    )
    yearbook_status: YearbookStatus | None = field(
        "How far the yearbook image has come.", example="selected", default=None
    )
    is_shown_online: bool = field(
        "The session is to be seen in the online gallery.", example=False, default=False
    )
    web_price_list: Line | None = field(
        "The price list of the online gallery.", example="Portraits online", default=None
    )
    web_expire_date: Day | None = field(
        "The day the online gallery expires; moved by command, and in the past it expires now.",
        example="2026-08-01",
        default=None,
        is_read_only=True,
    )
    gallery_state: GalleryState = field(
        "Where the online gallery stands.",
        example="offline",
        default=GalleryState.OFFLINE,
        is_read_only=True,
    )
    gallery_images: Count = field("How many images are hosted.", example=0, default=0, is_read_only=True)
    uploaded_at: Instant | None = field(
        "When the images went online.", example="2026-06-27T14:03:00Z", default=None, is_read_only=True
    )
    taken_down_at: Instant | None = field(
        "When the gallery was closed.", example="2026-09-01T09:00:00Z", default=None, is_read_only=True
    )
    notes: Paragraphs | None = field(
        "Anything to know for the day.", example="Bring the blue blanket.", default=None, part=Part.NOTES
    )
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-01 10:15 JD Status: Booked",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: SessionCustom | None = field(
        "The company's own fields.", example={"text_1": "Backdrop 7"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _times_fit(self) -> "Session":
        check_times(self.date, self.start_time, self.end_time)
        if self.arrival_time and self.start_time and self.arrival_time > self.start_time:
            raise ValueError("The arrival is after the start.")
        return self


_table = registry.numbered(_NUMBER).table
# Few sessions have further events, and those of a day are looked for among all of them.
Index("ix_sessions_with_events", _table.c.account_id, postgresql_where=text("events <> '[]'::jsonb"))

on_write("sessions", looks_at=steps_of, at_hand=company)(follow_steps)
on_write("sessions")(follow_move)
on_write("sessions", asks=read_diary)(follow_conflicts)
