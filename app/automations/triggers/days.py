"""Days: on which day a trigger fires, and at which instant that is where the company is."""

from calendar import isleap
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.automations.triggers.kinds import ANNIVERSARIES
from app.desk.calendar.zones import instant

CAUGHT_UP = 3
"""Days before today that are still swept where nobody could: what is older is over."""
FORGIVEN = timedelta(days=CAUGHT_UP)
"""For how long after its instant something is still done by itself."""
_SECOND = timedelta(seconds=1)
_FEBRUARY_29, _FEBRUARY_28 = (2, 29), (2, 28)


def base_on(field: str, value: date, day: date, offset: int) -> date | None:
    """Return by which day of a record a trigger fires on a day; none where it does not.

    Of days that come back each year it is that year's: whoever was born on a 29 February has a birthday on
    the 28th in other years.
    """
    base = day - timedelta(days=offset)
    if field not in ANNIVERSARIES:
        return base if value == base else None
    return base if value.year < base.year and (value.month, value.day) in month_days_of(base) else None


def month_days_of(day: date) -> list[tuple[int, int]]:
    """Return which months and days come back on a day."""
    own = day.month, day.day
    return [own, _FEBRUARY_29] if own == _FEBRUARY_28 and not isleap(day.year) else [own]


def key_of(field: str, base: date) -> str:
    """Return what an occurrence by a day is known by: the same day never makes another."""
    return f"{field}:{base}"


def base_of(key: str) -> tuple[str, date]:
    """Return the field and the day an occurrence is known by."""
    field, _, base = key.partition(":")
    return field, date.fromisoformat(base)


def happening(today: date) -> str:
    """Return what something that happened today is known by."""
    return f"{HAPPENED}{today}"


HAPPENED = "on:"


def unswept(swept_to: date | None, today: date) -> Iterator[date]:
    """Yield the days to be swept, as the calendar has them: one that no clock has shown is made up for."""
    first = today - timedelta(days=CAUGHT_UP)
    if swept_to is not None:
        first = max(first, swept_to + timedelta(days=1))
    while first <= today:
        yield first
        first += timedelta(days=1)


def due_at(day: date, at: time, zone: str) -> datetime:
    """Return when something is to be done that fires on a day: the first moment the clock shows that time.

    A time that a clock going forward skips is the moment behind the gap, also where that is a whole day.
    """
    found, wanted = instant(day, at, zone), datetime.combine(day, at)
    skipped = _shown(found, zone) - wanted
    before = found - skipped
    while skipped and found - before > _SECOND:
        between = before + (found - before) // _SECOND // 2 * _SECOND
        if _shown(between, zone) >= wanted:
            found = between
        else:
            before = between
    return found


def _shown(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
