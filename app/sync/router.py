"""The doors of sync: manifest, pull, push, both at once, healing and estimate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.background import BackgroundTask

from app.accounts.devices import note_sync
from app.accounts.errors import ClientTooOld, DeviceNotFound, DeviceRequired, PermissionDenied
from app.accounts.guards import GUARDED, Caller, DeviceWriting, MinimumOf, Reading
from app.accounts.standing import Standing, refuse_old
from app.core.db import Database
from app.core.errors import AppError
from app.http.body import JsonRoute
from app.http.compression import JsonText
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf, committed, gone
from app.sync import errors, positions, restores, schemas
from app.sync.counting import count_request
from app.sync.cursor import Sealer
from app.sync.estimating import estimate_of
from app.sync.exchange import Asking
from app.sync.healing import verify
from app.sync.manifest import manifest
from app.sync.positions import Came
from app.sync.preference_schemas import EstimateBody
from app.sync.pull import Pulled
from app.sync.push import Prepared, prepare, push


class SyncRoute(JsonRoute):
    """A push may be larger than other bodies, and each of its changes has a verdict of its own."""

    max_bytes: ClassVar[int] = schemas.MAX_PUSH_BYTES
    looks_for_card_numbers: ClassVar[bool] = True


router = APIRouter(prefix="/v1/sync", tags=["sync"], route_class=SyncRoute)


OF_PULLS = (
    errors.CursorMalformed,
    errors.CursorForeign,
    errors.CursorCollections,
    errors.ResyncRequired,
    errors.UnknownCollections,
)
_OF_PUSHES = (DeviceRequired, errors.StreamGap, errors.StreamDiverged, errors.TooManyChanges)


async def sealer(request: Request) -> Sealer:
    """Return what seals cursors in this installation."""
    return cast("Sealer", request.app.state.sealer)


async def _sent(request: Request, body: Sent[schemas.PushRequest], claims: Caller) -> AsyncIterator[Prepared]:
    """Prepare the push of who may ask before its turn comes: what is solved first holds nobody up."""
    async with _noticed(request.app.state.database, claims.account_id):
        yield prepare(body)


async def _asking(request: Request, claims: Caller) -> Asking:
    state = request.app.state
    means = (state.database, state.keys, claims, state.sealer, state.minimum_schema_version)
    return Asking(*means, await gone(request), replica=state.replica)


AskingOf = Annotated[Asking, Depends(_asking)]


@asynccontextmanager
async def _noticed(database: Database, account_id: UUID) -> AsyncIterator[None]:
    """Count what is refused, and notice a restored backup nobody has told of.

    A cursor from the future that it has undone tells.
    """
    try:
        yield
    except AppError as refused:
        if isinstance(refused, errors.ResyncRequired) and refused.ahead is not None:
            await restores.notice(database, account_id, refused.ahead)
        await count_request(database, account_id, refused)
        raise


async def _noticing(claims: Caller, database: DatabaseOf) -> AsyncIterator[None]:
    async with _noticed(database, claims.account_id):
        yield


NOTICING = committed(_noticing)
"""What a route depends on that opens a cursor outside of `Asking`."""


@router.get(
    "/manifest",
    operation_id="sync_manifest",
    summary="Read the manifest",
    response_model=schemas.Manifest,
    responses=refusals_of(*GUARDED),
)
async def read_manifest(work: Reading, minimum: MinimumOf) -> Response:
    """Tell what can be synced: collections, their fields and types, parents first, and the limits."""
    del work
    return JsonText(manifest(minimum).model_dump_json(by_alias=True).encode())


@router.post(
    "/pull",
    operation_id="sync_pull",
    summary="Get what changed",
    response_model=schemas.PullAnswer,
    responses=refusals_of(
        *GUARDED,
        *BODY,
        *OF_PULLS,
        ClientTooOld,
    ),
)
async def pull_changes(asking: AskingOf, body: Sent[schemas.PullRequest]) -> Response:
    """Get one page of what changed for this device since its cursor.

    Without a cursor this is a first sync: its first page says `replace`. Store a page and its cursor in one
    local transaction and ask again while `has_more`; a page may be asked for again at any time.
    """
    async with _noticed(asking.database, asking.claims.account_id):
        pulled, stands = await asking.pull(body)
    return page_of(asking, body, pulled, stands, pulled.as_json())


@router.post(
    "/push",
    operation_id="sync_push",
    summary="Send what the user did",
    response_model=schemas.PushAnswer,
    responses=refusals_of(
        *GUARDED,
        *BODY,
        *_OF_PUSHES,
        ClientTooOld,
    ),
)
async def push_changes(
    body: Annotated[Prepared, committed(_sent)], work: DeviceWriting, minimum: MinimumOf
) -> Response:
    """Send what the user did and get a verdict for each change.

    Every change with a verdict is settled for ever, refused ones too: drop it from the queue. A repeat of a
    push that was answered, or whose answer was lost, gets the same verdicts and changes nothing.
    """
    refuse_old(work.schema_version, minimum)
    text = await push(work.session, work.who, work.clock, body, schema_version=work.schema_version)
    return JsonText(text)


@router.post(
    "",
    operation_id="sync_exchange",
    summary="Send what the user did, get what changed",
    response_model=schemas.SyncAnswer,
    responses=refusals_of(
        *GUARDED,
        *BODY,
        *_OF_PUSHES,
        *OF_PULLS,
        ClientTooOld,
    ),
)
async def sync_once(asking: AskingOf, body: Sent[schemas.SyncRequest]) -> Response:
    """Push and pull in one round trip; the page has what the push changed.

    What either of them would refuse by itself refuses both, and then nothing was taken in.
    """
    async with _noticed(asking.database, asking.claims.account_id):
        pushed, pulled, stands = await asking.push_and_pull(body)
    text = b'{"push":%b,"pull":%b}' % (pushed, pulled.as_json())
    return page_of(asking, body.pull, pulled, stands, text)


@router.post(
    "/verify",
    dependencies=[NOTICING],
    operation_id="sync_verify",
    summary="Compare and repair what a phone holds",
    response_model=schemas.VerifyAnswer,
    responses=refusals_of(
        *GUARDED,
        *BODY,
        *OF_PULLS,
        errors.NotConsistent,
        ClientTooOld,
    ),
)
async def verify_holding(
    *,
    work: Reading,
    database: DatabaseOf,
    seal: Annotated[Sealer, Depends(sealer)],
    body: Sent[schemas.VerifyRequest],
    minimum: MinimumOf,
) -> Response:
    """Compare what this device holds with what it should, and get only what differs.

    First the digests of all collections; of one that differs, those of its buckets; of the buckets that
    differ, what repairs them. What has changed since the cursor is left to the next pull.
    """
    refuse_old(work.schema_version, minimum)
    text = await verify(work.session, work.who, work.clock, seal, body, schema_version=work.schema_version)
    came = Came(body.cursor, work.clock.revision, body.collections)
    return JsonText(text, background=BackgroundTask(positions.note, database, work.who, seal, came))


@router.post(
    "/estimate",
    operation_id="sync_estimate",
    summary="Estimate what a phone holds",
    responses=refusals_of(*GUARDED, *BODY, DeviceNotFound, PermissionDenied, ClientTooOld),
)
async def estimate_holding(work: Reading, minimum: MinimumOf, body: EstimateBody) -> schemas.EstimateAnswer:
    """Tell about how much a phone holds, or would hold if some preferences were others; nothing is changed.

    Made from kept counts, so that it can be asked for at each movement of a slider. The device itself and
    administrators may ask about a device; without one it is a new phone of the user who asks, even when it
    is a phone that asks: for itself it names its own id.
    """
    refuse_old(work.schema_version, minimum)
    return await estimate_of(work.session, work.who, work.clock, body, schema_version=work.schema_version)


def page_of(
    asking: Asking, asked: schemas.PullRequest, pulled: Pulled, stands: Standing, text: bytes
) -> Response:
    """Answer with a page; how far the phone has come is noted afterwards.

    On a connection of its own: two at once for each request could starve the pool.
    """
    came = Came(asked.cursor, stands.clock.revision, asked.collections)

    async def note() -> None:
        if pulled.is_consistent:
            await note_sync(asking.database, stands, asked.queue)
        await positions.note(asking.database, stands.who, asking.sealer, came)

    return JsonText(text, background=BackgroundTask(note))
