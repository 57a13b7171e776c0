"""The doors to preferences: the company's, and each device's own."""

from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.accounts.errors import DeviceNotFound, PermissionDenied
from app.accounts.guards import GUARDED, Reading, Writing, writing_of
from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.sync import preference_changes
from app.sync.preference_errors import DeviceWidens, PreferencesChanged
from app.sync.preference_schemas import (
    CompanyRequest,
    DevicePreferencesAnswer,
    DeviceRequest,
    PreferencesAnswer,
)

router = APIRouter(prefix="/v1", tags=["preferences"], route_class=JsonRoute)

DeviceId = Annotated[
    UUID, Path(description="The row of a device.", examples=["6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"])
]


Modifying = Annotated[Work[WriteSession], writing_of(preference_changes.PREFERENCES, Level.ADD_MODIFY)]


Told = TypeVar("Told", PreferencesAnswer, DevicePreferencesAnswer)


def _tagged(told: Told, response: Response) -> Told:
    """Say in `ETag` which version is told of, as a change wants it in `If-Match`."""
    response.headers["ETag"] = etag(told.version)
    return told


@router.get(
    "/preferences",
    operation_id="preferences_read",
    summary="Read the company's preferences",
    responses=TAGGED | refusals_of(*GUARDED),
)
async def read(work: Reading, response: Response) -> PreferencesAnswer:
    """Tell what the company prefers its devices to hold; `ETag` is the version in quotes."""
    return _tagged(await preference_changes.read_company(work.session), response)


@router.put(
    "/preferences",
    operation_id="preferences_change",
    summary="Change the company's preferences",
    responses=TAGGED | refusals_of(PreferencesChanged, PermissionDenied, *GUARDED, *BODY),
)
async def change(
    body: CompanyRequest, work: Modifying, expected: ExpectedVersion, response: Response
) -> PreferencesAnswer:
    """Set some of the preferences; each device follows at its next sync, and gets only the difference.

    Nothing is deleted on the server: what a device no longer holds comes back when it is preferred again.
    """
    told = await preference_changes.change_company(work.session, work.who, body, expected)
    return _tagged(told, response)


@router.get(
    "/devices/{device_id}/preferences",
    operation_id="preferences_read_device",
    summary="Read a device's own preferences",
    responses=TAGGED | refusals_of(DeviceNotFound, PermissionDenied, *GUARDED),
)
async def read_device(device_id: DeviceId, work: Reading, response: Response) -> DevicePreferencesAnswer:
    """Tell what a device has set for itself and what holds on it: to itself and to administrators.

    `ETag` is the version of what it has set, in quotes; what holds may change without it.
    """
    return _tagged(await preference_changes.read_own(work.session, work.who, device_id), response)


@router.put(
    "/devices/{device_id}/preferences",
    operation_id="preferences_change_device",
    summary="Change a device's own preferences",
    responses=TAGGED
    | refusals_of(DeviceNotFound, PreferencesChanged, DeviceWidens, PermissionDenied, *GUARDED, *BODY),
)
async def change_device(
    device_id: DeviceId, body: DeviceRequest, work: Writing, expected: ExpectedVersion, response: Response
) -> DevicePreferencesAnswer:
    """Set some of a device's own preferences, narrower than the company's, or null to have the company's.

    For the device itself and for administrators. A company that narrows later is obeyed all the same: of each
    key the narrower value holds, and the company's where neither is part of the other.
    """
    told = await preference_changes.change_own(work.session, work.who, device_id, body, expected)
    return _tagged(told, response)
