"""Email types: what emails are about, each with its own workflow."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("email_types", number=150, is_writable=False)
class EmailType(ListEntry):
    """What an email is about; each type has statuses of its own."""
