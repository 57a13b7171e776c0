"""Phone call outcomes: what a sales call led to."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("phone_call_outcomes", number=130, is_writable=False)
class PhoneCallOutcome(ListEntry):
    """What a sales call led to: booked, not now, no."""
