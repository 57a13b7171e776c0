"""What letters are, how far they have come, and to whom none goes."""

from datetime import timedelta
from enum import StrEnum


class Channel(StrEnum):
    """The way a letter goes."""

    EMAIL = "email"
    TEXT = "text"


class Purpose(StrEnum):
    """Why a letter was written."""

    TYPED = "typed"
    """Somebody wrote it, on a phone or at a desk."""
    TRIGGER = "trigger"
    COMMUNICATION = "communication"
    """It is one of many, to many."""
    PORTAL = "portal"
    """It lets a client in."""
    NOTICE = "notice"
    """It tells a user what was noticed about their safety."""
    TEST = "test"


class State(StrEnum):
    """How far a letter has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


UNDER_WAY = (State.WAITING, State.SENDING)
ENDED = (State.SENT, State.FAILED, State.BLOCKED, State.CANCELLED)
AGAIN = (State.FAILED, State.BLOCKED, State.CANCELLED)
"""What may be sent once more; what was sent may not."""


class Block(StrEnum):
    """Why nothing goes to an address any more."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    SPAM = "spam"
    STOPPED = "stopped"
    BY_HAND = "by_hand"


class Security(StrEnum):
    """How the line to a mail server is secured: from its first byte, or by STARTTLS."""

    TLS = "tls"
    STARTTLS = "starttls"


PRIORITIES = {
    Purpose.PORTAL: 0,
    Purpose.NOTICE: 0,
    Purpose.TEST: 0,
    Purpose.TYPED: 1,
    Purpose.TRIGGER: 1,
    Purpose.COMMUNICATION: 2,
}
"""Of an account's letters that are due, the lowest go first."""

LIFETIMES = {
    Purpose.TYPED: timedelta(days=5),
    Purpose.TRIGGER: timedelta(days=3),
    Purpose.COMMUNICATION: timedelta(days=3),
    Purpose.PORTAL: timedelta(days=1),
    Purpose.NOTICE: timedelta(days=1),
    Purpose.TEST: timedelta(minutes=10),
}
"""How long a letter is tried after it was due."""
