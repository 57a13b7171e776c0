"""When something is due that may take some days of work."""

from datetime import date

import pytest

from app.studio.business_days import business_days_after, days_after
from app.studio.weekdays import WORK_WEEK, Weekday

LAST = date(2999, 12, 31)


@pytest.mark.parametrize(
    ("day", "days", "due"),
    [
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
        (date(2026, 5, 1), 1, date(2026, 5, 4)),
        (date(2026, 5, 1), 5, date(2026, 5, 8)),
        (date(2026, 5, 2), 5, date(2026, 5, 8)),
        (date(2026, 5, 2), 6, date(2026, 5, 11)),
        (date(2026, 5, 2), 0, date(2026, 5, 2)),
        (date(2026, 1, 30), 1, date(2026, 2, 2)),
        (date(2024, 2, 28), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 1, date(2024, 3, 1)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
    ],
)
def test_business_days_skip_the_weekend(day: date, days: int, due: date) -> None:
    assert business_days_after(day, days, WORK_WEEK) == due


@pytest.mark.parametrize("days", range(15))
@pytest.mark.parametrize("first", range(7))
def test_business_days_are_counted_one_by_one(first: int, days: int) -> None:
    work_week = {Weekday.TUESDAY, Weekday.SATURDAY, Weekday.SUNDAY}
    day = date(2026, 5, 4 + first)
    due = business_days_after(day, days, work_week)
    between = [date.fromordinal(each) for each in range(day.toordinal() + 1, due.toordinal() + 1)]
    assert sum(list(Weekday)[each.weekday()] in work_week for each in between) == days
    assert not days or list(Weekday)[due.weekday()] in work_week


def test_a_company_without_business_days_has_the_usual_ones() -> None:
    assert business_days_after(date(2026, 5, 1), 1, []) == date(2026, 5, 4)


def test_nothing_is_due_after_the_last_day_there_is() -> None:
    assert days_after(date(2026, 5, 1), 10**6) == LAST
    assert business_days_after(date(2026, 5, 1), 10**6, [Weekday.MONDAY]) <= LAST
    assert business_days_after(LAST, 5, WORK_WEEK) <= LAST
    assert days_after(date(2024, 2, 28), 2) == date(2024, 3, 1)
