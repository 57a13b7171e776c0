"""Messages on their way: which way they go and how far they have come."""

from enum import StrEnum


class Direction(StrEnum):
    """Whether the studio wrote or was written to."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class DeliveryState(StrEnum):
    """How far a message has come; only the server, which sends, moves it."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BLOCKED = "blocked"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    SPAM = "spam"
    RECEIVED = "received"


IN_HAND = (DeliveryState.DRAFT, DeliveryState.FAILED, DeliveryState.BLOCKED)
"""Who wrote a message may edit it and have it sent: it is not on its way, or did not arrive anywhere."""

NOT_ARRIVED = (DeliveryState.FAILED, DeliveryState.BLOCKED)
"""It was to be sent and could not be, or was not to be."""
