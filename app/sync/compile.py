"""Compiling a scope: from circumstances to one rule per collection, a pure function."""

from collections.abc import Collection as Names
from dataclasses import replace
from datetime import date

from app.sync import registry
from app.sync.circumstances import Circumstances
from app.sync.registry import Collection
from app.sync.scope import Rule


def compile_scope(circumstances: Circumstances, names: Names[str] | None = None) -> dict[int, Rule]:
    """Return what a device should hold, of all collections or of those it asks for.

    A collection whose parent is off is off; a parent that is on has an edge for each kind of descendant that
    is on, so that no child is ever there without it.
    """
    scope: dict[int, Rule] = {}
    for each in registry.collections():
        rule = _rule(each, circumstances)
        if rule is not None and _has_parents(each, scope):
            scope[each.number] = rule
    asked = (registry.numbered(number) for number in scope)
    return {
        each.number: _with_edges(each, scope[each.number], scope)
        for each in asked
        if names is None or each.name in names
    }


def _rule(collection: Collection, circumstances: Circumstances) -> Rule | None:
    rule = collection.rule(circumstances) if collection.rule else Rule()
    if rule is None or not collection.stamp.private or circumstances.sees_private:
        return rule
    return replace(rule, me=circumstances.me)


def _has_parents(collection: Collection, scope: dict[int, Rule]) -> bool:
    parents = (registry.named(link.link or "") for link in collection.parents)
    return all(parent is not None and parent.number in scope for parent in parents)


def _with_edges(collection: Collection, rule: Rule, scope: dict[int, Rule]) -> Rule:
    """Add an edge per kind of descendant that is on; none where all belong anyway."""
    if replace(rule, omit=0) == Rule():
        return rule
    edges: dict[int, date] = dict(rule.edges)
    for slot, child in registry.slots_below(collection).items():
        below = scope.get(child.number)
        if below is not None:
            edges[slot] = min(edges.get(slot, below.lo), below.lo)
    return replace(rule, edges=tuple(sorted(edges.items())))
