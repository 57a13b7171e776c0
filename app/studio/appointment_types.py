"""Appointment types: what appointments are for, each with its own workflow."""

from typing import Annotated

from app.studio.lists import ListEntry
from app.sync.fields import Colour, Id, Line, Link, Minutes, field
from app.sync.registry import collection


@collection("appointment_types", number=260, is_writable=False)
class AppointmentType(ListEntry):
    """A kind of appointment, such as an ordering appointment or a staff meeting."""

    length_minutes: Minutes | None = field("Usual length.", example=60, default=None)
    colour: Colour | None = field("Its colour on the calendar.", example="#66AA66", default=None)
    default_resource_id: Annotated[Id | None, Link("resources")] = field(
        "The resource the form of a new one begins with.", example=None, default=None
    )
    linked_template: Line | None = field(
        "What the calendar shows for one with a client; field names in double square brackets.",
        example="[[ClientLastName]]: ordering",
        default=None,
    )
    unlinked_template: Line | None = field(
        "What the calendar shows for one without a client.",
        example="[[AppointmentDescription]]",
        default=None,
    )
    is_bookable_online: bool = field("Clients may book it online.", example=False, default=False)
