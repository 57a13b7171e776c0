"""`/v1/triggers`, `/v1/trigger-kinds` and `/v1/trigger-queue`: what happens by itself, and what waits to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from starlette.convertors import StringConvertor, register_url_convertor

from app.accounts.errors import PermissionDenied, VersionChanged
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.automations.reaching import FALLBACKS, Act
from app.automations.triggers import processing, queueing, ready_made, saving, store
from app.automations.triggers.errors import (
    TriggerInvalid,
    TriggerLimitReached,
    TriggerNotFound,
)
from app.automations.triggers.kinds import SPECS, TEMPLATES, State, Why
from app.automations.triggers.models import Trigger
from app.automations.triggers.queueing import Wanted
from app.automations.triggers.saving import REACHED, TRIGGERS
from app.automations.triggers.schemas import (
    ActionAnswer,
    DoneAnswers,
    KindAnswer,
    KindsAnswer,
    QueueAnswer,
    QueueRequest,
    ReadyMadeAnswer,
    ReadyMadeRequest,
    ReadyMadesAnswer,
    TriggerAnswer,
    TriggerMakeRequest,
    TriggerRequest,
    TriggersAnswer,
)
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.principal import Level
from app.desk.guards import KNOWN_QUERY
from app.http.body import JsonRoute
from app.http.errors import NotFound, PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag, made_at
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf
from app.templates.errors import TemplateLimitReached
from app.templates.previewing import PublicUrlOf

_Refusals = tuple[type[AppError], ...]


class _Id(StringConvertor):
    """The id of a trigger in an address: what is ready-made has addresses of its own among them."""

    regex = "(?!ready-made)[^/]+"


register_url_convertor("trigger", _Id())
router = APIRouter(prefix="/v1", tags=["triggers"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
TriggerId = Annotated[UUID, Path(description="A trigger.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(TRIGGERS, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(TRIGGERS, Level.ADD_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(TRIGGERS, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(TRIGGERS, Level.ADD_MODIFY_DELETE)]
_AS_LIKELY = ReadyMadeRequest()
_READ: _Refusals = (PermissionDenied, *GUARDED)
_OF_ONE: _Refusals = (TriggerNotFound, VersionChanged, PreconditionRequired, *_READ)
_SAVED: _Refusals = (TriggerInvalid, *BODY)
_QUEUED: _Refusals = (TriggerNotFound, *BODY, *_READ)


@router.get("/triggers", operation_id="triggers_list", summary="List triggers", responses=refusals_of(*_READ))
async def list_all(work: Viewing) -> TriggersAnswer:
    """List all triggers by name, each with how many of its occurrences wait."""
    rows, waiting = await saving.listed(work.session)
    return TriggersAnswer(triggers=[_told(row, waiting.get(row.trigger_id, 0)) for row in rows])


@router.post(
    "/triggers",
    operation_id="triggers_make",
    summary="Make a trigger",
    status_code=201,
    responses=made_at("trigger", f"/v1/triggers/{_ID}") | refusals_of(TriggerLimitReached, *_SAVED, *_READ),
)
async def make(body: Sent[TriggerMakeRequest], work: Adding, response: Response) -> TriggerAnswer:
    """Save a trigger. It does not fire for the past: nothing that is so already raises it.

    It needs the professional edition.
    """
    return _made(await saving.make(work, body), response)


@router.get(
    "/triggers/ready-made",
    operation_id="triggers_ready_made",
    summary="List ready-made triggers",
    responses=refusals_of(*_READ),
)
async def list_ready_made(work: Viewing) -> ReadyMadesAnswer:
    """List triggers that come with the product, each with the status it is likely to wait for."""
    found = await ready_made.listed(work.session)
    told = [
        ReadyMadeAnswer(
            key=each.key,
            name=each.name,
            description=each.description,
            kind=each.kind,
            statuses=each.statuses,
            status_id=status_id,
            is_made=is_made,
        )
        for each, status_id, is_made in found
    ]
    return ReadyMadesAnswer(ready_made=told)


@router.post(
    "/triggers/ready-made/{key}",
    operation_id="triggers_make_ready_made",
    summary="Make a ready-made trigger",
    status_code=201,
    responses=made_at("trigger", f"/v1/triggers/{_ID}")
    | refusals_of(NotFound, TriggerLimitReached, TemplateLimitReached, *_SAVED, *_READ),
)
async def make_ready_made(
    key: Annotated[str, Path(max_length=100, description="A key of the list.", examples=["images_online"])],
    work: Adding,
    response: Response,
    body: Sent[ReadyMadeRequest] = _AS_LIKELY,
) -> TriggerAnswer:
    """Make a template and a trigger that sends it, which is not active yet; both may then be changed.

    Where the list tells that it `is_made`, this makes another one.
    """
    return _made(await ready_made.make(work, key, body.status_id), response)


@router.get(
    "/triggers/{trigger_id:trigger}",
    operation_id="triggers_read",
    summary="Read a trigger",
    responses=TAGGED | refusals_of(TriggerNotFound, *_READ),
)
async def read(trigger_id: TriggerId, work: Viewing, response: Response) -> TriggerAnswer:
    """Read a trigger."""
    row = await saving.read(work.session, trigger_id)
    return await _tagged(work.session, row, response)


@router.put(
    "/triggers/{trigger_id:trigger}",
    operation_id="triggers_set",
    summary="Set a trigger",
    responses=TAGGED | refusals_of(*_OF_ONE, *_SAVED),
)
async def put(
    trigger_id: TriggerId,
    body: Sent[TriggerRequest],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> TriggerAnswer:
    """Set the version of a trigger that `If-Match` names, whole; whether it is active stays as it is.

    Where it looks for something else from now on, what waits of it is forgotten, and it begins anew.
    """
    row = await saving.put(work, trigger_id, body, expected)
    return await _tagged(work.session, row, response)


@router.delete(
    "/triggers/{trigger_id:trigger}",
    operation_id="triggers_remove",
    summary="Remove a trigger",
    status_code=204,
    responses=refusals_of(*_OF_ONE),
)
async def remove(trigger_id: TriggerId, work: Deleting, expected: ExpectedVersion) -> None:
    """Remove the version of a trigger that `If-Match` names, and what waits of it."""
    await saving.remove(work, trigger_id, expected)


@router.post(
    "/triggers/{trigger_id:trigger}/activate",
    operation_id="triggers_activate",
    summary="Switch a trigger on",
    responses=TAGGED | refusals_of(TriggerNotFound, TriggerInvalid, *_READ),
)
async def activate(trigger_id: TriggerId, work: Modifying, response: Response) -> TriggerAnswer:
    """Switch a trigger on, or have one go on that was paused. What happened meanwhile does not raise it."""
    row = await saving.activate(work, trigger_id)
    return await _tagged(work.session, row, response)


@router.post(
    "/triggers/{trigger_id:trigger}/deactivate",
    operation_id="triggers_deactivate",
    summary="Switch a trigger off",
    responses=TAGGED | refusals_of(TriggerNotFound, *_READ),
)
async def deactivate(trigger_id: TriggerId, work: Modifying, response: Response) -> TriggerAnswer:
    """Switch a trigger off; what waits of it is skipped."""
    row = await saving.deactivate(work, trigger_id)
    return await _tagged(work.session, row, response)


@router.get(
    "/trigger-kinds",
    operation_id="triggers_kinds",
    summary="List what triggers may wait for",
    responses=refusals_of(*_READ),
)
async def kinds(work: Viewing) -> KindsAnswer:
    """List what triggers may wait for and what they may do, with what each of these may name."""
    del work
    return _KINDS


@router.get(
    "/trigger-queue",
    operation_id="triggers_queue",
    summary="List the queue of triggers",
    responses=refusals_of(*_READ),
)
async def list_queue(
    work: Viewing,
    *,
    state: Annotated[State | None, Query(description="Those in a state.", examples=["waiting"])] = None,
    trigger_id: Annotated[UUID | None, Query(description="Those of a trigger.", examples=[_ID])] = None,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page before.", examples=[_ID])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=200, description="The most entries in the page.", examples=[50])
    ] = 50,
) -> QueueAnswer:
    """List what triggers were raised by, the newest first: what waits, and what has become of the rest.

    What is about records the user may not see is left out, so that a page may have fewer than it could.
    """
    return await queueing.listed(work, Wanted(state, trigger_id, page, limit))


@router.post(
    "/trigger-queue/process",
    operation_id="triggers_process",
    summary="Process what waits",
    responses=refusals_of(*_QUEUED),
)
async def process(
    body: Sent[QueueRequest], claims: Caller, database: DatabaseOf, keys: KeysOf, public_url: PublicUrlOf
) -> DoneAnswers:
    """Do what waits now, whether or not it is due; each is looked at once more, and answered for."""
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
        require(work.who, TRIGGERS, Level.ADD_MODIFY)
        meant = await queueing.chosen(work, body)
    done = await processing.process(database, claims.account_id, meant.waiting, public_url, by=claims.user_id)
    return queueing.answers(meant, done)


@router.post(
    "/trigger-queue/skip",
    operation_id="triggers_skip",
    summary="Skip what waits",
    responses=refusals_of(*_QUEUED),
)
async def skip(body: Sent[QueueRequest], work: Modifying) -> DoneAnswers:
    """Have nothing done about what waits."""
    return await queueing.end(work, body, State.SKIPPED, Why.BY_HAND)


@router.post(
    "/trigger-queue/delete",
    operation_id="triggers_delete",
    summary="Delete what waits",
    responses=refusals_of(*_QUEUED),
)
async def delete(body: Sent[QueueRequest], work: Deleting) -> DoneAnswers:
    """Take what waits out of the queue; it does not come back."""
    return await queueing.end(work, body, State.DELETED)


def _made(row: Trigger, response: Response) -> TriggerAnswer:
    response.headers["Location"] = f"/v1/triggers/{row.trigger_id}"
    response.headers["ETag"] = etag(row.version)
    return _told(row, 0)


async def _tagged(session: Session, row: Trigger, response: Response) -> TriggerAnswer:
    response.headers["ETag"] = etag(row.version)
    return _told(row, (await store.waiting(session)).get(row.trigger_id, 0))


def _told(row: Trigger, waiting: int) -> TriggerAnswer:
    return TriggerAnswer.model_validate({**row.model_dump(), "id": row.trigger_id, "waiting": waiting})


_KINDS = KindsAnswer(
    kinds=[
        KindAnswer(
            kind=each.kind,
            label=each.label,
            description=each.description,
            basis=each.basis,
            hub=each.hub.name,
            type=each.type,
            types=each.types,
            status=each.status,
            statuses=each.statuses,
            has_value=each.has_value,
            values=list(each.values),
            on_fields=list(each.on_fields),
            actions=list(each.actions),
            recipients=list(each.recipients),
        )
        for each in SPECS.values()
    ],
    actions=[
        ActionAnswer(
            action=each,
            fallbacks=sorted(second for first, second in FALLBACKS if first is each),
            templates=list(TEMPLATES.get(each, ())),
            recipients=list(REACHED[each]),
        )
        for each in Act
    ],
)
