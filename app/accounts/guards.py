"""FastAPI dependencies: who is asking, in which transaction, and what they must be.

A route declares one of the annotated types below and gets a `Work`; it is committed before the answer
leaves. A route that streams holds no session: it depends on `Caller` and opens `database.reading(...)` and
`admit(...)` for as long as a page takes.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from app.accounts.errors import (
    DeskRequired,
    DeviceDeactivated,
    DeviceInactive,
    DeviceRequired,
    EditionRequired,
    InvalidToken,
    KeyNotWelcome,
    SubscriptionInactive,
    TokenExpired,
    UserInactive,
)
from app.accounts.features import require
from app.accounts.keys.tokens import PREFIX, verify_key
from app.accounts.keys.use import noting
from app.accounts.standing import Work, admit
from app.accounts.tokens import Claims, verify_access
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.keys import KeyRing
from app.core.principal import Level
from app.http.errors import BadRequest
from app.http.middleware import BEHIND, RATE
from app.http.networks import address_of, network_of
from app.http.unit_of_work import DatabaseOf, committed, database, gone

GUARDED: tuple[type[AppError], ...] = (
    BadRequest,
    InvalidToken,
    TokenExpired,
    UserInactive,
    SubscriptionInactive,
    EditionRequired,
    DeviceDeactivated,
    DeviceInactive,
    KeyNotWelcome,
)
"""What every guarded route may refuse, for `refusals_of`; the last only where API keys are not let in."""


async def key_ring(request: Request) -> KeyRing:
    """Return the keys of this installation."""
    return cast("KeyRing", request.app.state.keys)


KeysOf = Annotated[KeyRing, Depends(key_ring)]


async def minimum_schema_version(request: Request) -> int:
    """Return the oldest schema version whose apps are served."""
    return cast("int", request.app.state.minimum_schema_version)


MinimumOf = Annotated[int, Depends(minimum_schema_version)]


class _AccessToken(HTTPBearer):
    """Who asks, by their token. One dependency: FastAPI takes longer over each than a token is read in."""

    def __init__(self) -> None:
        description = "An access token from `/v1/auth/login`."
        super().__init__(
            auto_error=False, description=description, bearerFormat="JWT", scheme_name="HTTPBearer"
        )

    async def __call__(self, request: Request) -> Claims:  # type: ignore[override]
        """Return what the caller's token says, and count the request against the caller's limit."""
        if "access_token" in request.query_params:
            raise BadRequest("A token is sent in the Authorization header, never in an address.")
        credentials = await super().__call__(request)
        if credentials is None:
            raise InvalidToken
        if credentials.credentials.startswith(PREFIX):
            return _by_key(request, credentials.credentials)
        state = request.app.state
        claims = verify_access(state.keys, credentials.credentials)
        request.state.account, request.state.user = claims.account_id, claims.user_id
        request.state.device = claims.device_id
        state.limits.count_caller(str(claims.sign_in_id))
        return claims


def _by_key(request: Request, text: str) -> Claims:
    """Return what an API key says, counted against its limit; refuses one at a door that is for people."""
    state = request.app.state
    claims = verify_key(state.keys, text)
    request.state.account, request.state.key = claims.account_id, claims.key_id
    request.scope["state"][RATE] = state.limits.count_key(str(claims.key_id))
    request.scope["state"][BEHIND] = noting(state.database, claims, network_of(address_of(request.scope)))
    if not state.doors.let_in(request.scope["route"], request.path_params):
        raise KeyNotWelcome
    return claims


Caller = Annotated[Claims, Depends(_AccessToken())]


async def _reading(request: Request, claims: Caller) -> AsyncIterator[Work[Session]]:
    lent = (await database(request)).reading(claims.account_id, gone=await gone(request))
    async with lent as session:
        yield await admit(session, await key_ring(request), claims)


async def _writing(request: Request, claims: Caller) -> AsyncIterator[Work[WriteSession]]:
    lent = (await database(request)).writing(claims.account_id, gone=await gone(request))
    async with lent as session:
        yield await admit(session, await key_ring(request), claims)


Reading = Annotated[Work[Session], committed(_reading)]
Writing = Annotated[Work[WriteSession], committed(_writing)]


async def _device(claims: Caller) -> None:
    if claims.device_id is None:
        raise DeviceRequired


async def _device_reading(_: Annotated[None, Depends(_device)], work: Reading) -> Work[Session]:
    return work


async def _device_writing(_: Annotated[None, Depends(_device)], work: Writing) -> Work[WriteSession]:
    return work


async def _at_a_desk(claims: Caller, database: DatabaseOf, keys: KeysOf) -> None:
    """Refuse a phone, without a turn; one that is shut out is told that first."""
    if claims.device_id is not None:
        async with database.reading(claims.account_id) as session:
            await admit(session, keys, claims)
        raise DeskRequired


AT_A_DESK = Depends(_at_a_desk)


def reading_of(feature: str, level: Level) -> Any:
    """Return what a route depends on that reads for who may do with a feature what a level has."""

    async def reading(work: Reading) -> Work[Session]:
        require(work.who, feature, level)
        return work

    return Depends(reading)


def writing_of(feature: str, level: Level) -> Any:
    """Return what a route depends on that writes for who may do with a feature what a level has."""

    async def writing(work: Writing) -> Work[WriteSession]:
        require(work.who, feature, level)
        return work

    return Depends(writing)


DeviceReading = Annotated[Work[Session], Depends(_device_reading)]
DeviceWriting = Annotated[Work[WriteSession], Depends(_device_writing)]
