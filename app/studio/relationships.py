"""Relationships: how the members of a family are related to the client."""

from app.studio.lists import ListEntry
from app.sync.registry import collection


@collection("relationships", number=122, is_writable=False)
class Relationship(ListEntry):
    """How a member of the family is related to the client."""
