"""The limits of the schedule a client can meet."""

from app.desk.calendar import feeds, schedule, schemas
from app.sync.limit_schemas import ScheduleLimits


def limits_of_schedule() -> ScheduleLimits:
    """Return how much of the schedule may be asked for at once, and what calendar feeds tell."""
    return ScheduleLimits(
        max_days=schemas.MOST_DAYS,
        max_calendars=schemas.MOST_CALENDARS,
        max_entries=schedule.MOST_ENTRIES,
        max_feeds=feeds.MOST_FEEDS,
        feed_days_back=feeds.DAYS_BACK,
        feed_days_ahead=feeds.DAYS_AHEAD,
        feed_entries=feeds.MOST_ENTRIES,
        feed_reads_per_minute=feeds.READS.most,
        feed_misses_per_minute=feeds.MISSES.most,
    )
