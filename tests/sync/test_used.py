"""What is remembered of former scopes: enough to remove what was given, never more than was allowed."""

from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from app.sync.anchors import NOT_YET, Anchors
from app.sync.scope import Rule
from app.sync.used import Place, remembered

TODAY = date(2026, 3, 1)
DAYS = [TODAY + timedelta(days=days) for days in range(-4, 5)]
STATES = [
    Anchors(since=1, by=None, day=day, labels=labels, owners=owners, private=is_private, latest=NOT_YET)
    for day, labels, owners, is_private in product(DAYS, [(), (1,), (2,)], [(), (7,)], [False, True])
]
WAYS = {
    "midnights": [Rule(lo=day) for day in DAYS],
    "windows": [Rule(lo=TODAY, hi=TODAY), Rule(lo=DAYS[0], hi=DAYS[2]), Rule(lo=DAYS[5])],
    "labels": [Rule(required=(1,)), Rule(excluded=(2,)), Rule(required=(1, 2)), Rule(excluded=(1,))],
    "owners": [Rule(owners=(7,)), Rule(lo=TODAY), Rule(owners=(7,), lo=DAYS[1]), Rule(by_activity=True)],
    "rights": [Rule(me=7), Rule(lo=TODAY), Rule(me=7, lo=TODAY), Rule(me=8), Rule(me=7, required=(1,))],
    "contents": [Rule(omit=4), Rule(omit=12), Rule(late=16), Rule()],
}


def reach(number: int) -> Place:
    return number, 0, UUID(int=0)


@pytest.mark.parametrize("rules", WAYS.values(), ids=WAYS)
def test_what_was_given_is_covered_as_far_as_it_was_given(rules: list[Rule]) -> None:
    used: list[tuple[Rule, Place]] = []
    for number, rule in enumerate(rules):
        used = remembered(used, rule, reach(number))
    for number, rule in enumerate(rules):
        for state in STATES:
            if rule.admits(state):
                assert any(each.admits(state) and far >= reach(number) for each, far in used)


@pytest.mark.parametrize("rules", WAYS.values(), ids=WAYS)
def test_nothing_is_covered_that_no_right_reached(rules: list[Rule]) -> None:
    used: list[tuple[Rule, Place]] = []
    for number, rule in enumerate(rules):
        used = remembered(used, rule, reach(number))
    for state in STATES:
        for each, far in used:
            if each.admits(state):
                assert any(rule.may_see(state) for number, rule in enumerate(rules) if reach(number) >= far)


def test_few_rules_are_remembered_however_many_were_used() -> None:
    used: list[tuple[Rule, Place]] = []
    for number in range(100):
        rule = Rule(lo=DAYS[number % 9], required=(number % 11,), me=(None, 7)[number % 2])
        used = remembered(used, rule, reach(number))
        assert len(used) <= 3
