"""The demo studio's diary: who is free when, so that nobody is booked twice while there is room."""

from array import array
from datetime import date, timedelta

OPENS = 9
CLOSES = 18
PEOPLE = 2
_HOURS = CLOSES - OPENS
_CLOSED = frozenset({6})


class Diary:
    """The hours taken, one bit per hour and person and one number per day: its size does not grow."""

    def __init__(self, first: date, last: date) -> None:
        """Open an empty diary from one day to another."""
        self._first = first
        self._days = array("L", bytes(array("L").itemsize * ((last - first).days + 1)))

    def book(self, wish: date, hours: int, person: int, latest: date) -> tuple[date, int, int]:
        """Return the day, the hour and the person of the first free time from a wish on, and take it.

        The week after the wish is looked through, never past the latest day; in a studio with too many
        clients for its staff the wish is then granted all the same.
        """
        mask = (1 << hours) - 1
        for days in range(min(6, (latest - wish).days) + 1):
            day = wish + timedelta(days=days)
            if day.weekday() in _CLOSED:
                continue
            for someone in (person, 1 - person):
                hour = self._free_hour(day, mask << someone * _HOURS, _HOURS - hours)
                if hour is not None:
                    return day, OPENS + hour, someone
        return wish, OPENS + 1, person

    def _free_hour(self, day: date, mask: int, last: int) -> int | None:
        place = (day - self._first).days
        taken = self._days[place]
        for hour in range(last + 1):
            if not taken & mask << hour:
                self._days[place] = taken | mask << hour
                return hour
        return None
