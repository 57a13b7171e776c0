"""What fields and their choices are called, where the words of the manifest are for programmers."""

from collections.abc import Mapping
from typing import Any

from app.console import words

_FIELDS: Mapping[str, str] = {
    "description": "Name",
    "length_minutes": "Length in minutes",
    "duration_days": "Days until it is due",
    "drive_minutes": "Drive in minutes",
    "days_online": "Days a gallery stays online",
    "stage": "Stage of the work",
    "payment_kind": "Kind",
    "resource_kind": "Kind",
    "organization_kind": "Kind",
    "event_kind": "Kind",
    "date": "Day, or first day",
    "end_date": "Last day, if there are several",
    "line_1": "Street and number",
    "line_2": "Flat, suite or building",
    "region": "State or county",
    "phone": "Telephone",
    "email": "E-mail",
    "yearbook_image_dpi": "Yearbook: resolution in dots per inch",
    "yearbook_image_height": "Yearbook: height in pixels",
    "yearbook_naming": "Yearbook: names of files",
    "yearbook_template": "Yearbook: crop",
    "yearbook_deadline": "Yearbook: deadline",
    "linked_template": "Text on the calendar, with a client",
    "unlinked_template": "Text on the calendar, without a client",
    "locale": "Language and region",
    "work_week": "Business days",
    "first_weekday": "A week begins on",
    "slot_minutes": "Time segment of the calendar, in minutes",
    "conflict_policy": "Booking somebody twice at one time",
    "name_order": "Names of clients",
    "client_number_moment": "A client gets a number",
    "client_number_status_id": "The status that gives a number",
    "duplicate_checks": "Clients may be the same if they share",
    "card_processor": "Who charges cards",
    "terminology": "Your own words for things",
    "employee": "A member of staff",
    "session": "A session",
    "resource": "A resource",
    "odd": "Out of the ordinary",
    "failures": "Wrong passwords",
    "is_spent": "No more are taken for a while",
    "sign_ins": "Sign-ins that ended",
}
_HINTS: Mapping[str, str] = {
    "time_zone": "Where its bookings take place. None for the company's.",
    "conflict_policy": "",
    "duration_days": "Business days, but plain days for clients. Leave it empty if it is never due.",
    "terminology": "One of each, such as “Shoot” for a session. Empty all three for the usual words.",
    "session": "",
    "employee": "",
    "resource": "",
    "client_number_moment": "",
    "name_order": "",
    "first_weekday": "",
    "reasons": "Why a client came to this status.",
    "client_number_status_id": "Only for clients that get a number at a status.",
    "locale": "How dates and amounts are written.",
    "duplicate_checks": "What a new client is compared by; whoever enters it is warned.",
}
_PLAIN = (
    "address", "city", "colour", "contact_email", "contact_phone", "country", "description", "email",
    "end_date", "event_kind", "line_1", "line_2", "name", "organization_kind", "payment_kind", "phone",
    "postal_code", "region", "resource_kind", "slot_minutes", "web_address", "work_week",
)  # fmt: skip
"""Fields of which nothing need be said beside their names."""
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "conflict_policy": {"never": "Never", "prompt": "After a question", "always": "Always"},
    "name_order": {"last_first": "Last name first", "first_last": "First name first"},
    "client_number_moment": {
        "creation": "when created",
        "first_session": "at the first session",
        "first_invoice": "at the first invoice",
        "status": "at a status",
        "never": "never by itself",
    },
    "card_processor": {"tsys": "TSYS", "studioplus_payments": "StudioPlus Payments"},
    "level": {"prompt": "Point it out", "required": "Required"},
    "duplicate_checks": {"phone": "A telephone number", "email": "An e-mail address"},
}

CHOSEN: Mapping[str, Mapping[str, str]] = {
    "locale": {
        "en-US": "English, United States",
        "en-GB": "English, United Kingdom",
        "en-CA": "English, Canada",
        "en-AU": "English, Australia",
        "en-NZ": "English, New Zealand",
        "en-IE": "English, Ireland",
        "fr-CA": "French, Canada",
        "fr-FR": "French, France",
        "de-DE": "German, Germany",
        "de-AT": "German, Austria",
        "de-CH": "German, Switzerland",
        "es-ES": "Spanish, Spain",
        "es-MX": "Spanish, Mexico",
        "it-IT": "Italian, Italy",
        "nl-NL": "Dutch, Netherlands",
        "pt-BR": "Portuguese, Brazil",
    }
}
"""Fields the API takes any words for, and people choose from."""


def of_field(name: str) -> str:
    """Return what a field is called."""
    return _FIELDS.get(name) or words.of_key(_bare(name))


def _bare(name: str) -> str:
    """Return a name without what only tells programmers which kind of value it is."""
    bare = name.removeprefix("is_").removeprefix("has_")
    return bare.removesuffix("_ids").removesuffix("_id").removesuffix("_at")


def of_choice(name: str, choice: str) -> str:
    """Return what a choice of a field is called."""
    return _CHOICES.get(name, {}).get(choice) or words.of_key(choice)


def hint(name: str, told: str) -> str:
    """Return what is said of a field, beside its name: the manifest's sentence, or a plainer one."""
    if told.rstrip(".").casefold() == of_field(name).casefold():
        return ""
    return "" if name in _PLAIN else _HINTS.get(name, told)


def told(saved: Mapping[str, Any], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what was saved, in words; `names` are those of ids."""
    return {of_field(name): words.of_value(_named(value, names or {})) for name, value in saved.items()}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _level(level) for key, level in value.items()}
    if isinstance(value, list):
        return [names.get(each, words.of_key(each)) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def _level(level: str | None) -> str:
    return words.LEVELS.get(level, words.of_key(level)).lower() if level else "as usual"
