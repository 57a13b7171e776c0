"""What a scope is compiled from: who asks, what the company prefers, and what day it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app.sync.scope import Rule

NOBODY_YET = 0
"""The number of a user whom nothing was ever stamped with: no anchor has it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody's levels let them view: all but some collections, and the parts of others; by numbers.

    `denied` are the collections they view nothing of, and `hidden` the bits of parts that they do not view.
    """

    denied: frozenset[int] = frozenset()
    hidden: Mapping[int, int] = field(default_factory=dict)

    def without(self, number: int, omit: int) -> int:
        """Return the bits of what is left out of a collection and of what is hidden anyway."""
        return omit | self.hidden.get(number, 0)


ALL = Sight()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that decides what a device should hold, in plain values: compiling it is a pure function.

    `preferences` is the company's set, narrowed by the device's own; `me` and `mine` are the account's
    numbers of the user and of the user with their departments; `numbers` has those of the ids preferences
    name, and `facts` those of the ids each declared fact found. `elsewhere` are the sites a device
    is not at, and `sight` is what the user may view.
    """

    today: date
    preferences: Any = None
    me: int = NOBODY_YET
    mine: tuple[int, ...] = ()
    sees_private: bool = False
    numbers: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    elsewhere: tuple[int, ...] = ()
    sight: Sight = ALL
    schema_version: int = 1

    def ago(self, days: int | None) -> date:
        """Return the day so many days before today, or the beginning of time for no limit."""
        return date.min if days is None else self.today - timedelta(days=days)

    def ahead(self, days: int | None) -> date:
        """Return the day so many days after today, or the end of time for no limit."""
        return date.max if days is None else self.today + timedelta(days=days)

    def numbers_of(self, names: Iterable[object]) -> tuple[int, ...]:
        """Return the account's numbers of ids or names, those that anything was ever stamped with."""
        return tuple(sorted(self.numbers[str(name)] for name in names if str(name) in self.numbers))


RuleOf = Callable[[Circumstances], Rule | None]
"""Which records of a collection a device should hold; none for none at all."""
