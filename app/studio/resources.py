"""Resources: rooms, cameras, equipment and vehicles that bookings take up."""

from enum import StrEnum
from typing import Annotated

from app.studio.lists import ListEntry
from app.sync.fields import Colour, Id, Link, field
from app.sync.registry import collection


class ResourceKind(StrEnum):
    """What a resource is."""

    ROOM = "room"
    CAMERA = "camera"
    EQUIPMENT = "equipment"
    VEHICLE = "vehicle"


@collection("resources", number=200, is_writable=False)
class Resource(ListEntry):
    """A room, camera, piece of equipment or vehicle with a calendar of its own."""

    resource_kind: ResourceKind = field("What it is.", example="room", default=ResourceKind.ROOM)
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    colour: Colour | None = field("Its colour on the calendar.", example="#3366CC", default=None)
    is_shown_on_calendar: bool = field(
        "Its schedule can be opened on the calendar.", example=True, default=True
    )
