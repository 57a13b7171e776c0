"""The schedule and its feeds as they go over the wire."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.http.schemas import Answer, Wire
from app.studio.companies import ConflictPolicy
from app.sync.fields import Day, TimeOfDay

MOST_DAYS = 62
MOST_CALENDARS = 50
_Day = date
"""A name that no field has."""
_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_USER = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_DAY = "2026-06-20"
_INSTANT = "2026-05-04T09:30:00Z"
_ADDRESS = "/v1/calendar/bx8qVH4MTDmbHg2aU_Knwb5O….ics"


def _as_a_date(text: str) -> str:
    """Refuse what is not written as a date: a number would be taken for seconds since 1970."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("A date is written as in 2026-06-20.")
    return text


_Written = Annotated[Day, BeforeValidator(_as_a_date)]


class ScheduleQuery(BaseModel):
    """Whose schedule is asked for, and of when; a parameter that is not known would be one that is missed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: _Written | None = Field(
        None,
        alias="from",
        description="The first day; today in the company's zone when left out.",
        examples=[_DAY],
    )
    last: _Written | None = Field(
        None,
        alias="to",
        description=f"The last day; the first when left out. At most {MOST_DAYS} days.",
        examples=[_DAY],
    )
    users: list[UUID] = Field(
        [],
        max_length=MOST_CALENDARS,
        description=f"Whose schedule, once for each; at most {MOST_CALENDARS} together with `resources`.",
        examples=[[_USER]],
    )
    resources: list[UUID] = Field(
        [], max_length=MOST_CALENDARS, description="The schedule of what, once for each.", examples=[[_ID]]
    )
    studio_id: UUID | None = Field(
        None, description="Only what is of this studio, or of none in particular.", examples=[_ID]
    )


class EntryKind(StrEnum):
    """What a booking is."""

    SESSION = "session"
    SESSION_EVENT = "session_event"
    APPOINTMENT = "appointment"


class Entry(Answer):
    """One booking at one time: a session, a further event of one, or an appointment."""

    kind: EntryKind = Field(
        description="`session_event` is a further event of the session `record_id` names.",
        examples=["session"],
    )
    record_id: UUID = Field(description="The session or appointment.", examples=[_ID])
    event_id: UUID | None = Field(
        description="Which further event of the session; none for its primary one.", examples=[None]
    )
    revision: int = Field(description="The revision of the record.", examples=[17])
    description: str = Field(description="What it is.", examples=["Spring family portrait"])
    type_name: str | None = Field(description="The kind of it.", examples=["Family portrait"])
    date: _Day = Field(description="Local date in `time_zone`.", examples=[_DAY])
    start_time: TimeOfDay | None = Field(
        description="Local start; none for the whole day.", examples=["10:00:00"]
    )
    end_time: TimeOfDay | None = Field(description="Local end, where there is one.", examples=["11:00:00"])
    time_zone: str = Field(
        description="IANA name of the zone of its studio, or of the company.", examples=["America/New_York"]
    )
    starts_at: datetime | None = Field(
        description="The instant of the start, where it has one.", examples=["2026-06-20T14:00:00Z"]
    )
    ends_at: datetime | None = Field(
        description="The instant of the end, where it has one.", examples=["2026-06-20T15:00:00Z"]
    )
    studio_id: UUID | None = Field(description="The studio it belongs to.", examples=[None])
    user_ids: list[UUID] = Field(description="The people it takes up.", examples=[[_USER]])
    resource_ids: list[UUID] = Field(description="The rooms and equipment it takes up.", examples=[[]])
    location: str | None = Field(description="The place outside the studio.", examples=["Boat house"])
    client_id: UUID | None = Field(description="Whom it is for.", examples=[_ID])
    client_name: str | None = Field(
        description="That client's name, with the right to view clients.", examples=["Laura Hartley"]
    )
    status_id: UUID | None = Field(description="How far the work has come.", examples=[None])
    status_name: str | None = Field(description="The same in words.", examples=["Booked"])
    is_confirmed: bool = Field(description="The client has confirmed the time.", examples=[True])
    is_cancelled: bool = Field(description="It will not take place, and takes nobody up.", examples=[False])
    is_on_hold: bool = Field(description="The time is kept but not yet booked.", examples=[False])
    colour: str | None = Field(description="Its own colour, or that of its kind.", examples=["#CC9933"])


class SpecialEventAnswer(Answer):
    """A holiday or another day the calendar points out; it blocks nothing."""

    id: UUID = Field(description="The special event.", examples=[_ID])
    description: str = Field(description="What the calendar shows.", examples=["Thanksgiving"])
    is_holiday: bool = Field(description="Whether it is a holiday.", examples=[True])
    date: _Day = Field(description="The day, or the first of several.", examples=["2026-11-26"])
    end_date: _Day = Field(description="The last day.", examples=["2026-11-27"])
    studio_id: UUID | None = Field(description="The studio it concerns; none for all.", examples=[None])
    colour: str | None = Field(description="Its colour on the calendar.", examples=["#CC3333"])


class Hours(Answer):
    """When the business is open, local times of the company."""

    opens: TimeOfDay = Field(description="Opening time.", examples=["09:00:00"])
    closes: TimeOfDay = Field(description="Closing time.", examples=["17:00:00"])


class DayAnswer(Answer):
    """One day of the range, as the business has it."""

    date: _Day = Field(description="The day.", examples=[_DAY])
    is_business_day: bool = Field(description="A day of the company's work week.", examples=[True])
    hours: list[Hours] = Field(description="When it is open, earliest first; empty when closed.")
    holidays: list[str] = Field(description="The holidays on this day.", examples=[[]])


class ScheduleUser(Answer):
    """Somebody whose schedule was asked for."""

    id: UUID = Field(description="The user.", examples=[_USER])
    display_name: str = Field(description="The name calendars show.", examples=["Jo Doyle"])


class ScheduleResource(Answer):
    """Something whose schedule was asked for."""

    id: UUID = Field(description="The resource.", examples=[_ID])
    description: str = Field(description="What it is called.", examples=["Camera room 1"])
    colour: str | None = Field(description="Its colour on the calendar.", examples=["#3366CC"])


class Conflict(Answer):
    """Somebody who is booked twice at one time on a day."""

    user_id: UUID = Field(description="Who is booked twice.", examples=[_USER])
    date: _Day = Field(description="The day.", examples=[_DAY])
    record_ids: list[UUID] = Field(
        description="The bookings of that day each of which clashes with another one of them.",
        examples=[[_ID, "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a12"]],
    )


class ScheduleAnswer(Answer):
    """What some users and resources are booked for on some days."""

    first: _Day = Field(serialization_alias="from", description="The first day.", examples=[_DAY])
    last: _Day = Field(serialization_alias="to", description="The last day.", examples=[_DAY])
    time_zone: str = Field(
        description="IANA name of the company's zone, that of days and hours.", examples=["America/New_York"]
    )
    users: list[ScheduleUser] = Field(description="The users asked for.")
    resources: list[ScheduleResource] = Field(description="The resources asked for.")
    days: list[DayAnswer] = Field(description="The days, in order.")
    entries: list[Entry] = Field(
        description="The bookings by local date and start, those of a whole day first."
    )
    special_events: list[SpecialEventAnswer] = Field(
        description="Holidays and special events on any of the days, by their first day."
    )
    conflict_policy: ConflictPolicy = Field(
        description="Whether the company lets a person be booked twice at one time.", examples=["prompt"]
    )
    conflicts: list[Conflict] = Field(
        description="Who is booked twice among `entries`; none where the policy is `always`."
    )


class FeedRequest(Wire):
    """A calendar feed to be made for oneself."""

    name: str = Field(
        description="What its user knows it by, such as the program that will read it.",
        examples=["Phone calendar"],
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
    )


class FeedAnswer(Answer):
    """A calendar feed as it is known afterwards: without its address."""

    id: UUID = Field(validation_alias="feed_id", description="The feed.", examples=[_ID])
    user_id: UUID = Field(description="Whose schedule it has.", examples=[_USER])
    name: str = Field(description="What its user knows it by.", examples=["Phone calendar"])
    created_at: datetime = Field(description="When it was made.", examples=[_INSTANT])
    last_read_at: datetime | None = Field(
        description="When a program last read it, to the hour; none when none has.", examples=[None]
    )


class NewFeedAnswer(FeedAnswer):
    """A calendar feed that was just made, with its address."""

    address: str = Field(
        description="Where calendar programs read it, below the address of this API. It is a secret, is told"
        " this once and cannot be asked for again: whoever has it reads the schedule.",
        examples=[_ADDRESS],
    )


class FeedList(Answer):
    """The calendar feeds of a user."""

    feeds: list[FeedAnswer] = Field(description="The feeds, the oldest first.")
    max_feeds: int = Field(description="How many a user may have.", examples=[5])
