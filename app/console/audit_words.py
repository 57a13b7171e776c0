"""What the audit trail tells, in words: who did what to what, and what was different."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.console import fields, labels, pages, words
from app.console.api import Record

HOUSE = "The server itself"
ACTIONS: Mapping[str, str] = {
    "created": "Created",
    "changed": "Changed",
    "deleted": "Deleted",
    "merged": "Merged with another",
    "signed_in": "Signed in",
    "sign_in_refused": "Sign-in refused",
    "signed_out": "Signed out",
    "wiped": "Cleared, as the phone confirmed",
    "forgotten": "Forgotten, being old",
    "exported": "Exported as a table",
}
CHANNELS: Mapping[str, str] = {
    "desk": "At a desk",
    "mobile": "On a phone",
    "key": "By an API key",
    "system": HOUSE,
}
SUBJECTS: Mapping[str, str] = {
    "users": "Users",
    "security_groups": "Security groups",
    "devices": "Mobile devices",
    "api_keys": "API keys",
    "sign_ins": "Sign-ins",
    "preferences": "Mobile preferences",
    "device_preferences": "Preferences of a phone",
    "accounts": "Account",
    "calendar_feeds": "Calendar feeds",
    "deleted_records": "Deleted records",
    "audit": "Audit trail",
    "hubs": "Lists exported",
    "mail_servers": "Mail servers",
    "text_lines": "Text lines",
    "templates": "Templates",
    "communications": "Communications",
    "triggers": "Triggers",
    "webhooks": "Webhooks",
}
_ODD: Mapping[str, str] = {
    "after_failures": "after wrong passwords",
    "new_device": "on a new phone",
    "new_network": "from a new network",
}
_REASONS: Mapping[str, str] = {
    "signed_out": "signed out",
    "refresh_reused": "a spent token came back: two may have held it",
    "password_changed": "the password was changed",
    "password_reset": "the password was reset",
    "reactivated": "the phone was let in again, with an empty copy",
    "wiped": "the phone was cleared",
}
_NOBODIES: Mapping[str, str] = {"system": HOUSE, "device": "The phone itself", "anonymous": "Somebody"}
_LONGEST = 300
_SECRETS = ("password",)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was different: what it was, and what it is since."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the trail as people read it."""

    entry: Record
    who: str
    subject: str
    title: str | None
    action: str
    changes: list[Change]


def told(entry: Record, names: Mapping[str, str], time_zone: str) -> Told:
    """Return an entry in words; `names` are those of people, phones and records, by id."""
    return Told(
        entry=entry,
        who=_who(entry, names),
        subject=subject(entry["subject"]),
        title=_title(entry, names),
        action=ACTIONS.get(entry["action"], words.of_key(entry["action"])),
        changes=_changes(entry, names, time_zone),
    )


def subject(name: str) -> str:
    """Return what a kind of thing is called."""
    return SUBJECTS.get(name) or words.of_key(name)


def _who(entry: Record, names: Mapping[str, str]) -> str:
    if entry["actor"] == "user":
        return names.get(entry["user_id"], entry["initials"])
    network = (entry["after"] or {}).get("network") if entry["actor"] == "anonymous" else None
    if entry["actor"] == "device" and entry["device_id"] in names:
        return names[entry["device_id"]]
    return _NOBODIES[entry["actor"]] + (f" from {network}" if network else "")


def _title(entry: Record, names: Mapping[str, str]) -> str | None:
    """Return what the thing is called, as far as the entry tells."""
    values = {**(entry["before"] or {}), **(entry["after"] or {})}
    if entry["subject"] == "devices" and entry["record_id"] in names:
        return names[entry["record_id"]]
    if any(values.get(name) for name in fields.TITLES):
        return fields.title(values)
    return names.get(entry["record_id"] or "")


def _changes(entry: Record, names: Mapping[str, str], time_zone: str) -> list[Change]:
    before, after = entry["before"] or {}, entry["after"] or {}
    return [
        Change(
            labels.of_field(name),
            _shown(name, before[name], names, time_zone) if name in before else None,
            _shown(name, after[name], names, time_zone) if name in after else None,
        )
        for name in dict.fromkeys([*before, *after])
        if _is_secret(name) or before.get(name) or after.get(name)
    ]


def _is_secret(name: str) -> bool:
    """Say whether a value is one of those that are never told, and so are empty."""
    return any(secret in name for secret in _SECRETS)


def _shown(name: str, value: Any, names: Mapping[str, str], time_zone: str) -> str:
    if _is_secret(name) and value is None:
        return "not told"
    if name == "reason" and str(value) in _REASONS:
        return _REASONS[str(value)]
    if name == "odd":
        return ", ".join(_ODD.get(each, words.of_key(each)) for each in value) or "nothing"
    if isinstance(value, Mapping):
        several = (
            f"{labels.of_field(key)}: {_member(name, key, each, names, time_zone)}"
            for key, each in value.items()
            if key != "id"
        )
        return ", ".join(several) or "none"
    if isinstance(value, list):
        return "; ".join(_shown(name, each, names, time_zone) for each in value) or "none"
    return _plain(value, names, time_zone)


def _member(name: str, key: str, value: Any, names: Mapping[str, str], time_zone: str) -> str:
    if name == "levels":
        return words.LEVELS.get(value, words.of_key(value)).lower()
    return _shown(key, value, names, time_zone)


def _plain(value: Any, names: Mapping[str, str], time_zone: str) -> str:
    if not isinstance(value, str):
        return words.of_value(value)
    if value in names:
        return names[value]
    if _reads(UUID, value):
        return "another record"
    if "T" in value and _reads(datetime.fromisoformat, value):
        return pages.instant(value, time_zone)
    return words.of_value(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")


def _reads(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
