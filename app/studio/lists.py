"""What the entries of every drop-down list have in common."""

from app.sync.fields import Count, Name, field
from app.sync.registry import Record


class ListEntry(Record):
    """A choice in a drop-down list that the studio maintains at the desk."""

    description: Name = field(
        "What the list shows; the studio's own words, never translated.", example="Other"
    )
    sort_order: Count = field("Its place in the list, smallest first.", example=10, default=0)
    is_inactive: bool = field(
        "No longer offered; records that have it keep it.", example=False, default=False
    )
