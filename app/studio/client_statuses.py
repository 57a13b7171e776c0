"""Client statuses: how far a client has come with the studio, and the reasons a status may have."""

from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.fields import Element, Id, Name, field
from app.sync.registry import collection


class StatusReason(Element):
    """Why a client came to a status; offered only by the status it belongs to."""

    id: Id = field("The id of this reason.", example="5d0c6c34-7a5d-4a0e-9a9e-3d6f3c1a1341")
    description: Name = field("What the list shows.", example="Moved away")
    is_inactive: bool = field("No longer offered.", example=False, default=False)


@collection("client_statuses", number=134, is_writable=False)
class ClientStatus(Status):
    """A step in a client's life with the studio, such as prospect, client or loyalty client."""

    is_in_loyalty: bool = field(
        "Clients at this status belong to the loyalty programme.", example=False, default=False
    )
    reasons: list[StatusReason] = field(
        "The reasons to choose from; none asks for none.",
        example=[
            {
                "id": "5d0c6c34-7a5d-4a0e-9a9e-3d6f3c1a1341",
                "description": "Moved away",
                "is_inactive": False,
            }
        ],
        default=[],
    )


workflow(of="clients", steps="client_statuses", in_plain_days=True)
