"""Session statuses: the workflow of sessions, one for all types or one for each."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from app.core.db import Session
from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.facts import fact
from app.sync.fields import Id, Link, field
from app.sync.registry import collection


class WorkflowStage(StrEnum):
    """The work a session status stands for."""

    BOOK = "book"
    CAPTURE_IMAGES = "capture_images"
    EDIT_IMAGES = "edit_images"
    UPLOAD_IMAGES = "upload_images"
    TAKE_ORDER = "take_order"
    PRODUCE_ORDER = "produce_order"
    DELIVER_ORDER = "deliver_order"


FINAL_SESSION_STATUSES = "final_session_statuses"


@fact(FINAL_SESSION_STATUSES, of="session_statuses")
async def final_session_statuses(session: Session) -> list[UUID]:
    """Return the statuses at which a session's work is done."""
    sql = "SELECT id FROM session_statuses WHERE account_id = $1 AND is_final"
    return [row["id"] for row in await session.raw.fetch(sql, session.account_id)]


@collection("session_statuses", number=272, is_writable=False)
class SessionStatus(Status):
    """A step in the life of a session, such as booked, photographed or delivered."""

    session_type_id: Annotated[Id | None, Link("session_types")] = field(
        "The type whose workflow it belongs to; none where all types share one.", example=None, default=None
    )
    stage: WorkflowStage | None = field(
        "The work it stands for, if any.", example="upload_images", default=None
    )
    default_department_id: Annotated[Id | None, Link("departments")] = field(
        "The department that does the work.", example=None, default=None
    )
    is_shown_online: bool = field("Reaching it puts the session online.", example=False, default=False)


workflow(of="sessions", steps="session_statuses", by="session_type_id", says="has_session_statuses_by_type")
