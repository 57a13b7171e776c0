"""What of an entry is told to whom: nothing they may not view where it was done."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from app.accounts.features import allows, named
from app.audit.store import ITSELF
from app.core.principal import Channel, Level, Principal

_TEXTS = ("before", "after")
_NOTHING = dict.fromkeys(_TEXTS)
_NO_HASHES = dict.fromkeys(("hash", "former_hash"))


class Actor(StrEnum):
    """What somebody is who did something."""

    USER = "user"
    DEVICE = "device"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps things of a kind from people beside its feature: features of some fields, or privacy."""

    fields: Mapping[str, str] = field(default_factory=dict)
    may_be_private: bool = False


_NO_MORE = Guard()
# Of no feature, for administrators alone are told hashes.
_guards: dict[str, Guard] = {ITSELF: Guard({"hash": "", "emptied": ""})}


def guard(subject: str, guarded: Guard) -> None:
    """Say, once, what keeps things of a kind from people."""
    if _guards.setdefault(subject, guarded) != guarded:
        raise TypeError(f"what keeps {subject} from people is said twice")


def told(who: Principal, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as somebody may read it: who did what, and of what was changed only what they may view.

    Administrators may view everything. Whose a private thing was does not stand in every entry of it, so that
    of a kind that may be private others are told nothing. Nor are they told a hash: what is hashed is short,
    and who knows all the rest of it finds it by trying.
    """
    values = {**entry, "actor": _actor(entry)}
    if who.is_administrator:
        return {**values, **{name: _hex(values[name]) for name in _NO_HASHES}}
    values |= _NO_HASHES
    guarded = _guards.get(values["subject"], _NO_MORE)
    if guarded.may_be_private or not _may_view(who, values["feature"]):
        return {**values, **_NOTHING}
    hidden = {name for name, feature in guarded.fields.items() if not _may_view(who, feature)}
    return {**values, **{name: _without(hidden, values[name]) for name in _TEXTS}} if hidden else values


def _actor(entry: Mapping[str, Any]) -> Actor:
    if entry["user_id"] is not None:
        return Actor.USER
    if entry["channel"] == Channel.SYSTEM:
        return Actor.SYSTEM
    return Actor.ANONYMOUS if entry["device_id"] is None else Actor.DEVICE


def _hex(made: bytes | None) -> str | None:
    return None if made is None else made.hex()


def _may_view(who: Principal, feature: str) -> bool:
    """Say whether somebody may view a feature; nobody is told of one that is no more."""
    return named(feature) is not None and allows(who, feature, Level.VIEW_ONLY)


def _without(hidden: Collection[str], text: str | None) -> str | None:
    if text is None:
        return None
    shown = {name: value for name, value in orjson.loads(text).items() if name not in hidden}
    return orjson.dumps(shown).decode() if shown else None
