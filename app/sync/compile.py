"""Compiling a scope: from circumstances to one rule per collection, a pure function."""

from collections.abc import Collection as Names
from dataclasses import replace
from datetime import date

from app.sync import registry
from app.sync.anchors import ALWAYS
from app.sync.circumstances import ALL, Circumstances, Sight
from app.sync.fields import BOOKKEEPING
from app.sync.registry import Collection
from app.sync.rendering import BIT, late_bit
from app.sync.scope import Rule, Scope

NEAR_DAYS = 7
"""How many days back are near: what a phone gets first, with all that is to come."""


def compile_scope(given: Circumstances, names: Names[str] | None = None) -> dict[int, Rule]:
    """Return what a device should hold, of all collections or of those it asks for.

    A collection whose parent is off is off, and so is one the user may not view or the app is too old to
    know: rights do not yield to children. A parent that is on has
    an edge for each kind of descendant that is on, so that no child is ever there without it.
    """
    return _asked(_with_edges(_rules(given)), names)


def compile_rights(me: int | None, schema_version: int, sight: Sight = ALL) -> dict[int, Rule]:
    """Return what a user may see of each collection, whatever devices are to hold; `me` is none for all.

    There is no rule for a collection the user may not view.
    """
    return {
        each.number: _by_right(each, Rule(omit=sight.without(each.number, 0)), me, schema_version)
        for each in registry.collections()
        if each.number not in sight.denied
    }


def compile_near(given: Circumstances, names: Names[str] | None = None) -> dict[int, Rule]:
    """Return the part of the same that is wanted first: the lists, and the days around today with parents."""
    first = given.ago(NEAR_DAYS)
    rules = {number: _near(registry.numbered(number), rule, first) for number, rule in _rules(given).items()}
    return _asked(_with_edges(rules), names)


def _near(collection: Collection, rule: Rule, first: date) -> Rule:
    """Raise the lower edge to a day; what has no other day than that of its making is near by children alone.

    Whoever moves here makes all such records in one week.
    """
    if collection.day is None:
        return rule
    lo = ALWAYS if collection.day in BOOKKEEPING else max(rule.lo, first)
    return rule if lo == rule.lo else replace(rule, lo=lo)


def _rules(given: Circumstances) -> dict[int, Rule]:
    """Return the rules of the collections that are on, without edges yet."""
    rules: dict[int, Rule] = {}
    for each in registry.collections():
        rule = _rule(each, given)
        if rule is not None and _has_parents(each, rules):
            rules[each.number] = rule
    return rules


def _rule(collection: Collection, given: Circumstances) -> Rule | None:
    rule = collection.rule(given) if collection.rule else Rule()
    is_known = collection.since <= given.schema_version
    if rule is None or not is_known or collection.number in given.sight.denied:
        return None
    rule = replace(rule, omit=given.sight.without(collection.number, rule.omit))
    if collection.stamp.site and given.elsewhere:
        rule = replace(rule, excluded=tuple(sorted({*rule.excluded, *given.elsewhere})))
    return _by_right(collection, rule, None if given.sees_private else given.me, given.schema_version)


def _by_right(collection: Collection, rule: Rule, me: int | None, schema_version: int) -> Rule:
    late = _late(collection, rule, schema_version)
    is_restricted = collection.stamp.private and me is not None
    if not late and not is_restricted:
        return rule
    return replace(rule, late=late, me=me if is_restricted else rule.me)


def _late(collection: Collection, rule: Rule, schema_version: int) -> int:
    """Return the bits of the later parts that the app knows, but for those of a kind that is left out."""
    return sum(
        late_bit(place)
        for place, each in enumerate(collection.late_parts)
        if each.since <= schema_version and not (each.part and rule.omit & BIT[each.part])
    )


def _has_parents(collection: Collection, rules: Scope) -> bool:
    parents = (registry.named(link.link or "") for link in collection.parents)
    return all(parent is not None and parent.number in rules for parent in parents)


def _with_edges(rules: Scope) -> dict[int, Rule]:
    """Add an edge per kind of descendant that is on; none where all belong anyway."""
    return {number: _with_edges_of(number, rule, rules) for number, rule in rules.items()}


def _with_edges_of(number: int, rule: Rule, rules: Scope) -> Rule:
    edges = () if rule.admits_all else _edges(number, rules)
    return replace(rule, edges=edges) if edges else rule


def _edges(number: int, rules: Scope) -> tuple[tuple[int, date], ...]:
    below = registry.slots_below(registry.numbered(number))
    on = ((slot, rules.get(child.number)) for slot, child in sorted(below.items()))
    return tuple((slot, rule.lo) for slot, rule in on if rule)


def _asked(scope: Scope, names: Names[str] | None) -> dict[int, Rule]:
    return {
        number: rule
        for number, rule in scope.items()
        if names is None or registry.numbered(number).name in names
    }
