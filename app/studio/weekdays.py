"""The days of the week, for opening hours, work weeks and recurring appointments."""

from enum import StrEnum

from app.sync.fields import Element, Id, TimeOfDay, field


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WORK_WEEK = tuple(Weekday)[:5]
"""The business days of a company that has not said otherwise."""


class OpeningHours(Element):
    """When the studio is open on one day of the week; equal times mean closed all day."""

    id: Id = field("The id of this entry.", example="4f5a7c0e-9f0b-4d0c-8a53-2a3c5f1e7b10")
    weekday: Weekday = field("The day of the week.", example="monday")
    opens: TimeOfDay = field("Opening time, local.", example="09:00:00")
    closes: TimeOfDay = field("Closing time, local.", example="17:00:00")
