"""`/v1/paper-letters`: letters that go on paper, until somebody has printed them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.desk.guards import KNOWN_QUERY
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.templates import paper
from app.templates.errors import PaperLetterNotFound
from app.templates.models import PaperLetter, PaperState
from app.templates.paper import MOST
from app.templates.paper_schemas import (
    PaperLetterAnswer,
    PaperLetterPage,
    PaperLetterTold,
    PrintedAnswer,
    PrintedRequest,
)
from app.templates.paper_store import Wanted

router = APIRouter(prefix="/v1", tags=["templates"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_ID = "5f0d9c1e-6a4b-4d1e-8f6b-2f9d0c7b7a31"
EMAILS = "emails"
"""The feature rights to letters on paper are given by: they are what an email would have been."""
PaperId = Annotated[UUID, Path(description="A letter on paper.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(EMAILS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(EMAILS, Level.ADD_MODIFY)]
PageOf = Annotated[UUID | None, Query(description="The `next_page` of the page before.", examples=[_ID])]
LimitOf = Annotated[int, Query(ge=1, le=MOST, description="The most letters in the page.", examples=[50])]


@router.get(
    "/paper-letters",
    operation_id="templates_list_paper",
    summary="List letters on paper",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_paper(
    work: Viewing,
    *,
    state: Annotated[PaperState | None, Query(description="Those in a state.", examples=["to_print"])] = None,
    client_id: Annotated[UUID | None, Query(description="Those to a client.", examples=[_ID])] = None,
    page: PageOf = None,
    limit: LimitOf = 50,
) -> PaperLetterPage:
    """List letters that are to be printed, or were, the oldest first.

    Those to clients the user may not see are left out, so that a page may have fewer than it could.
    """
    return _page(*await paper.listed(work, Wanted(state, client_id, page, limit)))


@router.get(
    "/paper-letters/printed",
    operation_id="templates_list_printed",
    summary="List printed letters",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_printed(work: Viewing, page: PageOf = None, limit: LimitOf = 50) -> PaperLetterPage:
    """List letters that were printed, the newest first: those at hand that may have to be printed again.

    Those to clients the user may not see are left out, so that a page may have fewer than it could.
    """
    wanted = Wanted(PaperState.PRINTED, None, page, limit, is_newest_first=True)
    return _page(*await paper.listed(work, wanted))


@router.post(
    "/paper-letters/printed",
    operation_id="templates_mark_printed",
    summary="Mark letters as printed",
    responses=refusals_of(PaperLetterNotFound, PermissionDenied, *GUARDED, *BODY),
)
async def mark_printed(body: Sent[PrintedRequest], work: Modifying) -> PrintedAnswer:
    """Say that letters were printed: all that are named, or none where one is not there.

    One that was printed before keeps who did it first, and when.
    """
    rows = await paper.mark_printed(work, body.ids)
    return PrintedAnswer(letters=[PaperLetterTold.model_validate(each) for each in rows])


@router.get(
    "/paper-letters/{paper_id}",
    operation_id="templates_read_paper",
    summary="Read a letter on paper",
    responses=refusals_of(PaperLetterNotFound, PermissionDenied, *GUARDED),
)
async def read_paper(paper_id: PaperId, work: Viewing) -> PaperLetterAnswer:
    """Read a letter with what it says."""
    return PaperLetterAnswer.model_validate(await paper.read(work, paper_id))


def _page(found: Sequence[PaperLetter], following: UUID | None) -> PaperLetterPage:
    letters = [PaperLetterTold.model_validate(each) for each in found]
    return PaperLetterPage(letters=letters, next_page=following)
