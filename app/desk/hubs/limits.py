"""The limits of hubs a client can meet."""

from app.desk.hubs import dates, filters, querying, saved, schemas
from app.sync.limit_schemas import HubLimits


def limits_of_hubs(seconds: float) -> HubLimits:
    """Return how much may be asked of a hub, where records are found within so many seconds or not at all."""
    return HubLimits(
        max_rows=schemas.MOST,
        max_page_bytes=querying.PAGE_BYTES,
        max_columns=schemas.MOST_COLUMNS,
        max_search_words=querying.MOST_WORDS,
        max_filter_depth=filters.MOST_DEPTH,
        max_filter_tests=filters.MOST_TESTS,
        max_filter_groups=filters.MOST_GROUPS,
        max_filter_values=filters.MOST_VALUES,
        max_days=dates.MOST_DAYS,
        max_groups=schemas.MOST_GROUPS,
        seconds=seconds,
        max_saved=saved.MOST,
        max_saved_bytes=saved.MOST_BYTES,
    )
