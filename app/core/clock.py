"""The one place that asks what time it is."""

from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """Return the present instant in UTC, or the one a test holds."""
    return _held.get() or datetime.now(UTC)


def today(time_zone: str) -> date:
    """Return the calendar date of an account whose zone is an IANA name."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def hold(instant: datetime | None) -> None:
    """Stand still at an instant in this context, or run on when given none."""
    _held.set(instant)
