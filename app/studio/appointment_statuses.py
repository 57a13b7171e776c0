"""Appointment statuses: the workflow of each appointment type."""

from typing import Annotated

from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.fields import Id, Link, field
from app.sync.registry import collection


@collection("appointment_statuses", number=262, is_writable=False)
class AppointmentStatus(Status):
    """A step in the life of appointments of one type, such as booked or completed."""

    appointment_type_id: Annotated[Id, Link("appointment_types")] = field(
        "The type whose workflow it belongs to.", example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a2601"
    )


workflow(of="appointments", steps="appointment_statuses", by="appointment_type_id")
