"""`/v1/galleries` and `/v1/gallery-take-downs`: where a gallery is, and many taken down at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.accounts.errors import PermissionDenied
from app.accounts.features import require
from app.accounts.guards import GUARDED, Reading, Writing
from app.core.principal import Level
from app.galleries.lifecycle.reading import read_gallery
from app.galleries.lifecycle.schemas import GalleryAnswer, TakeDownRequest, TakenDownAnswer
from app.galleries.lifecycle.taking_down import take_down
from app.http.body import JsonRoute
from app.http.errors import NotFound
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1", tags=["galleries"], route_class=JsonRoute)

_SESSIONS = "sessions"
SessionId = Annotated[
    UUID, Path(description="The id of a session.", examples=["3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500001"])
]


@router.get(
    "/galleries/{session_id}",
    operation_id="galleries_read",
    summary="Read the gallery of a session",
    responses=refusals_of(*GUARDED, PermissionDenied, NotFound),
)
async def read(session_id: SessionId, work: Reading) -> GalleryAnswer:
    """Tell the address of a session's gallery, and whether its client sees it; if not, why."""
    require(work.who, _SESSIONS, Level.VIEW_ONLY)
    return await read_gallery(work, session_id)


@router.post(
    "/gallery-take-downs",
    operation_id="galleries_take_down",
    summary="Take galleries down",
    responses=refusals_of(*GUARDED, PermissionDenied, *BODY),
)
async def take_down_many(body: Sent[TakeDownRequest], work: Writing) -> TakenDownAnswer:
    """Close up to 500 galleries and remove their pictures from the server, and answer for each by itself.

    It is what the command `take_down_gallery` does, to many: what is down already stays so (`noop`), and one
    that cannot be taken down does not keep the others.
    """
    require(work.who, _SESSIONS, Level.ADD_MODIFY)
    return await take_down(work, body)
