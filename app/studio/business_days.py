"""Business days: when something is due that may take some days of work."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache

from app.studio.weekdays import WORK_WEEK, Weekday

_LAST = date(2999, 12, 31)
_DAYS = list(Weekday)


def days_after(day: date, days: int) -> date:
    """Return the day that lies some days later; nothing is due after the year 2999."""
    return date.fromordinal(min(day.toordinal() + days, _LAST.toordinal()))


def business_days_after(day: date, days: int, work_week: Collection[str]) -> date:
    """Return the day that lies some business days later; a company without any has the usual ones."""
    return _after(day, days, tuple(work_week))


@lru_cache(maxsize=1000)
def _after(day: date, days: int, work_week: tuple[str, ...]) -> date:
    open_days = [each in (work_week or WORK_WEEK) for each in _DAYS]
    weeks, left = divmod(days, sum(open_days))
    found = days_after(day, weeks * 7)
    # Whole weeks from a day off end on the last business day before it.
    while weeks and not left and not open_days[found.weekday()]:
        found -= timedelta(days=1)
    while left and found < _LAST:
        found += timedelta(days=1)
        left -= open_days[found.weekday()]
    return found
