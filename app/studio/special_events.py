"""Special events: holidays and other days the calendar points out; they inform and never block a booking."""

from enum import StrEnum
from typing import Annotated

from pydantic import model_validator

from app.studio.trimming import preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import Colour, Day, Id, Link, Name, field
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class SpecialEventKind(StrEnum):
    """Why a day is pointed out."""

    HOLIDAY = "holiday"
    SPECIAL_EVENT = "special_event"


def _belonging(given: Circumstances) -> Rule:
    return rule(given, lo=given.ago(preferences_of(given).special_events_past_days))


@collection(
    "special_events",
    number=250,
    stamp=Stamp(day="date", site="studio_id"),
    rule=_belonging,
    is_writable=False,
)
class SpecialEvent(Record):
    """A holiday or another event shown across the calendar, for a day or a range of days."""

    description: Name = field("What the calendar shows.", example="Thanksgiving")
    event_kind: SpecialEventKind = field(
        "Whether it is a holiday.", example="holiday", default=SpecialEventKind.SPECIAL_EVENT
    )
    date: Day = field("The day, or the first of several.", example="2026-11-26")
    end_date: Day | None = field("The last day; none for a single day.", example="2026-11-27", default=None)
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it concerns; none for all.", example=None, default=None
    )
    colour: Colour | None = field("Its colour on the calendar.", example="#CC3333", default=None)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "SpecialEvent":
        if self.end_date and self.end_date < self.date:
            raise ValueError("The last day is before the first.")
        return self
