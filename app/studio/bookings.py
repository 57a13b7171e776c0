"""What everything on the calendar has in common: a place in local time, and how it stands."""

from datetime import date, time


def check_times(day: date | None, start: time | None, end: time | None) -> None:
    """Refuse a booking that has times but no date, an end but no start, or ends before it starts."""
    if start and not day:
        raise ValueError("A start time needs a date.")
    if end and not start:
        raise ValueError("An end time needs a start time.")
    if start and end and end < start:
        raise ValueError("It ends before it starts.")
