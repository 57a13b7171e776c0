"""What a phone says it still holds of what its user did."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """How many changes a phone has yet to send, and how long the oldest of them has waited.

    An age, not an instant: the clock of a phone may be wrong, but it measures how long something takes.
    """

    changes: int
    oldest_seconds: int | None

    def since(self, now: datetime) -> datetime | None:
        """Return when the oldest was made, by the clock of whoever asks; none where none is held."""
        if not self.changes or self.oldest_seconds is None:
            return None
        return now - timedelta(seconds=self.oldest_seconds)
