"""How far a delivery has come, why an address is told nothing, and how long is waited between two tries."""

import random
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class WebhookState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class WebhookPause(StrEnum):
    """Why an address is told nothing."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"
    KEY_ENDED = "key_ended"


OVER = frozenset({WebhookPause.GONE, WebhookPause.KEY_ENDED})
"""Why what waits for an address is never told, even if it is activated again."""
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=each) for each in (2, 5, 10, 14, 20, 24)),
)
"""Between a try and the next, as the specification of Standard Webhooks proposes; then it has failed."""
LONGEST_WAIT = timedelta(hours=24)
"""How long an address may ask to be left alone."""
FAILING = timedelta(days=5)
FAILED_OFTEN = 10
"""An address that has taken nothing for so long, of so many that were tried, is told nothing more."""

_SENTENCES: Mapping[str, str] = {
    "refused": "The answer was no 2xx.",
    "redirected": "The answer led elsewhere; that is never followed.",
    "gone": "The answer was 410: nothing more is told to it.",
    "busy": "The answer asked for patience.",
    "timeout": "It took too long.",
    "host_refused": "The name leads to an address or a port that is not allowed.",
    "host_away": "The name leads nowhere, or nobody answers there.",
    "broken": "The connection broke, or was no HTTP or TLS that can be trusted.",
    "seal_broken": "The secret cannot be read any more; rotate it.",
    "not_seen": "The key may not see this.",
    "paused": "The address is told nothing.",
}


def sentence_of(code: str | None) -> str | None:
    """Return what became of a try in words; none where all went well."""
    return None if code is None else _SENTENCES.get(code, code)


def pause(tries: int) -> timedelta | None:
    """Return after what something is tried again that was tried so often; none where it is not."""
    if tries > len(PAUSES):
        return None
    return PAUSES[max(tries, 1) - 1] * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
