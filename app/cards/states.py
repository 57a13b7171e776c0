"""How far an intent to pay by card, and an attempt to charge it, have come."""

from enum import StrEnum


class IntentState(StrEnum):
    """How far a card payment has come."""

    RESERVED = "reserved"
    CHARGING = "charging"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELLED = "cancelled"
    VOIDING = "voiding"
    VOIDED = "voided"
    UNRESOLVED = "unresolved"


class AttemptState(StrEnum):
    """How far one attempt to charge has come, at the processor as far as that is known."""

    SENDING = "sending"
    UNKNOWN = "unknown"
    RESOLVING = "resolving"
    APPROVED = "approved"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    NOT_CHARGED = "not_charged"
    VOIDING = "voiding"
    VOIDED = "voided"
    SETTLED = "settled"
    MANUAL = "manual"


class Reversal(StrEnum):
    """Why an attempt is taken back."""

    ASKED = "asked"
    """Somebody has voided the payment."""
    PARTIAL = "partial"
    """Another amount was booked than was asked."""
    ABSENT = "absent"
    """The processor does not find it, and might still."""
    LATE = "late"
    """It was approved when it had been given up."""


ENDED = frozenset(
    {AttemptState.DECLINED, AttemptState.NOT_SENT, AttemptState.NOT_CHARGED, AttemptState.VOIDED}
)
"""No money stands, and none will: the intent may have another attempt."""
LIVE = tuple(each for each in AttemptState if each not in ENDED)
IN_DOUBT = frozenset({AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.RESOLVING})
ASKED = (*sorted(IN_DOUBT), AttemptState.VOIDING)
"""The processor has been asked, and what it did is not known yet."""
