"""The oracle turns red for each bug that is planted in the engine on purpose: a test of the test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.sync import compile as compiling
from app.sync import reader, scope, stamping
from app.sync.anchors import NOT_YET
from app.sync.page import Page
from app.sync.scope import Rule
from app.sync.transition import Transition
from tests.sync.conftest import Desk
from tests.sync.test_oracle import STEPS, Story

Plant = Callable[[pytest.MonkeyPatch], None]


def window_a_day_too_long(patch: pytest.MonkeyPatch) -> None:
    real = compiling._rule

    def longer(collection: Any, given: Any) -> Any:
        rule = real(collection, given)
        return replace(rule, lo=rule.lo - timedelta(days=1)) if rule and rule.lo > scope.EARLIEST else rule

    patch.setattr(compiling, "_rule", longer)


def slice_a_day_too_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scope, "timedelta", lambda days: timedelta(days=days + 1))


def every_removal_is_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "_may_hold", lambda *_: True)


def no_removal_of_what_changed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "_may_hold", lambda *_: False)


def parents_not_restamped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stamping.Stamping, "_move_parents", lambda *_: None)


def grandparents_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stamping, "_below", lambda anchors: (anchors.day, NOT_YET))


def no_edges_for_children(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compiling, "_edges", lambda _number, _rules: ())


def a_page_settles_its_whole_collection(patch: pytest.MonkeyPatch) -> None:
    real = Transition._settle
    patch.setattr(Transition, "_settle", lambda self, goal, last=None, _key=None: real(self, goal, last))


def a_shift_forgets_children(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reader, "_shifted", lambda _shift: {})


def fresh_changes_not_judged_again(patch: pytest.MonkeyPatch) -> None:
    real = Transition.aim

    async def aim(self: Transition) -> None:
        place = self.way.place
        await real(self)
        self.way.place = place

    patch.setattr(Transition, "aim", aim)


def private_tasks_for_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rule, "may_see", lambda *_: True)
    patch.setattr(compiling, "_rule", lambda each, given: each.rule(given) if each.rule else Rule())


def omitted_parts_sent(patch: pytest.MonkeyPatch) -> None:
    real = reader._columns
    patch.setattr(reader, "_columns", lambda name, rule: real(name, replace(rule, omit=0) if rule else None))


def evict_sent_as_del(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Page, "evict", Page.delete)


# The story each is seen in; what is rare needs a rare one.
BUGS: dict[Plant, int] = {
    window_a_day_too_long: 0,
    slice_a_day_too_short: 15,
    every_removal_is_sent: 0,
    no_removal_of_what_changed: 0,
    parents_not_restamped: 0,
    grandparents_forgotten: 241,
    no_edges_for_children: 0,
    a_page_settles_its_whole_collection: 0,
    a_shift_forgets_children: 15,
    fresh_changes_not_judged_again: 1,
    private_tasks_for_everybody: 0,
    omitted_parts_sent: 0,
    evict_sent_as_del: 0,
}


@pytest.mark.parametrize(("plant", "seed"), BUGS.items(), ids=lambda each: getattr(each, "__name__", ""))
async def test_the_oracle_sees(desk: Desk, plant: Plant, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    story = Story(desk, seed)
    with pytest.raises(AssertionError):
        await tell(story)


async def tell(story: Story) -> None:
    """Tell a story to its end."""
    await story.begin()
    for _ in range(STEPS):
        await story.step()
    await story.finish()
