"""Why a schedule is not told, or a calendar feed not made."""

from app.core.errors import AppError


class RangeReversed(AppError):
    """`to` lies before `from`; a single day is its own first and last."""

    status = 422
    code = "range_reversed"
    title = "The range ends before it begins."


class RangeTooLong(AppError):
    """The range has more than `max_days` days; ask for it in parts."""

    status = 422
    code = "range_too_long"
    title = "The range has too many days."


class TooManyCalendars(AppError):
    """More than `max_calendars` users and resources are asked for; ask for them in parts."""

    status = 422
    code = "too_many_calendars"
    title = "These are too many users and resources at once."


class UnknownResource(AppError):
    """The account has no resource of an id that is named; `resource_ids` says which."""

    status = 422
    code = "unknown_resource"
    title = "There is no such resource."


class ScheduleTooLarge(AppError):
    """The range has more than `max_entries` bookings of those asked for; ask for fewer days or people."""

    status = 422
    code = "schedule_too_large"
    title = "There are too many bookings for one answer."


class FeedNotFound(AppError):
    """There is no such calendar feed, or none the user may end: the two are never told apart."""

    status = 404
    code = "calendar_feed_not_found"
    title = "There is no such calendar feed."


class TooManyFeeds(AppError):
    """The user has `max_feeds` calendar feeds; revoke one that is not in use first."""

    status = 409
    code = "too_many_calendar_feeds"
    title = "The user has as many calendar feeds as there may be."
