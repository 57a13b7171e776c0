"""Days that move with today: what `today` or `last_days` is, in the company's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

FIRST, LAST = date(1800, 1, 1), date(2999, 12, 31)
"""The days a field may hold."""
MOST_DAYS = 3_660
"""How many days `last_days` and `next_days` may reach."""

_WEEK = timedelta(days=7)


class Word(StrEnum):
    """Days by what today is."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    NEXT_WEEK = "next_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    NEXT_MONTH = "next_month"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    LAST_DAYS = "last_days"
    NEXT_DAYS = "next_days"

    @property
    def is_counted(self) -> bool:
        """Say whether it needs a number of days."""
        return self in (Word.LAST_DAYS, Word.NEXT_DAYS)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What day it is in the company's time zone, and with which day a week begins, 0 for Monday."""

    today: date
    time_zone: str
    first_weekday: int

    def days(self, word: Word, count: int = 1) -> tuple[date, date]:
        """Return the first and the last day; `count` days end or begin with today."""
        today, near = self.today, timedelta(days=count - 1)
        week = today - timedelta(days=(today.weekday() - self.first_weekday) % 7)
        months = {Word.LAST_MONTH: -1, Word.THIS_MONTH: 0, Word.NEXT_MONTH: 1}
        if word in months:
            return _month(today, months[word])
        yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
        year = today.year - (word is Word.LAST_YEAR)
        return {
            Word.TODAY: (today, today),
            Word.YESTERDAY: (yesterday, yesterday),
            Word.TOMORROW: (tomorrow, tomorrow),
            Word.THIS_WEEK: _week(week),
            Word.LAST_WEEK: _week(week - _WEEK),
            Word.NEXT_WEEK: _week(week + _WEEK),
            Word.THIS_YEAR: (date(year, 1, 1), date(year, 12, 31)),
            Word.LAST_YEAR: (date(year, 1, 1), date(year, 12, 31)),
            Word.LAST_DAYS: (today - near, today),
            Word.NEXT_DAYS: (today, today + near),
        }[word]

    def instants(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Return the first instant of a day and the last of another, as the company's clocks go."""
        zone = ZoneInfo(self.time_zone)
        begin = datetime.combine(first, time(), zone).astimezone(UTC)
        end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
        return begin, end - timedelta(microseconds=1)


def _week(first: date) -> tuple[date, date]:
    return first, first + timedelta(days=6)


def _month(today: date, ahead: int) -> tuple[date, date]:
    year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
    following, after = divmod(year * 12 + month + 1, 12)
    return date(year, month + 1, 1), date(following, after + 1, 1) - timedelta(days=1)
