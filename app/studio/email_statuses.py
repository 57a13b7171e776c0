"""Email statuses: the workflow of each email type."""

from typing import Annotated

from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.fields import Id, Link, field
from app.sync.registry import collection


@collection("email_statuses", number=152, is_writable=False)
class EmailStatus(Status):
    """A step in the handling of emails of one type, such as open or answered."""

    email_type_id: Annotated[Id, Link("email_types")] = field(
        "The type whose workflow it belongs to.", example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a1501"
    )


workflow(of="emails", steps="email_statuses", by="email_type_id")
