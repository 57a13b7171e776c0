"""What the things are called that the audit trail names by their ids, as far as its reader may see them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.console import fields
from app.console.api import Record, Refused
from app.console.visits import Visit
from app.core.principal import Level

MOST = 20
"""How many records are read for one page; those beyond stay without a name."""
_LINKS: Mapping[str, Mapping[str, str]] = {
    "users": {"departments": "departments", "studios": "studios"},
    "devices": {"studio_id": "studios"},
}


async def names(
    visit: Visit, entries: Sequence[Record], people: Mapping[str, Record], collections: Sequence[Record]
) -> dict[str, str]:
    """Return the names of people, phones, groups and records that entries are about, or name, by id."""
    named = {key: person["display_name"] for key, person in people.items()}
    named |= await _phones(visit, entries, named)
    named |= await _groups(visit, entries)
    wanted = dict([*_named_in(entries, collections), *_untold(entries, collections)])
    for record_id in [each for each in wanted if each not in named][:MOST]:
        try:
            record = await visit.api.get(f"/v1/{wanted[record_id]}/{record_id}")
        except Refused:
            continue
        named[record_id] = fields.title(record)
    return named


async def _phones(visit: Visit, entries: Sequence[Record], people: Mapping[str, str]) -> dict[str, str]:
    """Return what phones are called and whose they are, of those that are gone by what the trail tells."""
    if not any(_is_about_a_phone(each) for each in entries) or not visit.may("devices", Level.VIEW_ONLY):
        return {}
    told = {
        each["record_id"]: _phone(_values(each), people)
        for each in entries
        if each["subject"] == "devices" and _values(each).get("user_id")
    }
    listed = (await visit.api.get("/v1/devices"))["devices"]
    return told | {each["id"]: _phone(each, people) for each in listed}


def _is_about_a_phone(entry: Record) -> bool:
    kinds = ("devices", "device_preferences")
    return bool(entry["subject"] in kinds or entry["actor"] == "device" or _values(entry).get("device_id"))


def _phone(device: Mapping[str, Any], people: Mapping[str, str]) -> str:
    return f"{device.get('name') or 'A place for a phone'}, {people.get(device['user_id'], 'Unknown')}"


async def _groups(visit: Visit, entries: Sequence[Record]) -> dict[str, str]:
    is_named = any((each[when] or {}).get("group_id") for each in entries for when in ("before", "after"))
    about = any(each["subject"] == "security_groups" for each in entries)
    if not (is_named or about) or not visit.may("security", Level.VIEW_ONLY):
        return {}
    return {each["id"]: each["name"] for each in (await visit.api.get("/v1/security-groups"))["groups"]}


def _named_in(entries: Sequence[Record], collections: Sequence[Record]) -> Iterable[tuple[str, str]]:
    """Return the records that entries refer to, and of which collection they are."""
    links = {each["name"]: {one["name"]: one["link"] for one in each["fields"]} for each in collections}
    for entry in entries:
        for name, collection in {**links, **_LINKS}.get(entry["subject"], {}).items():
            for when in ("before", "after"):
                value = (entry[when] or {}).get(name) if collection else None
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, str):
                        yield each, collection


def _untold(entries: Sequence[Record], collections: Sequence[Record]) -> Iterable[tuple[str, str]]:
    """Return the records that entries are about and tell no name of."""
    known = {each["name"] for each in collections}
    for entry in entries:
        values = _values(entry)
        if entry["record_id"] and entry["subject"] in known and not any(map(values.get, fields.TITLES)):
            yield entry["record_id"], entry["subject"]


def _values(entry: Record) -> Record:
    return {**(entry["before"] or {}), **(entry["after"] or {})}
