"""Lead sources: how clients come to hear of the studio."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("lead_sources", number=124, is_writable=False)
class LeadSource(ListEntry):
    """How a client came to hear of the studio."""
