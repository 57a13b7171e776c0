"""Local times of bookings as instants."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1_000)
def known_zone(name: str | None, otherwise: str) -> str:
    """Return a zone a studio names if there is one of that name, and otherwise the company's."""
    if not name:
        return otherwise
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return otherwise
    return name


def instant(day: date, at: time, zone: str) -> datetime:
    """Return the instant of a local time, in UTC.

    A time that a clock going back shows twice is the first of the two. One that a clock going forward skips
    is told by the clock as it was before, as RFC 5545 has it.
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def instants(
    day: date, start: time | None, end: time | None, zone: str
) -> tuple[datetime | None, datetime | None]:
    """Return the instants of a booking's times; none ends before it starts, whatever the clock skips."""
    if start is None:
        return None, None
    begins = instant(day, start, zone)
    return begins, None if end is None else max(begins, instant(day, end, zone))
