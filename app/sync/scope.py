"""What a device should hold: one rule per collection, made of stamped anchors only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from app.sync.anchors import ALWAYS, SLOTS, Anchors

EARLIEST = date.min
"""The lower edge of a window with none: the driver writes it as `-infinity`."""


class Condition(StrEnum):
    """What a record must meet to belong by itself: its day, its labels, its owners."""

    WINDOW = "window"
    REQUIRED = "required"
    EXCLUDED = "excluded"
    OWNERS = "owners"


@dataclass(frozen=True, slots=True)
class Rule:
    """The records of one collection a device should hold. No rule at all means the collection is off.

    A record belongs by itself when its day lies in the window from `lo` to `hi`, it has one of the
    `required` labels, if any are, and none of the `excluded`, and one of `owners` has it, if they are named;
    or for its children's sake, when a kind's latest day is not before that kind's edge. Where rules go by
    activity, the latest day of any child counts like the record's own. Preferences may be
    outvoted by children, a right never: what is private belongs to its owners, and `me` says which of them
    asks, none for somebody who may see all. `omit` has a bit for each part that is left out, `late` one for
    each part of a later schema version that is given: what was given before there was one lacks it.
    """

    lo: date = EARLIEST
    hi: date = ALWAYS
    by_activity: bool = False
    required: tuple[int, ...] | None = None
    excluded: tuple[int, ...] = ()
    owners: tuple[int, ...] | None = None
    me: int | None = None
    omit: int = 0
    late: int = 0
    edges: tuple[tuple[int, date], ...] = ()

    def admits(self, anchors: Anchors) -> bool:
        """Say whether a record with these anchors belongs on the device."""
        if not self.may_see(anchors):
            return False
        is_own = all(is_met for _, is_met in self.conditions(anchors))
        return is_own or any(is_holding for _, is_holding in self.holders(anchors))

    def may_see(self, anchors: Anchors) -> bool:
        """Say whether the user has a right to a record with these anchors, whatever is preferred."""
        return self.me is None or not anchors.private or self.me in anchors.owners

    def conditions(self, anchors: Anchors) -> Iterator[tuple[Condition, bool]]:
        """Yield all a record must meet to belong by itself, and whether it does."""
        yield Condition.WINDOW, self._is_in_window(anchors)
        yield (
            Condition.REQUIRED,
            self.required is None or not set(self.required).isdisjoint(anchors.labels),
        )
        yield Condition.EXCLUDED, set(self.excluded).isdisjoint(anchors.labels)
        yield Condition.OWNERS, self.owners is None or not set(self.owners).isdisjoint(anchors.owners)

    def holders(self, anchors: Anchors) -> Iterator[tuple[int, bool]]:
        """Yield the slot of each kind of children it has, and whether it belongs for their sake."""
        for slot, edge in self.edges:
            latest = anchors.latest[slot - 1]
            if latest is not None:
                yield slot, latest >= edge

    def _is_in_window(self, anchors: Anchors) -> bool:
        if self.by_activity and any(day is not None and day >= self.lo for day in anchors.latest):
            return True
        return self.lo <= anchors.day and (anchors.day <= self.hi or anchors.day == ALWAYS)

    def covering(self, other: "Rule") -> "Rule | None":
        """Return a rule that admits whatever one of two does, if days alone tell them apart."""
        if _but_days(self) != _but_days(other):
            return None
        others = dict(other.edges)
        edges = tuple((slot, min(edge, others[slot])) for slot, edge in self.edges)
        return replace(self, lo=min(self.lo, other.lo), hi=max(self.hi, other.hi), edges=edges)

    def as_membership(self) -> "Rule":
        """Return what says which records belong, and nothing of what is sent of them."""
        return replace(self, omit=0, late=0)

    @property
    def parts(self) -> int:
        """Return what is said of parts in one number: bits of what is left out, then of what is given."""
        return self.omit | self.late

    def reaches(self, first: date, last: date) -> bool:
        """Say whether any record could belong whose own day is one of these."""
        return (
            bool(self.edges or self.by_activity) or last == ALWAYS or (self.lo <= last and first <= self.hi)
        )

    @property
    def is_by_day(self) -> bool:
        """Say whether days alone decide what belongs, and no child's."""
        return self.is_of_days and not (self.by_activity or self.edges)

    @property
    def is_of_days(self) -> bool:
        """Say whether no label, owner or right decides what belongs."""
        return self.required is None and self.owners is None and self.me is None and not self.excluded

    @property
    def admits_all(self) -> bool:
        """Say whether every record belongs."""
        return self.is_by_day and self.lo == EARLIEST and self.hi == ALWAYS

    def is_told_by(self, first: date, last: date) -> bool:
        """Say whether every record whose own day is one of these belongs, its children's days aside."""
        is_in_window = self.lo <= first and (last <= self.hi or first == ALWAYS)
        return self.is_of_days and is_in_window

    def as_json(self) -> dict[str, Any]:
        """Return the form that goes into a cursor: only what is not as usual."""
        packed: dict[str, Any] = {
            "l": _pack_day(self.lo, EARLIEST),
            "h": _pack_day(self.hi, ALWAYS),
            "a": 1 if self.by_activity else None,
            "r": self.required,
            "x": self.excluded or None,
            "w": self.owners,
            "m": self.me,
            "p": self.omit or None,
            "n": self.late or None,
            "e": [[slot, _pack_day(edge, EARLIEST)] for slot, edge in self.edges] or None,
        }
        return {name: value for name, value in packed.items() if value is not None}

    @classmethod
    def from_json(cls, packed: Mapping[str, Any]) -> "Rule":
        """Return the rule a cursor holds."""
        return cls(
            lo=_unpack_day(packed.get("l"), EARLIEST),
            hi=_unpack_day(packed.get("h"), ALWAYS),
            by_activity="a" in packed,
            required=tuple(packed["r"]) if "r" in packed else None,
            excluded=tuple(packed.get("x", ())),
            owners=tuple(packed["w"]) if "w" in packed else None,
            me=packed.get("m"),
            omit=packed.get("p", 0),
            late=packed.get("n", 0),
            edges=tuple((slot, _unpack_day(edge, EARLIEST)) for slot, edge in packed.get("e", ())),
        )


