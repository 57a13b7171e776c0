"""`/v1/safety-notices`: what somebody should look at, for administrators and for whom it concerns."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.guards import GUARDED, Reading, Writing
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.notices import acknowledging, store
from app.notices.errors import NoticeNotFound
from app.notices.schemas import Acknowledgement, NoticeAnswer, NoticePage, NoticeState

router = APIRouter(prefix="/v1/safety-notices", tags=["safety"], route_class=JsonRoute)

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
NoticeId = Annotated[UUID, Path(description="A notice.", examples=[_ID])]


@router.get("", operation_id="safety_list", summary="List safety notices", responses=refusals_of(*GUARDED))
async def list_notices(
    work: Reading,
    state: Annotated[
        NoticeState, Query(description="Those that wait for the caller, or all.", examples=["open"])
    ] = NoticeState.OPEN,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page of notices before.", examples=[_ID])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=200, description="The most notices in the page.", examples=[50])
    ] = 50,
) -> NoticePage:
    """Tell what somebody should look at, the newest first: administrators of all, others of themselves.

    More of the same is counted into one notice for a day, until that is acknowledged.
    """
    found = await store.page(work.session, work.who, page, limit + 1, only_open=state is NoticeState.OPEN)
    shown = [NoticeAnswer.model_validate(dict(each)) for each in found[:limit]]
    return NoticePage(
        notices=shown,
        open=await store.count_open(work.session, work.who),
        next_page=shown[-1].id if len(found) > limit else None,
    )


@router.post(
    "/{notice_id}/acknowledge",
    operation_id="safety_acknowledge",
    summary="Acknowledge a safety notice",
    responses=refusals_of(NoticeNotFound, *GUARDED, *BODY),
)
async def acknowledge(notice_id: NoticeId, body: Sent[Acknowledgement], work: Writing) -> NoticeAnswer:
    """Say that one has seen a notice; the first answer of the user, and of an administrator, stands.

    The user whom it concerns answers for themself, and an administrator for the account; of a notice about
    themself an administrator answers for both, unless they say that it was not expected.
    """
    found = await acknowledging.acknowledge(work.session, work.who, notice_id, was_expected=body.was_expected)
    return NoticeAnswer.model_validate(dict(found))
