"""`/v1/api-keys`: keys for other programs, made and revoked by people, and what one says of itself."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from starlette.convertors import Convertor, register_url_convertor

from app.accounts.changes import require_version
from app.accounts.errors import (
    ApiKeyEnded,
    ApiKeyNotFound,
    InvalidScopes,
    PermissionDenied,
    TooManyApiKeys,
    VersionChanged,
)
from app.accounts.features import API_KEYS, levels_of
from app.accounts.guards import GUARDED, KeysOf, Reading, reading_of, writing_of
from app.accounts.keys import keeping, store
from app.accounts.keys.keeping import Wanted
from app.accounts.keys.schemas import (
    ApiKeyAnswer,
    ApiKeyChange,
    ApiKeyList,
    ApiKeyRequest,
    NewApiKeyAnswer,
    OwnKeyAnswer,
)
from app.accounts.models import ApiKey
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent


class _NotMe(Convertor[str]):
    """The part of an address that names a key: `me` is a door of its own, with methods of its own."""

    regex = "(?!me$)[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("api_key", _NotMe())
router = APIRouter(prefix="/v1/api-keys", tags=["api_keys"], route_class=JsonRoute)

KeyId = Annotated[UUID, Path(description="An API key.", examples=["3e0b7a52-8a8e-4f0b-9a5b-5f0a3f1c7d21"])]
Viewing = Annotated[Work[Session], reading_of(API_KEYS, Level.VIEW_ONLY)]
Making = Annotated[Work[WriteSession], writing_of(API_KEYS, Level.ADD_MODIFY)]
_OF_A_KEY: tuple[type[AppError], ...] = (ApiKeyNotFound, PermissionDenied, *GUARDED)
_CHANGED: tuple[type[AppError], ...] = (ApiKeyEnded, VersionChanged, PreconditionRequired)


@router.get(
    "/me",
    operation_id="api_keys_me",
    summary="Read the key that asks",
    responses=refusals_of(ApiKeyNotFound, *GUARDED),
)
async def read_own(work: Reading) -> OwnKeyAnswer:
    """Tell an API key what it is and what it may do now; who asks by no key is told that there is none."""
    who = work.who
    key = await store.read(work.session, who.key_id) if who.key_id else None
    if key is None:
        raise ApiKeyNotFound
    return OwnKeyAnswer(
        id=key.key_id,
        name=key.name,
        owner_id=key.owner_id,
        account_name=who.account_name,
        time_zone=who.time_zone,
        levels=levels_of(who),
        expires_at=key.expires_at,
    )


@router.get(
    "",
    operation_id="api_keys_list",
    summary="List keys",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_keys(work: Viewing) -> ApiKeyList:
    """List one's own keys, or all to who has full access; what has ended is kept for 400 days."""
    keys = await keeping.listed(work.session, work.who)
    return ApiKeyList(keys=[ApiKeyAnswer(**_told(each)) for each in keys], features=keeping.may_have())


@router.post(
    "",
    operation_id="api_keys_create",
    summary="Create a key",
    status_code=201,
    responses=refusals_of(InvalidScopes, TooManyApiKeys, PermissionDenied, *GUARDED, *BODY),
)
async def create(body: Sent[ApiKeyRequest], work: Making, keys: KeysOf) -> NewApiKeyAnswer:
    """Make a key of one's own, with no more rights than one has. Its text is told in this answer alone.

    A key is its owner with fewer rights: what the owner may no longer do, none of their keys may. It opens no
    door that is for people, and sees no private records but its owner's.
    """
    wanted = Wanted(body.name, body.levels, body.days)
    key, text = await keeping.make(work.session, keys, work.who, wanted)
    return NewApiKeyAnswer(**_told(key), key=text)


@router.get(
    "/{key_id:api_key}",
    operation_id="api_keys_read",
    summary="Read a key",
    responses=TAGGED | refusals_of(*_OF_A_KEY),
)
async def read(key_id: KeyId, work: Viewing, response: Response) -> ApiKeyAnswer:
    """Read one's own key, or any with full access."""
    return _answer(await keeping.read(work.session, work.who, key_id), response)


@router.patch(
    "/{key_id:api_key}",
    operation_id="api_keys_change",
    summary="Change a key",
    responses=TAGGED | refusals_of(InvalidScopes, *_CHANGED, *_OF_A_KEY, *BODY),
)
async def change(
    *,
    key_id: KeyId,
    body: Sent[ApiKeyChange],
    work: Making,
    expected: ExpectedVersion,
    response: Response,
) -> ApiKeyAnswer:
    """Change the version of a key that `If-Match` names, from its next request on."""
    key = await keeping.read(work.session, work.who, key_id)
    require_version(key, expected)
    await keeping.set_key(work.session, work.who, key, name=body.name, levels=body.levels)
    return _answer(key, response)


@router.post(
    "/{key_id:api_key}/revoke",
    operation_id="api_keys_revoke",
    summary="Revoke a key",
    responses=TAGGED | refusals_of(ApiKeyEnded, *_OF_A_KEY),
)
async def revoke(key_id: KeyId, work: Making, response: Response) -> ApiKeyAnswer:
    """End a key for ever: its next request is refused, and what it waits with ends."""
    return _answer(
        await keeping.revoke(work.session, work.who, await keeping.read(work.session, work.who, key_id)),
        response,
    )


def _answer(key: ApiKey, response: Response) -> ApiKeyAnswer:
    response.headers["ETag"] = etag(key.version)
    return ApiKeyAnswer(**_told(key))


def _told(key: ApiKey) -> dict[str, Any]:
    told = key.model_dump(exclude={"account_id", "key_id", "secret_hash", "changed_at"})
    return {**told, "id": key.key_id, "is_living": keeping.is_living(key)}
