"""The arithmetic of an estimate: one rule and one collection's tallies at a time."""

from collections.abc import Mapping
from datetime import date

import pytest

from app.sync.anchors import ALWAYS
from app.sync.estimate import Amount, estimate
from app.sync.fields import Part
from app.sync.rendering import BIT
from app.sync.scope import Rule
from app.sync.tallies import Counted, Months, Numbers, Tally

TODAY = date(2026, 6, 10)
APRIL, MAY, JUNE, JULY = (date(2026, month, 1) for month in (4, 5, 6, 7))
ME, COLLEAGUE, OTHER = 1, 2, 3
SESSIONS, CALLS = 1, 6

Counts = Mapping[Counted, Mapping[Numbers, Months]]


def tally(records: Months, more: Counts | None = None) -> Tally:
    """Count records of ten bytes each, with their brace and comma."""
    sizes: Mapping[Numbers, Months] = {(1,): {month: 8 * amount for month, amount in records.items()}}
    return Tally({Counted.RECORDS: {(): records}, Counted.BYTES: sizes, **(more or {})})


def records(rule: Rule, counted: Tally) -> int:
    return estimate(rule, counted, TODAY).records


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(), 100),
        (Rule(lo=MAY), 60),
        (Rule(lo=date(2026, 5, 22)), 39),
        (Rule(hi=date(2026, 4, 15)), 30),
        (Rule(lo=date(2026, 4, 16), hi=date(2026, 4, 18)), 14),
        (Rule(lo=date(2026, 8, 1)), 10),
    ],
    ids=str,
)
def test_months_at_the_edges_of_a_window_count_by_their_days_and_what_is_always_at_hand_in_full(
    rule: Rule, expected: int
) -> None:
    counted = tally({APRIL: 40, MAY: 31, JUNE: 19, ALWAYS: 10})
    assert estimate(rule, counted, TODAY) == Amount(expected, 10 * expected)


def test_a_month_that_is_not_over_has_all_its_records_behind_it_unless_the_next_one_has_some() -> None:
    last_five_days = Rule(lo=date(2026, 6, 6))
    assert records(last_five_days, tally({MAY: 300, JUNE: 100})) == 50
    # Five a day in July: all of June's lie ahead.
    both = tally({JUNE: 100, JULY: 155})
    assert records(Rule(lo=date(2026, 6, 6), hi=date(2026, 6, 30)), both) == 100
    assert records(Rule(hi=TODAY), both) == 0
    assert records(Rule(lo=TODAY, hi=TODAY), tally({JUNE: 100})) == 10


LABELLED: Counts = {Counted.LABELS: {(7,): {APRIL: 10}, (7, 8): {APRIL: 5}, (8,): {APRIL: 20, MAY: 30}}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(required=(7,)), 15),
        (Rule(required=(7, 8)), 65),
        (Rule(required=()), 0),
        (Rule(excluded=(8,)), 45),
        (Rule(required=(7,), excluded=(8,)), 10),
        (Rule(lo=MAY, excluded=(8,)), 20),
        (Rule(lo=MAY, required=(9,)), 0),
    ],
    ids=str,
)
def test_labels_are_counted_by_the_sets_records_have(rule: Rule, expected: int) -> None:
    assert records(rule, tally({APRIL: 50, MAY: 50}, LABELLED)) == expected


OWNED: Counts = {
    Counted.OWNERS: {(ME,): {MAY: 10}, (ME, COLLEAGUE): {MAY: 20}, (COLLEAGUE,): {MAY: 30}},
    Counted.PRIVATE: {(ME, COLLEAGUE): {MAY: 4}, (COLLEAGUE,): {MAY: 6}, (): {MAY: 1}},
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(owners=(ME,)), 30),
        (Rule(owners=(ME, OTHER)), 30),
        (Rule(owners=(ME, COLLEAGUE)), 60),
        (Rule(me=ME), 93),
        (Rule(me=OTHER), 89),
        (Rule(me=ME, owners=(ME,)), 30),
        (Rule(me=ME, owners=(ME, COLLEAGUE)), 54),
        (Rule(me=ME, owners=(COLLEAGUE,)), 44),
    ],
    ids=str,
)
def test_whose_records_are_is_counted_by_the_sets_they_have_and_private_ones_are_the_owners_alone(
    rule: Rule, expected: int
) -> None:
    assert records(rule, tally({MAY: 100}, OWNED)) == expected


