"""The figures of a snapshot: which days each period has, and what the sums of its days come to."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.studio.finance_snapshots import MOST
from app.studio.weekdays import Weekday
from app.sync.fields import Values

PERIODS = ("today", "week", "month", "year")
BALANCES = ("open_balance", "overdue_balance", "pending_payments", "unapplied_deposits")
FLOWS = ("sales", "sales_count", "payments", "refunds", "sessions_held", "sessions_booked")
_DAYS = list(Weekday)


class Window(NamedTuple):
    """The days of a studio's periods: each from its first day to its last, figures up to `today`."""

    site_id: UUID
    today: date
    week_first: date
    week_last: date
    month_first: date
    month_last: date
    year_first: date
    year_last: date

    def days(self, period: str) -> tuple[date, date]:
        """Return the first and the last day of a period."""
        if period == "today":
            return self.today, self.today
        return getattr(self, f"{period}_first"), getattr(self, f"{period}_last")


def window(site_id: UUID, today: date, first_weekday: str) -> Window:
    """Return the periods a day lies in, of weeks that begin on a weekday."""
    first = today - timedelta(days=(today.weekday() - _DAYS.index(Weekday(first_weekday))) % 7)
    return Window(
        site_id,
        today,
        first,
        first + timedelta(days=6),
        today.replace(day=1),
        today.replace(day=monthrange(today.year, today.month)[1]),
        today.replace(month=1, day=1),
        today.replace(month=12, day=31),
    )


def told(window: Window, sums: Mapping[str, Any], studio_id: str | None) -> dict[str, Any]:
    """Return the fields of a snapshot but for its moment, from sums by period and of balances."""
    return {
        "studio_id": studio_id,
        "day": window.today.isoformat(),
        **{period: _period(window, period, sums) for period in PERIODS},
        **{name: _within(sums[name]) for name in BALANCES},
    }


def _period(window: Window, period: str, sums: Mapping[str, Any]) -> dict[str, Any]:
    first, last = window.days(period)
    flows = {name: _within(sums[f"{period}_{name}"]) for name in FLOWS}
    average = average_of(flows["sales"], flows["sales_count"])
    return {"first_day": first.isoformat(), "last_day": last.isoformat(), **flows, "average_sale": average}


def _within(amount: int) -> int:
    """Return an amount every phone can hold: no write fails for what all of them come to."""
    return max(-MOST, min(MOST, amount))


def average_of(amount: int, many: int) -> int | None:
    """Return an amount by a number, rounded half away from zero; none by nothing."""
    if not many:
        return None
    rounded = (2 * abs(amount) + many) // (2 * many)
    return rounded if amount >= 0 else -rounded


def zone_of(company: Values, studio: Values | None) -> ZoneInfo:
    """Return the zone of a studio, or the company's where it has none that there is."""
    named = [studio["time_zone"]] if studio and studio["time_zone"] else []
    return next(_known([*named, company["time_zone"], "UTC"]))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which the day after begins."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _known(names: Sequence[str]) -> Iterator[ZoneInfo]:
    return (zone for name in names if (zone := _zone(name)))


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
