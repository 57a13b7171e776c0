"""The iCalendar text (RFC 5545) of a feed: instants in UTC, whole days as dates."""

from datetime import UTC, date, timedelta
from uuid import UUID, uuid5

import asyncpg
import orjson
from icalendar import Calendar, Event

from app.desk.calendar.feeds import Subscription, Told
from app.desk.calendar.schedule import client_name, zone_of
from app.desk.calendar.zones import instants

READ_EVERY = timedelta(minutes=15)
_PRODUCT = "-//Studio Sync//Schedule//EN"
_UNNAMED = {1: "Session", 2: "Session", 3: "Appointment"}
_LINES = ("line_1", "line_2", "city", "region", "postal_code")


def calendar_text(subscription: Subscription, told: Told) -> bytes:
    """Return a calendar of all that a feed tells."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", subscription.name)
    calendar.add("x-wr-calname", subscription.name)
    calendar.add("x-wr-timezone", subscription.who.time_zone)
    calendar.add("refresh-interval", READ_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for row in told.rows:
        calendar.add_component(_booking(subscription, told, row))
    for row in told.special:
        calendar.add_component(_special_event(subscription, row))
    text: bytes = calendar.to_ical()
    return text


def _booking(subscription: Subscription, told: Told, row: asyncpg.Record) -> Event:
    who = subscription.who
    event = _event(who.account_id, row, f"{row['record_id']}/{row['event_id'] or ''}")
    what = row["description"] or row["type_name"] or _UNNAMED[row["kind"]]
    client = client_name(row, told.company.get("name_order"))
    event.add("summary", f"{client}: {what}" if client else what)
    zone = zone_of(row, told.zones, who.time_zone)
    starts_at, ends_at = instants(row["date"], row["start_time"], row["end_time"], zone)
    if starts_at is None:
        _add_days(event, row["date"], row["date"])
    else:
        event.add("dtstart", starts_at)
        if ends_at is not None and ends_at > starts_at:
            event.add("dtend", ends_at)
    event.add("status", _status(row))
    event.add("transp", "TRANSPARENT" if row["is_cancelled"] else "OPAQUE")
    for name, value in (("location", _place(row)), ("description", _words(row))):
        if value:
            event.add(name, value)
    return event


def _special_event(subscription: Subscription, row: asyncpg.Record) -> Event:
    event = _event(subscription.who.account_id, row, str(row["id"]))
    event.add("summary", row["description"])
    _add_days(event, row["date"], row["end_date"])
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _event(account_id: UUID, row: asyncpg.Record, name: str) -> Event:
    """Begin an event: under an id that no other account's has, and a sequence that only grows."""
    event = Event()
    event.add("uid", str(uuid5(account_id, name)))
    event.add("sequence", row["revision"])
    changed = row["updated_at"].astimezone(UTC).replace(microsecond=0)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("created", row["created_at"].astimezone(UTC).replace(microsecond=0))
    return event


def _add_days(event: Event, first: date, last: date) -> None:
    """Say that an event takes whole days; it ends with the day behind the last."""
    event.add("dtstart", first)
    event.add("dtend", last + timedelta(days=1))


def _status(row: asyncpg.Record) -> str:
    if row["is_cancelled"]:
        return "CANCELLED"
    return "TENTATIVE" if row["is_on_hold"] else "CONFIRMED"


def _place(row: asyncpg.Record) -> str:
    address = orjson.loads(row["address"] or b"null") or {}
    return ", ".join(filter(None, [row["location"], *(address.get(line) for line in _LINES)]))


def _words(row: asyncpg.Record) -> str:
    """Return how a booking stands, in a few words."""
    said = [row["type_name"], row["status_name"], "Confirmed by the client" if row["is_confirmed"] else None]
    return "\n".join(filter(None, said))
