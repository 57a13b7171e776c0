"""`/v1/portal-logins/{client_id}`, and what stands around logins: settings and letters."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PasswordBlocked, PermissionDenied
from app.accounts.guards import GUARDED, Reading, Writing
from app.galleries.errors import GalleriesOff
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.portal import letters, logins, settings
from app.portal.errors import (
    LoginDefaultMissing,
    NoGalleryOnline,
    PortalClientNotFound,
    PortalLetterNotFound,
    PortalLoginNotFound,
    UserNameTaken,
)
from app.portal.guards import AskerOf
from app.portal.schemas import (
    LetterState,
    PortalLetterAnswer,
    PortalLetterPage,
    PortalLoginAnswer,
    PortalLoginRequest,
    PortalSettingsAnswer,
    PortalSettingsRequest,
)

router = APIRouter(prefix="/v1", tags=["portal"], route_class=JsonRoute)

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
ClientId = Annotated[UUID, Path(description="A client.", examples=[_ID])]
LetterId = Annotated[UUID, Path(description="A letter.", examples=[_ID])]
_FOUND = (PermissionDenied, PortalClientNotFound)


@router.get(
    "/portal-logins/{client_id}",
    operation_id="portal_login",
    summary="Read a client's login",
    responses=refusals_of(*GUARDED, *_FOUND, PortalLoginNotFound),
)
async def read_login(client_id: ClientId, work: Reading) -> PortalLoginAnswer:
    """Tell how a client signs in to their gallery; never the password."""
    return await logins.read(work, client_id)


@router.post(
    "/portal-logins/{client_id}/reset",
    operation_id="portal_reset",
    summary="Reset a client's login",
    responses=refusals_of(
        *GUARDED, *_FOUND, GalleriesOff, NoGalleryOnline, LoginDefaultMissing, UserNameTaken
    ),
)
async def reset_login(client_id: ClientId, asker: AskerOf) -> PortalLoginAnswer:
    """Put a client's user name and password back to the company's defaults, and sign them out everywhere.

    The default password opens “choose a new password” and nothing else: at `path`, once, for 24 hours, and it
    may be tried five times. Tell the client, or find the letter that says so.
    """
    return await logins.reset(asker, client_id)


@router.put(
    "/portal-logins/{client_id}",
    operation_id="portal_assign",
    summary="Assign a client's login",
    responses=refusals_of(
        *GUARDED,
        *_FOUND,
        GalleriesOff,
        PortalLoginNotFound,
        LoginDefaultMissing,
        UserNameTaken,
        PasswordBlocked,
        *BODY,
    ),
)
async def assign_login(
    client_id: ClientId, body: Sent[PortalLoginRequest], asker: AskerOf
) -> PortalLoginAnswer:
    """Give a client another user name or password, at once; another password signs them out everywhere."""
    return await logins.assign(asker, client_id, body.user_name, body.password)


@router.get(
    "/portal-settings",
    operation_id="portal_settings",
    summary="Read what logins begin as",
    responses=refusals_of(*GUARDED),
)
async def read_settings(work: Reading) -> PortalSettingsAnswer:
    """Tell what of a client their user name and password are put back to."""
    return await settings.read(work.session)


@router.put(
    "/portal-settings",
    operation_id="portal_set_settings",
    summary="Set what logins begin as",
    responses=refusals_of(*GUARDED, PermissionDenied, *BODY),
)
async def set_settings(body: Sent[PortalSettingsRequest], work: Writing) -> PortalSettingsAnswer:
    """Say what of a client their user name and password are put back to, from the next reset on.

    Where clients share an email address, as at schools, the number is the better user name.
    """
    return await settings.change(work, body.user_name_from, body.password_from)


@router.get(
    "/portal-letters",
    operation_id="portal_letters",
    summary="List letters about logins",
    responses=refusals_of(*GUARDED, PermissionDenied),
)
async def list_letters(
    work: Reading,
    state: Annotated[
        LetterState, Query(description="Those that wait, or all.", examples=["open"])
    ] = LetterState.OPEN,
    limit: Annotated[int, Query(ge=1, le=100, description="The most letters.", examples=[50])] = 50,
) -> PortalLetterPage:
    """List what clients are to be told about their logins, the newest first.

    They are sent to the client's email address, and have the ids of what `/v1/letters` lists. Those that are
    `open` were not sent, or not yet, and nobody has dealt with them: the studio tells those clients, by a
    letter of its own or on the telephone.
    """
    found = await letters.listed(work, limit, is_all=state is LetterState.ALL)
    return PortalLetterPage(letters=list(found))


@router.post(
    "/portal-letters/{letter_id}/acknowledge",
    operation_id="portal_acknowledge",
    summary="Acknowledge a letter",
    responses=refusals_of(*GUARDED, PermissionDenied, PortalLetterNotFound),
)
async def acknowledge_letter(letter_id: LetterId, work: Writing) -> PortalLetterAnswer:
    """Say that the client was told, or that there is nothing to tell; the first who does so stays.

    An email that still waits is not sent.
    """
    return await letters.acknowledge(work, letter_id)
