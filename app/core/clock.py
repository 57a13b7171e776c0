"""The one place that asks what time it is."""

from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """Return the present instant in UTC, or the one a test holds."""
    return _held.get() or datetime.now(UTC)


def told(instant: datetime) -> datetime:
    """Return an instant that another clock, such as the database's, has told, or the one a test holds."""
    return _held.get() or instant


def day_of(instant: datetime, time_zone: str) -> date:
    """Return the calendar date of an instant in a zone with an IANA name."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def today(time_zone: str) -> date:
    """Return the calendar date of now in a zone with an IANA name."""
    return day_of(now(), time_zone)


def hold(instant: datetime | None) -> None:
    """Stand still at an instant in this context, or run on when given none."""
    _held.set(instant)
