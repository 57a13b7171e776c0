"""Phone labels: what a client's telephone numbers are called."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("phone_labels", number=120, is_writable=False)
class PhoneLabel(ListEntry):
    """A word for a telephone number, such as Mobile or Work."""
