"""Scopes in plain words: what a rule says, and what speaks for a record or against it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.sync import registry
from app.sync.anchors import ALWAYS, Anchors
from app.sync.explaining import Explanation, parents_off
from app.sync.fields import Part, Values
from app.sync.registry import Collection
from app.sync.rendering import BIT
from app.sync.scope import EARLIEST, Condition, Rule, Scope

Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A record and the rule it was judged by, with the names of all numbers in both."""

    collection: Collection
    rule: Rule
    anchors: Anchors
    values: Values
    names: Names


def numbers_in(rule: Rule) -> set[int]:
    """Return the numbers of the labels and owners a rule speaks of."""
    me = () if rule.me is None else (rule.me,)
    return {*(rule.required or ()), *rule.excluded, *(rule.owners or ()), *me}


def value_of(value: Any, titles: Mapping[UUID, str]) -> str:
    """Return a preference's value in words, records by what people call them."""
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " or ".join(sorted(titles.get(each, str(each)) for each in value)) or "none"
    return str(value)


def why_off(collection: Collection, scope: Scope, rights: Scope) -> str:
    """Say why nothing of a collection belongs on a device."""
    if collection.number not in rights:
        return "off, because the user may not view them."
    parents = " and ".join(parent.name for parent in parents_off(collection, scope))
    return f"off, because {parents} are off." if parents else "off, by preference or for want of a newer app."


def holds(collection: Collection, rule: Rule, names: Names) -> str:
    """Say what of a collection belongs on a device."""
    wanted = [
        _window(rule) if collection.day else "",
        _kept(collection, rule),
        _required(rule, names),
        f"not of {_either(rule.excluded, names)}" if rule.excluded else "",
        f"only those of {_either(rule.owners, names)}" if rule.owners is not None else "",
        f"private ones only of {_either((rule.me,), names)}" if rule.me is not None else "",
    ]
    kinds = ", ".join(_wanted(kind, edge) for kind, edge in _edges(collection, rule))
    told = [
        ", ".join(filter(None, wanted)) or "all of them",
        f"and those with {kinds}" if kinds else "",
        f"without {_omitted(collection, rule)}" if rule.omit & _present(collection) else "",
    ]
    return f"{'; '.join(filter(None, told))}."


def reasons(record: Judged, explained: Explanation) -> Iterator[tuple[bool, str]]:
    """Yield what speaks for a record, true, and against it; what is not asked of it is not told."""
    rule, anchors, names = record.rule, record.anchors, record.names
    if anchors.private:
        yield explained.may_see, _right(record, explained)
    for condition, is_met in explained.conditions.items():
        if condition is Condition.WINDOW:
            yield is_met, _day(record, is_met=is_met)
        elif condition is Condition.REQUIRED and rule.required is not None:
            yield is_met, f"it is {'' if is_met else 'not '}one {_required(rule, names)}."
        elif condition is Condition.EXCLUDED and rule.excluded:
            of = _either(set(rule.excluded) & set(anchors.labels) or rule.excluded, names)
            yield is_met, f"it is {'not ' if is_met else ''}of {of}, which is left out."
        elif condition is Condition.OWNERS and rule.owners is not None:
            yield is_met, f"it is {'' if is_met else 'not '}one of those of {_either(rule.owners, names)}."
    kinds = {kind.stamp.slot: (kind, edge) for kind, edge in _edges(record.collection, rule)}
    for slot, is_holding in explained.holders.items():
        kind, edge = kinds[slot]
        yield is_holding, _child(kind, anchors.latest[slot - 1] or EARLIEST, edge)


def _right(record: Judged, explained: Explanation) -> str:
    if record.rule.me is None:
        return "it is private, and the user may see what is."
    of = _either((record.rule.me,), record.names)
    return f"it is private, and {'' if explained.may_see else 'not '}of {of}."


def _day(record: Judged, *, is_met: bool) -> str:
    rule, day, field = record.rule, record.anchors.day, record.collection.day
    if field is None:
        return "its collection has no day."
    if (rule.lo, rule.hi) == (EARLIEST, ALWAYS):
        return "any day will do."
    if day == ALWAYS and record.values[field]:
        return f"it is {record.collection.stamp.pinned}, and kept whatever its {field}."
    if day == ALWAYS:
        return f"it is kept, having no {field}."
    if is_met and not rule.lo <= day <= rule.hi:
        return f"something has been going on with it since {rule.lo}."
    lies = "lies in" if is_met else "lies before" if day < rule.lo else "lies after"
    return f"its {field}, {day}, {lies} the window: {_window(rule)}."


def _child(kind: Collection, latest: date, edge: date) -> str:
    if latest == ALWAYS:
        return f"one of its {kind.name}, {_pinned(kind)}, is kept whatever its day."
    return f"the latest of its {kind.name} is of {latest}; it is kept for {kind.name} {_since(edge)}."


def _required(rule: Rule, names: Names) -> str:
    if rule.required is None:
        return ""
    return f"of {_either(rule.required, names)}" if rule.required else "of those chosen, which are none"


def _edges(collection: Collection, rule: Rule) -> list[tuple[Collection, date]]:
    kinds = registry.slots_below(collection)
    return [(kinds[slot], edge) for slot, edge in rule.edges]


def _wanted(kind: Collection, edge: date) -> str:
    pinned = _pinned(kind) if edge != EARLIEST else ""
    return f"{kind.name} {_since(edge)}{f' or {pinned}' if pinned else ''}"


def _kept(collection: Collection, rule: Rule) -> str:
    pinned = _pinned(collection) if (rule.lo, rule.hi) != (EARLIEST, ALWAYS) else ""
    return f"those {pinned} whatever their day" if pinned else ""


def _pinned(collection: Collection) -> str:
    """Say which records are always at hand: those without the day, and those that are pinned."""
    day = collection.fields.get(collection.day or "")
    told = (f"with no {day.name}" if day and day.is_nullable else "", collection.stamp.pinned)
    return " or ".join(filter(None, told))


def _window(rule: Rule) -> str:
    if rule.by_activity:
        return f"new or with something going on since {rule.lo}"
    if (rule.lo, rule.hi) == (EARLIEST, ALWAYS):
        return "whatever their day"
    if rule.hi == ALWAYS:
        return _since(rule.lo)
    return f"up to {rule.hi}" if rule.lo == EARLIEST else f"from {rule.lo} to {rule.hi}"


def _since(day: date) -> str:
    return "of any day" if day == EARLIEST else f"from {day} on"


def _omitted(collection: Collection, rule: Rule) -> str:
    is_cut = not rule.omit & BIT[Part.PREVIEW]
    left_out = (part for part in collection.part_names if rule.omit & BIT[part])
    cut = {Part.CONTENT: "content beyond a preview"} if is_cut else {}
    return ", ".join(cut.get(part, part.name.lower()) for part in left_out)


def _present(collection: Collection) -> int:
    return sum(BIT[part] for part in collection.part_names)


def _either(numbers: Iterable[int], names: Names) -> str:
    told = [names[number] for number in sorted(numbers)]
    return " or ".join(told)
