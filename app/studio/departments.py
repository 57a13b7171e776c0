"""Departments: groups of staff that work is routed to; they grant no rights."""

from app.studio.lists import ListEntry
from app.sync.fields import field
from app.sync.registry import collection


@collection("departments", number=110, is_writable=False)
class Department(ListEntry):
    """A group of staff by responsibility; what is assigned to it shows on each member's home page."""

    is_shown_on_calendar: bool = field(
        "Its schedule can be opened on the calendar.", example=True, default=True
    )
