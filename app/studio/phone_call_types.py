"""Phone call types: what calls are about."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("phone_call_types", number=132, is_writable=False)
class PhoneCallType(ListEntry):
    """What a call is about, such as a reminder or a sales call."""
