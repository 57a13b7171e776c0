"""Sets as add and remove: what is done to the members of a list, so that two devices may do it at once."""

from collections.abc import Mapping
from typing import Any

from app.sync.fields import Values
from app.sync.registry import Collection
from app.sync.tables import Kind

_LISTS = (Kind.IDS, Kind.TEXTS, Kind.OBJECTS)
_WORDS = {"add", "remove"}


def resolved(
    collection: Collection, present: Values, sent: Mapping[str, Any]
) -> tuple[Mapping[str, Any], set[str]]:
    """Return the fields as they will be, and which of them cannot clash with anybody else's change.

    `{"add": [...], "remove": [...]}` stands for the list that is there with members added, an element in the
    place of one with its id, and others removed, elements by their ids. An element that is there and differs
    may have been changed by somebody else, so that its field is compared like any other.
    """
    by_members = {
        name: value
        for name, value in sent.items()
        if isinstance(value, dict) and _is_by_members(collection, name, value)
    }
    if not by_members:
        return sent, set()
    fields, free = dict(sent), set[str]()
    for name, value in by_members.items():
        before = present.get(name) or []
        fields[name] = _changed(before, value)
        if all(_is_free(before, each) for each in value.get("add", [])):
            free.add(name)
    return fields, free


def added(collection: Collection, sent: Mapping[str, Any]) -> Values:
    """Return the fields with what is newly named in them."""
    return {
        name: value.get("add", [])
        if isinstance(value, dict) and _is_by_members(collection, name, value)
        else value
        for name, value in sent.items()
    }


def _is_by_members(collection: Collection, name: str, value: dict[str, Any]) -> bool:
    spec = collection.fields.get(name)
    if not value or spec is None or spec.kind not in _LISTS:
        return False
    return value.keys() <= _WORDS and all(isinstance(each, list) for each in value.values())


def _changed(before: list[Any], value: Mapping[str, list[Any]]) -> list[Any]:
    gone = {_id_of(each) for each in value.get("remove", [])}
    after = {_id_of(each): each for each in before if _id_of(each) not in gone}
    after |= {_id_of(each): each for each in value.get("add", [])}
    return list(after.values())


def _is_free(before: list[Any], new: Any) -> bool:
    return all(each == new for each in before if _id_of(each) == _id_of(new))


def _id_of(member: Any) -> str:
    """Return what a member is known by: an element's id, otherwise itself."""
    found = member.get("id") if isinstance(member, dict) else member
    return str(found).lower()
