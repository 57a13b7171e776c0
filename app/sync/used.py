"""What a device may have been given on its way to a consistent point, by the rules that were aimed at."""

from collections.abc import Sequence
from uuid import UUID

from app.sync.scope import Rule

Place = tuple[int, int, UUID]
"""A place in the feed: revision, collection, record."""
Used = tuple[Rule, Place]
"""A rule of one collection, and how far fresh changes were judged under it."""
_MOST = 3


def remembered(used: Sequence[Used], rule: Rule, reach: Place) -> list[Used]:
    """Add a rule to those used, so that a few cover them however many there were.

    Rules that days alone tell apart become one. Of too many others stays what their users had a right to:
    some removals are then sent for nothing, but none that names what a user was never allowed to see.
    """
    rule, others = rule.as_membership(), []
    for each, reached in used:
        if covering := rule.covering(each):
            rule, reach = covering, max(reach, reached)
        else:
            others.append((each, reached))
    covered = [*others, (rule, reach)]
    return covered if len(covered) <= _MOST else _rights(covered)


def _rights(used: Sequence[Used]) -> list[Used]:
    reaches: dict[Rule, Place] = {}
    for rule, reach in used:
        right = Rule(me=rule.me)
        reaches[right] = max(reach, reaches.get(right, reach))
    return list(reaches.items())
