"""The limits of the field a client can meet."""

from app.studio.series import MOST_OCCURRENCES, MOST_TOGETHER, MOST_YEARS
from app.sync.limit_schemas import SeriesLimits


def limits_of_series() -> SeriesLimits:
    """Return how long a series of appointments may be."""
    return SeriesLimits(
        max_occurrences=MOST_OCCURRENCES, max_years=MOST_YEARS, max_occurrences_together=MOST_TOGETHER
    )
