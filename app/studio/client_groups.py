"""Client groups: tags that clients carry."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("client_groups", number=136, is_writable=False)
class ClientGroup(ListEntry):
    """A tag that selects clients for marketing, lists and sync."""
