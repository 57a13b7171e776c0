"""What the demo studio has before its first client: rooms, places, schools, holidays, meetings."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.demo import words
from app.demo.dice import Dice, lasting_id
from app.demo.histories import happened, history
from app.demo.scene import Scene
from app.studio.starter import starter_id
from app.sync.store import Write

_RESOURCES = (
    ("Garden set", "room", "#339966"),
    ("Viewing room", "room", "#996633"),
    ("Camera A", "camera", "#666666"),
    ("Camera B", "camera", "#999999"),
    ("Van", "vehicle", "#AA3333"),
)
_LOCATIONS = ("Riverside Hall", "Washington Park", "Thacher Overlook", "Harbor Boardwalk")
_HOLIDAYS = (
    (1, 1, "New Year's Day"),
    (7, 4, "Independence Day"),
    (11, 11, "Veterans Day"),
    (12, 24, "Christmas Eve"),
    (12, 25, "Christmas Day"),
)
_MEETINGS = timedelta(days=26 * 7)


def furniture(scene: Scene) -> Iterator[Write]:
    """Yield the records that are there before the clients are, parents first."""
    dice = Dice(scene.seed, "furniture")
    yield Write("companies", scene.account_id, _settings())
    yield _reasons(scene, dice)
    for place, (description, kind, colour) in enumerate(_RESOURCES):
        fields = {
            "description": description,
            "resource_kind": kind,
            "colour": colour,
            "sort_order": 20 + place,
        }
        yield Write("resources", lasting_id(scene.seed, "resources", place), fields)
    for place, description in enumerate(_LOCATIONS):
        fields = {
            "description": description,
            "address": _address(dice),
            "drive_minutes": dice.between(10, 40),
        }
        yield Write("locations", lasting_id(scene.seed, "locations", place), fields)
    yield from _special_events(scene)
    yield from _organizations(scene, dice)
    yield from _meetings(scene, dice)


def _settings() -> dict[str, Any]:
    return {
        "conflict_policy": "prompt",
        "duplicate_checks": ["email", "phone"],
        "has_galleries": True,
        "card_processor": "tsys",
        "is_card_reader_enabled": True,
    }


def _reasons(scene: Scene, dice: Dice) -> Write:
    reasons = [{"id": str(dice.record_id()), "description": reason} for reason in words.STATUS_REASONS]
    status_id = starter_id(scene.account_id, "client_statuses", "inactive_client")
    return Write("client_statuses", status_id, {"reasons": reasons})


def _special_events(scene: Scene) -> Iterator[Write]:
    for year in range(scene.first_day.year, scene.last_day.year + 1):
        for month, day, description in _HOLIDAYS:
            fields = {
                "description": description,
                "event_kind": "holiday",
                "date": date(year, month, day).isoformat(),
            }
            yield Write("special_events", lasting_id(scene.seed, "holiday", year, description), fields)
        days = {"date": f"{year}-04-10", "end_date": f"{year}-04-12"}
        fair = {"description": "Spring portrait fair", "colour": "#339966", **days}
        yield Write("special_events", lasting_id(scene.seed, "fair", year), fair)


def _organizations(scene: Scene, dice: Dice) -> Iterator[Write]:
    for place, name in enumerate((*words.SCHOOLS, *words.BUSINESSES)):
        fields = {
            "name": name,
            "address": _address(dice),
            "phone": f"(518) 555-01{dice.between(0, 99):02}",
            "contact_name": f"{dice.one_of(words.FIRST_NAMES)} {dice.one_of(words.LAST_NAMES)}",
        }
        more = _school(scene, dice) if name in words.SCHOOLS else {"organization_kind": "company"}
        yield Write("organizations", lasting_id(scene.seed, "organizations", place), {**fields, **more})


def _school(scene: Scene, dice: Dice) -> dict[str, Any]:
    year, enrolment = scene.today.year, dice.between(240, 1400)
    return {
        "organization_kind": "school",
        "contact_title": "Yearbook adviser",
        "enrolment": enrolment,
        "graduating_class": enrolment // 4,
        "photography_start": f"{year}-08-01",
        "photography_deadline": f"{year}-10-31",
        "yearbook_deadline": f"{year}-11-15",
        "yearbook_image_dpi": 300,
        "yearbook_image_height": 900,
        "yearbook_naming": "[[StudentId]]_[[ClientLastName]]",
        "is_secondary_image_required": dice.chance(0.3),
    }


def _meetings(scene: Scene, dice: Dice) -> Iterator[Write]:
    """Yield a staff meeting every Monday at eight, half a year back and ahead: one series."""
    monday = scene.today - timedelta(days=scene.today.weekday())
    until, day = monday + _MEETINGS, monday - _MEETINGS
    rule = {"frequency": "weekly", "weekdays": ["monday"], "until": until.isoformat()}
    fields = {
        "description": "Staff meeting",
        "appointment_type_id": scene.listed("appointment_types", "staff_meeting"),
        "start_time": "08:00:00",
        "end_time": "09:00:00",
        "user_ids": [colleague.user_id for colleague in scene.staff],
        "series_id": str(lasting_id(scene.seed, "staff meetings")),
        "recurrence": rule,
    }
    while day <= until:
        step = "completed" if day < scene.today else "booked"
        status = scene.listed("appointment_statuses", f"staff_meeting_{step}")
        told = [happened(monday - _MEETINGS, "08:05", scene.staff[0], "Status: Booked")]
        if day < scene.today:
            told.append(happened(day, "09:00", scene.staff[0], "Status: Completed"))
        own = {"date": day.isoformat(), "status_id": status, "status_notes": history(*told)}
        yield Write("appointments", dice.record_id(), {**fields, **own})
        day += timedelta(days=7)


def _address(dice: Dice) -> dict[str, Any]:
    city, postal_code = dice.one_of(words.TOWNS)
    line = f"{dice.between(1, 480)} {dice.one_of(words.STREETS)}"
    return {"line_1": line, "city": city, "region": "NY", "postal_code": postal_code}
