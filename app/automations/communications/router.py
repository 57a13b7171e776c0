"""`/v1/communications`: emails, texts, calls, tasks and letters on paper, to many who were chosen."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.errors import PermissionDenied, VersionChanged
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.automations.communications import choosing, saving, starting
from app.automations.communications.errors import (
    CommunicationInvalid,
    CommunicationNotFound,
    CommunicationStarted,
    NobodyChosen,
    TooManyRecipients,
)
from app.automations.communications.models import Communication
from app.automations.communications.saving import COMMUNICATIONS
from app.automations.communications.schemas import (
    CommunicationAnswer,
    CommunicationPage,
    CommunicationRequest,
    CommunicationTold,
    RecipientAnswer,
    RecipientPage,
    StartRequest,
    TickedAnswer,
    TickRequest,
)
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.principal import Level
from app.desk.guards import KNOWN_QUERY
from app.desk.hubs.errors import InvalidQuery, QueryTooSlow, SavedNotFound
from app.desk.hubs.guards import SecondsOf
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag, made_at
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf
from app.outbox.errors import PublicUrlMissing

_Refusals = tuple[type[AppError], ...]

router = APIRouter(
    prefix="/v1/communications", tags=["communications"], route_class=JsonRoute, dependencies=[KNOWN_QUERY]
)

_ID = "3d1b7c52-9f0e-4c1a-8b3d-0c7b7f5b2a41"
CommunicationId = Annotated[UUID, Path(description="A communication.", examples=[_ID])]
Limit = Annotated[int, Query(ge=1, le=200, description="The most entries in the page.", examples=[50])]
Viewing = Annotated[Work[Session], reading_of(COMMUNICATIONS, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(COMMUNICATIONS, Level.ADD_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(COMMUNICATIONS, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(COMMUNICATIONS, Level.ADD_MODIFY_DELETE)]
_READ: _Refusals = (PermissionDenied, *GUARDED)
_OF_ONE: _Refusals = (CommunicationNotFound, *_READ)
_CHANGED: _Refusals = (VersionChanged, PreconditionRequired, CommunicationStarted, *_OF_ONE)
_CHOSEN: _Refusals = (InvalidQuery, QueryTooSlow, SavedNotFound, TooManyRecipients)


@router.get(
    "", operation_id="communications_list", summary="List communications", responses=refusals_of(*_READ)
)
async def list_all(
    work: Viewing,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page before.", examples=[_ID])
    ] = None,
    limit: Limit = 50,
) -> CommunicationPage:
    """List communications, the newest first."""
    found, following = await saving.listed(work.session, page, limit)
    told = [CommunicationTold.model_validate(each) for each in found]
    return CommunicationPage(communications=told, next_page=following)


@router.post(
    "",
    operation_id="communications_make",
    summary="Make a communication",
    status_code=201,
    responses=made_at("communication", f"/v1/communications/{_ID}")
    | refusals_of(CommunicationInvalid, *BODY, *_READ),
)
async def make(body: Sent[CommunicationRequest], work: Adding, response: Response) -> CommunicationAnswer:
    """Make a communication as a draft: nothing goes to anybody before it has a list and is started."""
    row = await saving.make(work, body)
    response.headers["Location"] = f"/v1/communications/{row.communication_id}"
    return await _tagged(work.session, row, response)


@router.get(
    "/{communication_id}",
    operation_id="communications_read",
    summary="Read a communication",
    responses=TAGGED | refusals_of(*_OF_ONE),
)
async def read(communication_id: CommunicationId, work: Viewing, response: Response) -> CommunicationAnswer:
    """Read a communication, how far it has come, and what has become of its letters."""
    return await _tagged(work.session, await saving.read(work.session, communication_id), response)


@router.put(
    "/{communication_id}",
    operation_id="communications_set",
    summary="Set a communication",
    responses=TAGGED | refusals_of(CommunicationInvalid, *BODY, *_CHANGED),
)
async def put(
    communication_id: CommunicationId,
    body: Sent[CommunicationRequest],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> CommunicationAnswer:
    """Set the version of a communication that `If-Match` names, whole, before it is started.

    Where that changes whom it goes to, or by which way, its list is gone, and it is a draft again.
    """
    return await _tagged(work.session, await saving.put(work, communication_id, body, expected), response)


@router.delete(
    "/{communication_id}",
    operation_id="communications_remove",
    summary="Remove a communication",
    status_code=204,
    responses=refusals_of(*_CHANGED),
)
async def remove(communication_id: CommunicationId, work: Deleting, expected: ExpectedVersion) -> None:
    """Remove the version that `If-Match` names, with its list; while something is left to do cancel it first.

    What it made stays.
    """
    await saving.remove(work, communication_id, expected)


@router.post(
    "/{communication_id}/recipients",
    operation_id="communications_choose",
    summary="List whom it goes to anew",
    responses=TAGGED | refusals_of(CommunicationStarted, VersionChanged, *_CHOSEN, *_OF_ONE),
)
async def choose(
    *,
    communication_id: CommunicationId,
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    seconds: SecondsOf,
    response: Response,
) -> CommunicationAnswer:
    """List the records that are chosen now and whose clients the user may see, in place of any list before.

    Left out are those whom nothing reaches: without an address, on a block list, or at the address of
    somebody before. What was ticked by hand begins anew.
    """
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
        require(work.who, COMMUNICATIONS, Level.ADD_MODIFY)
        row = await saving.in_hand(session, communication_id)
        version = row.version
        found = await choosing.choose(work, row, seconds)
    async with database.writing(claims.account_id) as turn:
        again = await admit(turn, keys, claims)
        require(again.who, COMMUNICATIONS, Level.ADD_MODIFY)
        row = await starting.set_list(again, communication_id, version, found)
        return await _tagged(turn, row, response)


@router.get(
    "/{communication_id}/recipients",
    operation_id="communications_list_recipients",
    summary="List recipients",
    responses=refusals_of(*_OF_ONE),
)
async def list_recipients(
    communication_id: CommunicationId,
    work: Viewing,
    *,
    is_left_out: Annotated[
        bool | None, Query(description="Those who get nothing, or those who do.", examples=[False])
    ] = None,
    page: Annotated[
        int, Query(ge=0, le=1_000_000, description="The `next_page` of the page before.", examples=[100])
    ] = 0,
    limit: Limit = 100,
) -> RecipientPage:
    """List by name whom it goes to and who is left out, and what was made for each.

    Those the user may not see are left out, so that a page may have fewer than it could.
    """
    found, following = await starting.recipients(work, communication_id, page, limit, is_left_out=is_left_out)
    return RecipientPage(
        recipients=[RecipientAnswer.model_validate(each) for each in found], next_page=following
    )


@router.patch(
    "/{communication_id}/recipients",
    operation_id="communications_tick",
    summary="Tick or untick recipients",
    responses=TAGGED | refusals_of(CommunicationStarted, *BODY, *_OF_ONE),
)
async def tick(
    communication_id: CommunicationId, body: Sent[TickRequest], work: Modifying, response: Response
) -> TickedAnswer:
    """Leave recipients out, or take them in again; whom nothing reaches stays out."""
    version, found = await starting.tick(
        work, communication_id, body.record_ids, is_left_out=body.is_left_out
    )
    response.headers["ETag"] = etag(version)
    return TickedAnswer(recipients=[RecipientAnswer.model_validate(each) for each in found])


@router.post(
    "/{communication_id}/start",
    operation_id="communications_start",
    summary="Start a communication",
    responses=TAGGED
    | refusals_of(
        CommunicationStarted,
        CommunicationInvalid,
        NobodyChosen,
        PublicUrlMissing,
        VersionChanged,
        *BODY,
        *_OF_ONE,
    ),
)
async def start(
    communication_id: CommunicationId,
    body: Sent[StartRequest],
    work: Modifying,
    expected: ExpectedVersion,
    *,
    request: Request,
    response: Response,
) -> CommunicationAnswer:
    """Start a communication at once, or have it start later; with `If-Match` only the version it names.

    It is made by and by: reading it tells how far it has come. What goes out goes behind all other letters.
    Emails to many bear a link by which to unsubscribe, so the server must know its public address for them.
    """
    has_links = request.app.state.public_url is not None
    row = await starting.start(work, communication_id, body, expected, has_links=has_links)
    return await _tagged(work.session, row, response)


@router.post(
    "/{communication_id}/cancel",
    operation_id="communications_cancel",
    summary="Cancel a communication",
    responses=TAGGED | refusals_of(*_OF_ONE),
)
async def cancel(
    communication_id: CommunicationId, work: Modifying, response: Response
) -> CommunicationAnswer:
    """Make nothing more, and cancel its letters that wait, by and by; what was sent was sent.

    One that was cancelled stays so.
    """
    return await _tagged(work.session, await starting.cancel(work, communication_id), response)


async def _tagged(session: Session, row: Communication, response: Response) -> CommunicationAnswer:
    response.headers["ETag"] = etag(row.version)
    return CommunicationAnswer.model_validate(await saving.told(session, row))
