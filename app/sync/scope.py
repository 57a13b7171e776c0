"""What a device should hold: one rule per collection, made of stamped anchors only."""

from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.sync import registry
from app.sync.feed import ALWAYS

EARLIEST = date.min
"""The lower edge of a window with none: the driver writes it as `-infinity`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The records of one collection a device should hold: those whose day lies in a window.

    A record that is always at hand passes every window. No rule at all means the collection is off.
    """

    lo: date = EARLIEST
    hi: date = ALWAYS

    def admits(self, day: date) -> bool:
        """Say whether a record with this day belongs on the device."""
        return self.lo <= day and (day <= self.hi or day == ALWAYS)

    def as_json(self) -> list[str | None]:
        """Return the form that goes into a cursor."""
        return [None if self.lo == EARLIEST else str(self.lo), None if self.hi == ALWAYS else str(self.hi)]

    @classmethod
    def from_json(cls, edges: list[str | None]) -> "Rule":
        """Return the rule a cursor holds."""
        lo, hi = edges
        return cls(date.fromisoformat(lo) if lo else EARLIEST, date.fromisoformat(hi) if hi else ALWAYS)


Scope = Mapping[int, Rule]
"""The rule of each collection that is on, by its number."""


def compile_scope(names: Names[str] | None) -> dict[int, Rule]:
    """Return the scope of a device that asks for some collections, or for all."""
    return {each.number: Rule() for each in registry.collections() if names is None or each.name in names}


def slices(before: Rule | None, after: Rule | None) -> Iterator[tuple[date, date]]:
    """Yield the days, from first to last, on which two rules can differ; nothing outside them does."""
    if before == after:
        return
    last: tuple[date, date] | None = None
    for first, end in sorted(_edges(before, after)):
        if last and first <= last[1]:
            last = (last[0], max(end, last[1]))
            continue
        if last:
            yield last
        last = (first, end)
    if last:
        yield last


def _edges(before: Rule | None, after: Rule | None) -> Iterator[tuple[date, date]]:
    if before is None or after is None:
        if rule := before or after:
            yield rule.lo, rule.hi
            yield ALWAYS, ALWAYS
        return
    if before.lo != after.lo:
        yield min(before.lo, after.lo), max(before.lo, after.lo) - timedelta(days=1)
    if before.hi != after.hi:
        yield min(before.hi, after.hi) + timedelta(days=1), _not_always(max(before.hi, after.hi))


def _not_always(day: date) -> date:
    """Leave out the records that are always at hand: they lie in both windows."""
    return day - timedelta(days=1) if day == ALWAYS else day
