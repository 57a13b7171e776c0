"""`/v1/devices`: the slots of an account, for who may look after them, and the receipt of a wiped phone."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts import devices, store
from app.accounts.answers import device_list
from app.accounts.changes import require_version
from app.accounts.errors import (
    DeviceBound,
    DeviceLimitReached,
    DeviceNotFound,
    EditionRequired,
    InvalidToken,
    PermissionDenied,
    StudioNotAllowed,
    StudioRequired,
    UnknownStudio,
    UnknownUser,
    VersionChanged,
    WipeOrderStale,
)
from app.accounts.features import DEVICES
from app.accounts.guards import GUARDED, KeysOf, reading_of, writing_of
from app.accounts.models import Account, DeviceOrder
from app.accounts.schemas import (
    DeviceAnswer,
    DeviceChange,
    DeviceList,
    DeviceRequest,
    WipeReceipt,
    WipeReceived,
)
from app.accounts.standing import Work
from app.accounts.tokens import verify_wipe
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1/devices", tags=["devices"], route_class=JsonRoute)

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
DeviceId = Annotated[UUID, Path(description="The row of a device.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(DEVICES, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(DEVICES, Level.ADD_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(DEVICES, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(DEVICES, Level.ADD_MODIFY_DELETE)]


@router.get(
    "", operation_id="devices_list", summary="List devices", responses=refusals_of(PermissionDenied, *GUARDED)
)
async def list_devices(
    *,
    work: Viewing,
    user_id: Annotated[UUID | None, Query(description="Whose devices.", examples=[_ID])] = None,
    is_inactive: Annotated[
        bool | None, Query(description="Those that are shut out, or those that are not.", examples=[False])
    ] = None,
    behind_days: Annotated[
        int | None,
        Query(ge=1, le=365, description="Phones in use that have not synced for so many days.", examples=[7]),
    ] = None,
    order: Annotated[
        DeviceOrder,
        Query(
            description="`authorized`: the first authorized first. `last_sync`: who never synced, then whose"
            " last sync is longest ago. `queued`: whose oldest unsent change is oldest, then who has none.",
            examples=["last_sync"],
        ),
    ] = DeviceOrder.AUTHORIZED,
) -> DeviceList:
    """List the account's devices, all or some of them, and how many it may have."""
    account = await work.session.get_one(Account, work.who.account_id)
    found = await store.list_devices(
        work.session,
        user_id,
        is_inactive=is_inactive,
        behind_since=None if behind_days is None else clock.now() - timedelta(days=behind_days),
        order=order,
    )
    return device_list(await devices.pool_of(work.session, account), found)


@router.post(
    "",
    operation_id="devices_authorize",
    summary="Authorize a device",
    status_code=201,
    responses=refusals_of(
        DeviceLimitReached,
        UnknownUser,
        UnknownStudio,
        StudioRequired,
        StudioNotAllowed,
        EditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def authorize(body: Sent[DeviceRequest], work: Adding) -> DeviceAnswer:
    """Let a user's next phone sign in, if the licences leave a place.

    An enterprise with several studios says which of them the phone is to sync with; nothing is chosen for it.
    """
    device = await devices.authorize(work.session, work.who, body.user_id, body.studio_id)
    return DeviceAnswer.model_validate(device)


@router.get(
    "/{device_id}",
    operation_id="devices_read",
    summary="Read a device",
    responses=TAGGED | refusals_of(DeviceNotFound, PermissionDenied, *GUARDED),
)
async def read(device_id: DeviceId, work: Viewing, response: Response) -> DeviceAnswer:
    """Tell how one device stands."""
    device = await devices.read(work.session, device_id)
    response.headers["ETag"] = etag(device.version)
    return DeviceAnswer.model_validate(device)


@router.patch(
    "/{device_id}",
    operation_id="devices_change",
    summary="Deactivate, wipe or reactivate a device",
    responses=TAGGED
    | refusals_of(
        DeviceNotFound,
        DeviceLimitReached,
        VersionChanged,
        PreconditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def change(
    *,
    device_id: DeviceId,
    body: Sent[DeviceChange],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> DeviceAnswer:
    """Shut a phone out from its next request on, with its copy or without, or let it in again.

    With `wipe`, changes it has not sent yet are lost (look at `queued` and `last_sync` first), and once it is
    reactivated its row is free for a phone to sign in on anew. Without, the phone keeps all it has, and goes
    on with it once it is reactivated.
    """
    device = await devices.read(work.session, device_id)
    require_version(device, expected)
    if body.is_inactive:
        await devices.deactivate(work.session, work.who, device, wipe=body.wipe)
    else:
        await devices.reactivate(work.session, work.who, device)
    response.headers["ETag"] = etag(device.version)
    return DeviceAnswer.model_validate(device)


@router.delete(
    "/{device_id}",
    operation_id="devices_remove",
    summary="Remove a row that no copy depends on",
    status_code=204,
    responses=refusals_of(DeviceNotFound, DeviceBound, PermissionDenied, *GUARDED),
)
async def remove(device_id: DeviceId, work: Deleting) -> None:
    """Delete a row no phone is bound to, or whose phone has confirmed that its copy is gone."""
    await devices.remove(work.session, work.who, device_id)


@router.post(
    "/me/wiped",
    operation_id="devices_wiped",
    summary="Confirm a wipe",
    responses=refusals_of(InvalidToken, WipeOrderStale, *BODY),
)
async def wiped(
    body: Sent[WipeReceipt], request: Request, database: DatabaseOf, keys: KeysOf
) -> WipeReceived:
    """Confirm that the phone's local copy is gone.

    Needs no access token: the wipe order is the proof, for it was signed here for this phone and this
    deactivation. A phone keeps the order until this has been answered, and may repeat it.
    """
    order = verify_wipe(keys, body.wipe_order)
    request.app.state.limits.count_caller(str(order.device_id))
    async with database.writing(order.account_id, is_urgent=True) as session:
        return WipeReceived.model_validate(await devices.confirm_wipe(session, order))
