"""What of an entry is told to whom: nothing they may not view where it was done."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson

from app.accounts.features import allows, named
from app.core.principal import Level, Principal

_TEXTS = ("before", "after")
_NOTHING = dict.fromkeys(_TEXTS)


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps things of a kind from people beside its feature: features of some fields, or privacy."""

    fields: Mapping[str, str] = field(default_factory=dict)
    may_be_private: bool = False


_NO_MORE = Guard()
_guards: dict[str, Guard] = {}


def guard(subject: str, guarded: Guard) -> None:
    """Say what keeps things of a kind from people."""
    _guards[subject] = guarded


def told(who: Principal, entry: asyncpg.Record) -> dict[str, Any]:
    """Return an entry as somebody may read it: who did what, and of what was changed only what they may view.

    Administrators may view everything. Whose a private thing was does not stand in every entry of it, so that
    of a kind that may be private others are told nothing.
    """
    values = dict(entry)
    if who.is_administrator:
        return values
    guarded = _guards.get(values["subject"], _NO_MORE)
    if guarded.may_be_private or not _may_view(who, values["feature"]):
        return {**values, **_NOTHING}
    hidden = {name for name, feature in guarded.fields.items() if not _may_view(who, feature)}
    return {**values, **{name: _without(hidden, values[name]) for name in _TEXTS}} if hidden else values


def _may_view(who: Principal, feature: str) -> bool:
    """Say whether somebody may view a feature; nobody is told of one that is no more."""
    return named(feature) is not None and allows(who, feature, Level.VIEW_ONLY)


def _without(hidden: Collection[str], text: str | None) -> str | None:
    if text is None:
        return None
    shown = {name: value for name, value in orjson.loads(text).items() if name not in hidden}
    return orjson.dumps(shown).decode() if shown else None
