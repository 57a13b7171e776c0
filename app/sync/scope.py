"""What a device should hold: one rule per collection, made of stamped anchors only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from app.sync.anchors import ALWAYS, Anchors

EARLIEST = date.min
"""The lower edge of a window with none: the driver writes it as `-infinity`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The records of one collection a device should hold. No rule at all means the collection is off.

    A record belongs by itself (`own`) when its day lies in the window from `lo` to `hi`, it has one of the
    `required` labels, if any are, and none of the `excluded`, and one of `owners` has it, if they are named;
    or for its children's sake, when a kind's latest day is not before that kind's edge. Where rules go by
    activity, the latest day of any child counts like the record's own. Preferences may be
    outvoted by children, a right never: what is private belongs to its owners, and `me` says which of them
    asks, none for somebody who may see all. `omit` has a bit for each part that is left out.
    """

    lo: date = EARLIEST
    hi: date = ALWAYS
    own: bool = True
    by_activity: bool = False
    required: tuple[int, ...] | None = None
    excluded: tuple[int, ...] = ()
    owners: tuple[int, ...] | None = None
    me: int | None = None
    omit: int = 0
    edges: tuple[tuple[int, date], ...] = ()

    def admits(self, anchors: Anchors) -> bool:
        """Say whether a record with these anchors belongs on the device."""
        if not self.may_see(anchors):
            return False
        return self._is_own(anchors) or any(
            (latest := anchors.latest[slot - 1]) is not None and latest >= edge for slot, edge in self.edges
        )

    def may_see(self, anchors: Anchors) -> bool:
        """Say whether the user has a right to a record with these anchors, whatever is preferred."""
        return self.me is None or not anchors.private or self.me in anchors.owners

    def _is_own(self, anchors: Anchors) -> bool:
        return (
            self.own
            and self._is_in_window(anchors)
            and (self.required is None or not set(self.required).isdisjoint(anchors.labels))
            and set(self.excluded).isdisjoint(anchors.labels)
            and (self.owners is None or not set(self.owners).isdisjoint(anchors.owners))
        )

    def _is_in_window(self, anchors: Anchors) -> bool:
        if self.by_activity and any(day is not None and day >= self.lo for day in anchors.latest):
            return True
        return self.lo <= anchors.day and (anchors.day <= self.hi or anchors.day == ALWAYS)

    def as_json(self) -> dict[str, Any]:
        """Return the form that goes into a cursor: only what is not as usual."""
        packed: dict[str, Any] = {
            "l": _pack_day(self.lo),
            "h": _pack_day(self.hi),
            "o": None if self.own else 0,
            "a": 1 if self.by_activity else None,
            "r": self.required,
            "x": self.excluded or None,
            "w": self.owners,
            "m": self.me,
            "p": self.omit or None,
            "e": [[slot, _pack_day(edge)] for slot, edge in self.edges] or None,
        }
        return {name: value for name, value in packed.items() if value is not None}

    @classmethod
    def from_json(cls, packed: Mapping[str, Any]) -> "Rule":
        """Return the rule a cursor holds."""
        return cls(
            lo=_unpack_day(packed.get("l"), EARLIEST),
            hi=_unpack_day(packed.get("h"), ALWAYS),
            own="o" not in packed,
            by_activity="a" in packed,
            required=tuple(packed["r"]) if "r" in packed else None,
            excluded=tuple(packed.get("x", ())),
            owners=tuple(packed["w"]) if "w" in packed else None,
            me=packed.get("m"),
            omit=packed.get("p", 0),
            edges=tuple((slot, _unpack_day(edge, EARLIEST)) for slot, edge in packed.get("e", ())),
        )


Scope = Mapping[int, Rule]
"""The rule of each collection that is on, by its number."""


def slices(before: Rule | None, after: Rule | None) -> Iterator[tuple[date, date]]:
    """Yield the days, from first to last, on which two rules can differ; nothing outside them does."""
    last: tuple[date, date] | None = None
    for first, end in sorted(_differing(before, after)):
        if last and first <= last[1]:
            last = (last[0], max(end, last[1]))
            continue
        if last:
            yield last
        last = (first, end)
    if last:
        yield last


def _differing(before: Rule | None, after: Rule | None) -> Iterator[tuple[date, date]]:
    if before == after:
        return
    if before is None or after is None or not _differ_in_days_alone(before, after):
        for rule in (before, after):
            if rule and (rule.edges or rule.by_activity):
                yield EARLIEST, ALWAYS
            elif rule:
                yield rule.lo, rule.hi
                yield ALWAYS, ALWAYS
        return
    if before.lo != after.lo:
        yield min(before.lo, after.lo), max(before.lo, after.lo) - timedelta(days=1)
    if before.hi != after.hi:
        yield min(before.hi, after.hi) + timedelta(days=1), _not_always(max(before.hi, after.hi))


def _differ_in_days_alone(before: Rule, after: Rule) -> bool:
    return not before.by_activity and replace(before, lo=after.lo, hi=after.hi) == after


def _not_always(day: date) -> date:
    """Leave out the records that are always at hand: they lie in both windows."""
    return day - timedelta(days=1) if day == ALWAYS else day


def _pack_day(day: date) -> str | None:
    return None if day in (EARLIEST, ALWAYS) else str(day)


def _unpack_day(text: str | None, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
