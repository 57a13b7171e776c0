"""The sessions of the demo studio, each in the state its date asks for."""

from datetime import timedelta
from typing import Any

from app.demo import words
from app.demo.dice import Dice
from app.demo.histories import happened, history
from app.demo.kinds import SCHOOL, SENIOR, WEDDING
from app.demo.people import Person
from app.demo.scene import Scene
from app.demo.visits import Visit
from app.sync.store import Write

STEPS = (
    (1, "photographed"),
    (6, "images_edited"),
    (20, "images_online"),
    (28, "order_placed"),
    (42, "in_production"),
)
"""Until how many days after the session which status lasts; after them it is delivered."""
PICTURES = 6
"""How many pictures a session has, numbered from 0001 on."""
PRICE_LIST = "Portraits online"
ONLINE_AFTER = 10
DAYS_ONLINE = 60
YEARBOOK_PREPARED_AFTER = 30
YEARBOOK_SENT_AFTER = 60
TAKEN_DOWN_AFTER = ONLINE_AFTER + DAYS_ONLINE + 30


def session(scene: Scene, dice: Dice, person: Person, visit: Visit) -> Write:
    """Return the record of a session."""
    kind, end = person.kind, visit.hour * 60 + person.kind.minutes
    status = status_of(scene, visit)
    fields: dict[str, Any] = {
        "session_number": visit.number,
        "client_id": str(person.client_id),
        "description": f"{kind.title}: {person.last_name}",
        "session_type_id": scene.listed("session_types", kind.session_type),
        "date": visit.day.isoformat(),
        "start_time": f"{visit.hour:02}:00:00",
        "end_time": f"{end // 60:02}:{end % 60:02}:00",
        "photographer_id": scene.staff[visit.photographer].user_id,
        "participants": _participants(dice, person),
        "status_id": scene.listed("session_statuses", status),
        "status_due_date": _due(visit, status),
        "is_confirmed": visit.is_past or dice.chance(0.5),
        "is_cancelled": visit.is_cancelled,
        "booked_by_id": scene.staff[dice.between(0, 1)].user_id,
        "web_price_list": PRICE_LIST,
        "notes": dice.one_of(words.SESSION_NOTES) if dice.chance(0.3) else None,
        "status_notes": _history(scene, visit),
        "organization_id": person.organization_id,
        **_place(scene, dice, person, visit),
        **_gallery(scene, visit),
    }
    if kind in (SENIOR, SCHOOL) and fields["is_shown_online"] and dice.chance(0.8):
        fields["yearbook_image"] = f"{dice.between(1, PICTURES):04}"
        fields["yearbook_status"] = _yearbook(scene, visit)
    return Write("sessions", visit.session_id, fields)


def status_of(scene: Scene, visit: Visit) -> str:
    """Return how far the work on a session has come by today."""
    if visit.is_cancelled or not visit.is_past:
        return "booked"
    age = (scene.today - visit.day).days
    return next((status for days, status in STEPS if age <= days), "delivered")


def _due(visit: Visit, status: str) -> str | None:
    """Return the day the work in hand is due, none when nothing is in hand."""
    days = next((days for days, step in STEPS if step == status), None)
    return (visit.day + timedelta(days=days)).isoformat() if days is not None else None


def _place(scene: Scene, dice: Dice, person: Person, visit: Visit) -> dict[str, Any]:
    if person.kind is WEDDING:
        return {"events": [_reception(scene, dice, visit)], "location_id": scene.placed("locations", 0)}
    if dice.chance(0.2):
        return {"location_id": scene.placed("locations", dice.between(1, 3)), "drive_minutes": 25}
    return {"resource_ids": [scene.listed("resources", "camera_room")]}


def _reception(scene: Scene, dice: Dice, visit: Visit) -> dict[str, Any]:
    return {
        "id": str(dice.record_id()),
        "description": "Reception",
        "date": visit.day.isoformat(),
        "start_time": "19:00:00",
        "end_time": "22:30:00",
        "photographer_ids": [scene.staff[visit.photographer].user_id],
    }


def _participants(dice: Dice, person: Person) -> list[dict[str, Any]]:
    client = {"id": str(dice.record_id()), "name": person.first_name}
    return [
        client,
        *(
            {"id": str(dice.record_id()), "name": member["first_name"], "family_member_id": member["id"]}
            for member in person.family
        ),
    ]


def _gallery(scene: Scene, visit: Visit) -> dict[str, Any]:
    """Return the gallery's fields: it expires, which closes nothing, and is taken down a month later.

    How many images it has is counted once they are there.
    """
    age = (scene.today - visit.day).days
    if visit.is_cancelled or age < ONLINE_AFTER:
        return {"is_shown_online": False}
    uploaded = visit.day + timedelta(days=ONLINE_AFTER)
    expires = uploaded + timedelta(days=DAYS_ONLINE)
    is_down = age >= TAKEN_DOWN_AFTER
    state = "taken_down" if is_down else "expired" if expires <= scene.today else "online"
    return {
        "is_shown_online": True,
        "uploaded_at": f"{uploaded}T15:20:00Z",
        "web_expire_date": expires.isoformat(),
        "gallery_state": state,
        "taken_down_at": f"{visit.day + timedelta(days=TAKEN_DOWN_AFTER)}T14:00:00Z" if is_down else None,
    }


def _yearbook(scene: Scene, visit: Visit) -> str:
    age = (scene.today - visit.day).days
    if age > YEARBOOK_SENT_AFTER:
        return "sent"
    return "prepared" if age > YEARBOOK_PREPARED_AFTER else "selected"


def _history(scene: Scene, visit: Visit) -> str:
    somebody = scene.staff[visit.photographer]
    lines = [happened(visit.booked_on, "10:15", somebody, "Status: Booked")]
    if visit.is_cancelled:
        lines.append(happened(min(visit.day, scene.today), "09:05", somebody, "Cancelled"))
    elif visit.is_past:
        lines.append(happened(visit.day, "17:40", somebody, "Status: Photographed"))
    return history(*lines)
