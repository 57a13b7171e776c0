"""The limits of webhooks a client can meet."""

from app.sync.limit_schemas import WebhookLimits
from app.webhooks import jobs, keeping, schemas
from app.webhooks.states import PAUSES


def limits_of_webhooks(seconds: int) -> WebhookLimits:
    """Return how many webhooks there may be, how long a post may take, and how long events are kept."""
    return WebhookLimits(
        max_webhooks=keeping.MOST,
        max_types=schemas.MOST_TYPES,
        post_seconds=seconds,
        tries=len(PAUSES) + 1,
        kept_days=jobs.KEPT.days,
    )
