"""The drop-down lists a new account starts with; each entry has a lasting key and a word to translate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list: what it is called, and its other fields.

    `belongs_to` names the entry it hangs under, by field, collection and key.
    """

    key: str
    word: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    belongs_to: Sequence[tuple[str, str, str]] = ()


def _plain(*words: str) -> list[Entry]:
    return [Entry(word.lower().replace(" ", "_"), word) for word in words]


def _workflow(*steps: tuple[str, int | None], **more: Mapping[str, Any]) -> list[Entry]:
    """Return statuses in order, the first initial and the last final; `more` fields by key."""
    found = []
    for place, (word, days) in enumerate(steps):
        (plain,) = _plain(word)
        ends = {"is_initial": place == 0, "is_final": place == len(steps) - 1}
        found.append(Entry(plain.key, word, {**ends, "duration_days": days, **more.get(plain.key, {})}))
    return found


def _of_each(field_name: str, types: str, *steps: tuple[str, int | None]) -> list[Entry]:
    """Return the same workflow for every type of a list."""
    return [
        Entry(f"{each.key}_{step.key}", step.word, step.fields, [(field_name, types, each.key)])
        for each in LISTS[types]
        for step in _workflow(*steps)
    ]


def _method(word: str, payment_kind: str, **more: Any) -> Entry:
    (plain,) = _plain(word)
    return Entry(plain.key, word, {"payment_kind": payment_kind, **more})


def _card(word: str, leading_digits: str) -> Entry:
    return _method(word, "credit_card", leading_digits=leading_digits, is_web_enabled=True)


def _booked(word: str, minutes: int, colour: str, **more: Any) -> Entry:
    (plain,) = _plain(word)
    return Entry(plain.key, word, {"length_minutes": minutes, "colour": colour, **more})


def _session(word: str, minutes: int, colour: str, **more: Any) -> Entry:
    """Return a session type that keeps galleries online for sixty days."""
    return _booked(word, minutes, colour, days_online=60, is_delivered_digitally=True, **more)


def _indoors(entry: Entry) -> Entry:
    """Return a session type that takes place in the camera room."""
    return replace(entry, belongs_to=[("default_resource_id", "resources", "camera_room")])


LISTS: dict[str, list[Entry]] = {
    "departments": _plain("Photography", "Sales", "Production"),
    "phone_labels": _plain("Mobile", "Home", "Work", "Other"),
    "relationships": _plain(
        "Spouse", "Partner", "Daughter", "Son", "Mother", "Father", "Sister", "Brother", "Grandparent", "Pet"
    ),
    "lead_sources": _plain(
        "Referral", "Web search", "Social media", "Advertisement", "Bridal fair", "School", "Walk-in"
    ),
    "payment_methods": [
        _method("Cash", "cash", is_drawer_opened=True),
        _method("Check", "check"),
        _card("Visa", "4"),
        _card("Mastercard", "5"),
        _card("American Express", "3"),
        _card("Discover", "6"),
        _method("Gift certificate", "gift_certificate"),
    ],
    "phone_call_results": _plain("Reached", "No answer", "Busy", "Left voicemail"),
    "phone_call_outcomes": _plain("Booked", "Not now", "No"),
    "phone_call_types": _plain("Session reminder", "Sales call", "Follow-up"),
    "client_statuses": _workflow(
        ("Prospect", 14),
        ("First-time client", None),
        ("Client", None),
        ("Loyalty client", None),
        ("Inactive client", None),
        loyalty_client={"is_in_loyalty": True},
    ),
    "client_groups": _plain("Families", "Seniors", "Weddings", "Business"),
    "invoice_classifications": _plain("Portrait", "Wedding", "School", "Commercial"),
    "task_types": _plain("General", "Image editing", "Order production", "Yearbook"),
    "invoice_statuses": _workflow(
        ("Order received", 1), ("Order processed", 5), ("Ready for pick-up", 7), ("Picked up", None)
    ),
    "email_types": _plain("General", "Confirmation", "Reminder", "Gallery", "Order"),
    "resources": [Entry("camera_room", "Camera room", {"resource_kind": "room", "colour": "#3366CC"})],
    "appointment_types": [
        _booked("Consultation", 45, "#6699CC"),
        _booked("Ordering appointment", 60, "#66AA66"),
        _booked("Pick-up", 15, "#AA8866"),
        _booked("Staff meeting", 60, "#888888"),
    ],
    "session_types": [
        _indoors(_session("Family", 60, "#CC9933", price_list="Portraits")),
        _indoors(_session("Children", 45, "#E0A040", price_list="Portraits")),
        _indoors(_session("Newborn", 150, "#CC99BB", price_list="Portraits")),
        _indoors(_session("Senior", 90, "#3399AA", price_list="Seniors")),
        _session("School", 10, "#99AA33", price_list="Schools", is_for_organizations=True),
        _session("Wedding", 480, "#AA3355", price_list="Weddings"),
        _indoors(_session("Headshot", 30, "#556677", price_list="Commercial", is_bookable_online=True)),
    ],
    "session_statuses": _workflow(
        ("Booked", None),
        ("Photographed", 2),
        ("Images edited", 5),
        ("Images online", 14),
        ("Order placed", 10),
        ("In production", 10),
        ("Delivered", None),
        booked={"stage": "book"},
        photographed={"stage": "capture_images"},
        images_edited={"stage": "edit_images"},
        images_online={"stage": "upload_images", "is_shown_online": True},
        order_placed={"stage": "take_order"},
        in_production={"stage": "produce_order"},
        delivered={"stage": "deliver_order"},
    ),
}
LISTS["task_statuses"] = _of_each(
    "task_type_id", "task_types", ("Open", 2), ("In progress", 5), ("Done", None)
)
LISTS["email_statuses"] = _of_each("email_type_id", "email_types", ("Open", 2), ("Closed", None))
LISTS["appointment_statuses"] = _of_each(
    "appointment_type_id", "appointment_types", ("Booked", None), ("Confirmed", None), ("Completed", None)
)
