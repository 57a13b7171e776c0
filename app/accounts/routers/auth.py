"""`/v1/auth`: signing in and out, and the password."""

from typing import ClassVar

from fastapi import APIRouter, Request

from app.accounts import login, sign_ins
from app.accounts.answers import signed_in_answer
from app.accounts.errors import (
    ClientTooOld,
    DeviceDeactivated,
    DeviceInactive,
    DeviceNotAuthorized,
    EditionRequired,
    InvalidCredentials,
    InvalidToken,
    NoDeviceSlot,
    PasswordBlocked,
    PasswordResetRequired,
    RefreshReused,
    SubscriptionInactive,
    TokenExpired,
    UserInactive,
)
from app.accounts.guards import GUARDED, Caller, KeysOf, MinimumOf, Writing
from app.accounts.models import SignIn
from app.accounts.password_change import change_password, reset_password
from app.accounts.schemas import (
    MAX_SIGN_IN_BYTES,
    LoginRequest,
    PasswordRequest,
    PhoneReport,
    RefreshRequest,
    ResetRequest,
    SignedInAnswer,
)
from app.http.body import JsonRoute
from app.http.networks import address_of, network_of
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf


class SignInRoute(JsonRoute):
    """A route anybody may ask: nobody is known yet, so it reads little."""

    max_bytes: ClassVar[int] = MAX_SIGN_IN_BYTES


router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=SignInRoute)


@router.post(
    "/login",
    operation_id="auth_login",
    summary="Sign in",
    responses=refusals_of(
        InvalidCredentials,
        PasswordResetRequired,
        SubscriptionInactive,
        EditionRequired,
        DeviceNotAuthorized,
        NoDeviceSlot,
        DeviceDeactivated,
        DeviceInactive,
        ClientTooOld,
        *BODY,
    ),
)
async def log_in(
    body: Sent[LoginRequest], request: Request, database: DatabaseOf, keys: KeysOf, minimum: MinimumOf
) -> SignedInAnswer:
    """Sign a user in, on an authorized phone or, without `device`, at a desk.

    A phone is bound to the user's oldest free device the first time and found again by its uid from then on.
    """
    found = await login.login(
        database,
        keys,
        login.Credentials(body.account, body.initials, body.password),
        _phone(body.device) if body.device else None,
        minimum_schema_version=minimum,
        address=address_of(request.scope),
    )
    return signed_in_answer(found, keys)


@router.post(
    "/refresh",
    operation_id="auth_refresh",
    summary="Prolong a sign-in",
    responses=refusals_of(
        InvalidToken,
        TokenExpired,
        RefreshReused,
        UserInactive,
        SubscriptionInactive,
        EditionRequired,
        DeviceDeactivated,
        DeviceInactive,
        ClientTooOld,
        *BODY,
    ),
)
async def refresh(
    body: Sent[RefreshRequest], request: Request, database: DatabaseOf, keys: KeysOf, minimum: MinimumOf
) -> SignedInAnswer:
    """Exchange a refresh token for the next one and a new access token.

    When the answer was lost, ask again with the same token within a minute: the same successor comes back.
    An app that was updated says so here: from then on its phone gets what its new schema version knows.
    """
    found = await sign_ins.refresh(
        database,
        keys,
        body.refresh_token,
        sign_ins.Reported(
            body.device_uid, body.app_version, body.schema_version, network_of(address_of(request.scope))
        ),
        minimum_schema_version=minimum,
        limits=request.app.state.limits,
    )
    return signed_in_answer(found, keys)


@router.post(
    "/logout",
    operation_id="auth_logout",
    summary="Sign out",
    status_code=204,
    responses=refusals_of(*GUARDED),
)
async def log_out(work: Writing) -> None:
    """End the caller's sign-in; the device stays bound."""
    sign_in = await work.session.get_one(SignIn, (work.who.account_id, work.who.sign_in_id))
    await sign_ins.end(work.session, work.who, sign_in, "signed_out")


@router.post(
    "/password",
    operation_id="auth_password",
    summary="Change the password",
    status_code=204,
    responses=refusals_of(InvalidCredentials, PasswordBlocked, *GUARDED, *BODY),
)
async def password(body: Sent[PasswordRequest], claims: Caller, database: DatabaseOf, keys: KeysOf) -> None:
    """Change the caller's password and end their other sign-ins."""
    await change_password(database, keys, claims, body.current_password, body.new_password)


@router.post(
    "/reset",
    operation_id="auth_reset",
    summary="Reset the password",
    status_code=204,
    responses=refusals_of(InvalidCredentials, PasswordBlocked, *BODY),
)
async def reset(body: Sent[ResetRequest], request: Request, database: DatabaseOf, keys: KeysOf) -> None:
    """Change a password that must be reset, before signing in; any other one is changed by this too.

    All sign-ins of the user end. Then sign in with the new password. An app that has no page for this sends
    people to `/console/reset`.
    """
    await reset_password(
        database,
        keys,
        login.Credentials(body.account, body.initials, body.current_password),
        body.new_password,
        address_of(request.scope),
    )


def _phone(report: PhoneReport) -> login.Phone:
    return login.Phone(**report.model_dump())