Scope = Mapping[int, Rule]
"""The rule of each collection that is on, by its number."""


Days = tuple[date, date]
"""Days from first to last."""

_SHORT = timedelta(days=366)


def slices(before: Rule | None, after: Rule | None) -> Iterator[Days]:
    """Yield the days on which two rules can differ, latest first; nothing outside them does."""
    merged: list[Days] = []
    for days in sorted(_differing(before, after)):
        if merged and days[0] <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(days[1], merged[-1][1]))
        else:
            merged.append(days)
    yield from reversed(merged)


@dataclass(frozen=True, slots=True)
class Shift:
    """Two rules that differ by a short shift of their windows, such as a midnight's, or by children alone.

    They differ only on records whose own day lies within `days`, or whose latest day of a kind lies within
    that kind's `latest`, by its slot.
    """

    days: tuple[Days, ...]
    latest: Mapping[int, Days]


def shift(before: Rule | None, after: Rule | None) -> Shift | None:
    """Return by how much the windows of parents have moved, if that is all that tells the rules apart."""
    if before is None and after is not None and after.lo == ALWAYS:
        return _for_children(after)
    if before == after or before is None or after is None or not (before.edges or before.by_activity):
        return None
    if _but_days(before) != _but_days(after):
        return None
    window = _between(before.lo, after.lo)
    latest = {slot: each for slot, edge in before.edges if (each := _between(edge, dict(after.edges)[slot]))}
    if window and before.by_activity:
        latest = {slot: _hull(window, latest.get(slot)) for slot in range(1, SLOTS + 1)}
    days = [each for each in (window, _beyond(before.hi, after.hi)) if each]
    if any(last - first > _SHORT for first, last in (*days, *latest.values())):
        return None
    return Shift(tuple(days), latest)


def _for_children(rule: Rule) -> Shift:
    """Return where records lie that belong for their children's sake, or at any time."""
    edges = dict.fromkeys(range(1, SLOTS + 1), ALWAYS) if rule.by_activity else {}
    latest = {slot: (edge, ALWAYS) for slot, edge in (edges | dict(rule.edges)).items()}
    return Shift(((ALWAYS, ALWAYS),), latest)


def _but_days(rule: Rule) -> Rule:
    return replace(rule, lo=EARLIEST, hi=ALWAYS, edges=tuple((slot, EARLIEST) for slot, _ in rule.edges))


def _differing(before: Rule | None, after: Rule | None) -> Iterator[Days]:
    if before == after:
        return
    if before is None or after is None or not _differ_in_window_alone(before, after):
        for rule in (before, after):
            if rule and (rule.edges or rule.by_activity):
                yield EARLIEST, ALWAYS
            elif rule:
                yield rule.lo, rule.hi
                yield ALWAYS, ALWAYS
        return
    for days in (_between(before.lo, after.lo), _beyond(before.hi, after.hi)):
        if days:
            yield days


def _differ_in_window_alone(before: Rule, after: Rule) -> bool:
    return not before.by_activity and replace(before, lo=after.lo, hi=after.hi) == after


def _between(one: date, other: date) -> Days | None:
    """Return the days between two lower edges."""
    return None if one == other else (min(one, other), max(one, other) - timedelta(days=1))


def _beyond(one: date, other: date) -> Days | None:
    """Return the days between two upper edges, without what is always at hand: it lies in both windows."""
    last = min(max(one, other), ALWAYS - timedelta(days=1))
    return None if one == other else (min(one, other) + timedelta(days=1), last)


def _hull(one: Days, other: Days | None) -> Days:
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))


def _pack_day(day: date, usual: date) -> int | None:
    return None if day == usual else day.toordinal()


def _unpack_day(ordinal: int | None, usual: date) -> date:
    return usual if ordinal is None else date.fromordinal(ordinal)
