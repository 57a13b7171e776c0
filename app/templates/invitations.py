"""The time of a session or an appointment as an iCalendar text (RFC 5545) that goes with a letter."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar, Event

from app.core import clock
from app.desk.calendar.zones import instants, known_zone
from app.templates.fields import Basis
from app.templates.store import Ground

_PRODUCT = "-//Studio Sync//Letters//EN"
_ALWAYS = frozenset(
    {
        "date",
        "start_time",
        "end_time",
        "description",
        "location.description",
        "location_other",
        "is_cancelled",
    }
)
NEEDS: Mapping[Basis, frozenset[str]] = {
    Basis.SESSION: _ALWAYS | {"session_type.description"},
    Basis.APPOINTMENT: _ALWAYS | {"appointment_type.description"},
}
"""The paths an invitation is made from."""


def invitation(basis: Basis, record_id: UUID, row: Mapping[str, Any], ground: Ground) -> str | None:
    """Return what puts a booking into a client's calendar; none of one without a day, or that is cancelled.

    The same booking has the same id in all of them, so that a later one takes the place of an earlier.
    """
    if row.get("date") is None or row.get("is_cancelled"):
        return None
    event = Event()
    event.add("uid", str(record_id))
    event.add("dtstamp", clock.now().replace(microsecond=0))
    kind = row.get(f"{basis}_type.description")
    what = row.get("description") or kind or basis.value.capitalize()
    event.add("summary", f"{what}, {ground.company_name}" if ground.company_name else what)
    _add_times(event, row, ground)
    if place := row.get("location.description") or row.get("location_other"):
        event.add("location", place)
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode()


def _add_times(event: Event, row: Mapping[str, Any], ground: Ground) -> None:
    zone = known_zone(ground.studio(row.get("studio_id")).get("time_zone"), ground.time_zone)
    begins, ends = instants(row["date"], row.get("start_time"), row.get("end_time"), zone)
    if begins is None:
        event.add("dtstart", row["date"])
        event.add("dtend", row["date"] + timedelta(days=1))
    else:
        event.add("dtstart", begins)
        if ends is not None and ends > begins:
            event.add("dtend", ends)
