"""Locations: places outside the studio where sessions are held."""

from typing import Annotated

from app.studio.addresses import ADDRESS, Address
from app.studio.lists import ListEntry
from app.studio.trimming import usual
from app.sync.fields import Id, Line, Link, Minutes, Paragraphs, Part, field
from app.sync.registry import collection


@collection("locations", number=220, rule=usual, is_writable=False)
class Location(ListEntry):
    """A park, church, school or hall the studio photographs at."""

    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio that uses it; none for all.", example=None, default=None
    )
    address: Address | None = field("Where it is.", example=ADDRESS, default=None)
    phone: Line | None = field("Its telephone number.", example="(518) 555-0140", default=None)
    drive_minutes: Minutes | None = field("Usual drive from the studio.", example=25, default=None)
    notes: Paragraphs | None = field(
        "Permits, parking, where the light is good.",
        example="Park behind the boat house.",
        default=None,
        part=Part.NOTES,
    )
