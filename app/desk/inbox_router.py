"""`/v1/sync/inbox`: what waits for a decision, and what was decided."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.accounts.guards import GUARDED, Reading
from app.desk.errors import PageMalformed
from app.desk.reading import read_inbox
from app.desk.router import MOST
from app.desk.schemas import InboxPage
from app.http.compression import JsonText
from app.http.problems import refusals_of

router = APIRouter(prefix="/v1/sync", tags=["sync"])

_USUAL = 100


class InboxState(StrEnum):
    """How entries of the inbox stand."""

    OPEN = "open"
    DECIDED = "decided"


@router.get(
    "/inbox",
    operation_id="sync_list_inbox",
    summary="List the inbox",
    response_model=InboxPage,
    responses=refusals_of(*GUARDED, PageMalformed),
)
async def list_inbox(
    work: Reading,
    state: Annotated[
        InboxState | None,
        Query(description="Which entries are listed; none has them counted alone.", examples=["open"]),
    ] = None,
    page: Annotated[
        str | None,
        Query(
            max_length=200,
            description="The `next_page` of the page before; none for the first one.",
            examples=["WyI5ZjFj"],
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="The most entries in the page.", examples=[_USUAL])
    ] = _USUAL,
) -> Response:
    """Count the open entries of the `inbox`, and list those or the decided ones, the latest first.

    An administrator's are all, others have their own. A page may be shorter than asked for: the list ends
    where `next_page` is null.
    """
    is_open = None if state is None else state is InboxState.OPEN
    return JsonText((await read_inbox(work, is_open=is_open, page=page, limit=limit)).body)