def test_labels_and_owners_are_taken_to_have_nothing_to_do_with_one_another() -> None:
    counted = tally({MAY: 100}, {Counted.LABELS: {(7,): {MAY: 50}}, Counted.OWNERS: {(ME,): {MAY: 40}}})
    assert records(Rule(required=(7,), owners=(ME,)), counted) == 20


PARENTS: Counts = {
    # Fifty had a session in April, and ten of them a call in May; five more had a call alone.
    Counted.LATEST: {(SESSIONS,): {APRIL: 50}, (CALLS,): {MAY: 15}},
    Counted.LAST: {(SESSIONS,): {APRIL: 40}, (CALLS,): {MAY: 15}},
    Counted.ACTIVITY: {(SESSIONS,): {APRIL: 40}, (CALLS,): {MAY: 15}, (0,): {date(2020, 1, 1): -55}},
    Counted.LABELS: {(7,): {date(2020, 1, 1): 20}},
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(edges=((SESSIONS, APRIL),)), 100),
        (Rule(required=(), edges=((CALLS, MAY),)), 15),
        (Rule(required=(), edges=((SESSIONS, APRIL),)), 50),
        (Rule(required=(), edges=((SESSIONS, APRIL), (CALLS, MAY))), 55),
        (Rule(required=(), edges=((SESSIONS, MAY), (CALLS, MAY))), 15),
        (Rule(required=(7,), edges=((SESSIONS, MAY), (CALLS, MAY))), 15 + 17),
        (Rule(lo=MAY, by_activity=True), 15),
        (Rule(lo=APRIL, by_activity=True, edges=((CALLS, MAY),)), 55),
        (Rule(lo=APRIL, by_activity=True, excluded=(7,), edges=((CALLS, MAY),)), 15 + 32),
    ],
    ids=str,
)
def test_a_parent_belongs_by_itself_or_with_a_child(rule: Rule, expected: int) -> None:
    assert records(rule, tally({date(2020, 1, 1): 100}, PARENTS)) == expected


def test_a_part_that_is_left_out_is_not_counted_and_a_preview_only_in_place_of_its_text() -> None:
    sizes: Mapping[Numbers, Months] = {
        (1,): {MAY: 800},
        (2,): {MAY: 100},
        (4,): {MAY: 3000},
        (5,): {MAY: 200},
    }
    counted = Tally({Counted.RECORDS: {(): {MAY: 100}}, Counted.BYTES: sizes})
    content, preview = BIT[Part.CONTENT], BIT[Part.PREVIEW]
    omitted = {0: 4100, BIT[Part.NOTES]: 4000, content: 1300, content | preview: 1100, preview: 4100}
    for omit, expected in omitted.items():
        assert estimate(Rule(omit=omit), counted, TODAY) == Amount(100, expected)


def test_of_a_window_the_sizes_are_those_of_its_months() -> None:
    sizes: Mapping[Numbers, Months] = {(1,): {APRIL: 1000, MAY: 100}}
    counted = Tally({Counted.RECORDS: {(): {APRIL: 10, MAY: 10}}, Counted.BYTES: sizes})
    assert estimate(Rule(lo=MAY), counted, TODAY) == Amount(10, 120)


def test_a_collection_with_nothing_in_it_is_nothing() -> None:
    for rule in (Rule(), Rule(lo=MAY), Rule(required=(7,), edges=((SESSIONS, MAY),))):
        assert estimate(rule, Tally(), TODAY) == Amount(0, 0)
        assert estimate(rule, tally({MAY: 0}), TODAY) == Amount(0, 0)
