"""What is told of a record in words is what a rule does with it."""

import random
from datetime import date, timedelta

from app.sync.anchors import ALWAYS, SLOTS, Anchors
from app.sync.explaining import explain
from app.sync.scope import EARLIEST, Condition, Rule

START = date(2026, 6, 1)


def some_day(dice: random.Random) -> date:
    return START + timedelta(days=dice.randint(0, 5))


def some_of(dice: random.Random, most: int) -> tuple[int, ...]:
    return tuple(sorted(dice.sample(range(1, 5), dice.randint(0, most))))


def some_rule(dice: random.Random) -> Rule:
    lo = dice.choice([EARLIEST, some_day(dice)])
    return Rule(
        lo=lo,
        hi=dice.choice([ALWAYS, max(lo, some_day(dice))]),
        by_activity=dice.random() < 0.3,
        required=dice.choice([None, some_of(dice, 2)]),
        excluded=some_of(dice, 1),
        owners=dice.choice([None, some_of(dice, 2)]),
        me=dice.choice([None, 1]),
        edges=tuple((slot, dice.choice([EARLIEST, some_day(dice)])) for slot in some_of(dice, 2)),
    )


def some_anchors(dice: random.Random) -> Anchors:
    return Anchors(
        since=1,
        by=None,
        day=dice.choice([ALWAYS, some_day(dice)]),
        labels=some_of(dice, 2),
        owners=some_of(dice, 2),
        private=dice.random() < 0.3,
        latest=tuple(dice.choice([None, None, ALWAYS, some_day(dice)]) for _ in range(SLOTS)),
    )


def test_what_is_told_is_in_if_and_only_if_the_rule_admits_it() -> None:
    dice = random.Random(20260615)  # noqa: S311 - a story to repeat, not a secret
    told = []
    for _ in range(20_000):
        rule, anchors = some_rule(dice), some_anchors(dice)
        told.append(explain(rule, anchors).is_in)
        assert told[-1] is rule.admits(anchors), (rule, anchors)
    assert 4_000 < sum(told) < 16_000


def test_each_condition_is_told_by_itself() -> None:
    rule = Rule(lo=START, required=(1,), excluded=(2,), owners=(3,), edges=((1, START), (2, START)))
    day_before = START - timedelta(days=1)
    lonely = Anchors(1, None, day=day_before, labels=(2,), owners=(4,))
    assert explain(rule, lonely).conditions == dict.fromkeys(Condition, False)
    assert explain(rule, lonely).holders == {}
    with_children = Anchors(1, None, day=day_before, latest=(START, day_before, *[None] * (SLOTS - 2)))
    assert explain(rule, with_children).holders == {1: True, 2: False}
    assert explain(rule, with_children).is_in
