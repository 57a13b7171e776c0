"""Phone call results: what happened when the number was dialled."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("phone_call_results", number=128, is_writable=False)
class PhoneCallResult(ListEntry):
    """How a call ended technically: no answer, busy, voicemail."""
