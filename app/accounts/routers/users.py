"""`/v1/users`: the people of an account, for who may look after them, and what who asks may do."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.accounts import features, passwords, store, users
from app.accounts.changes import require_version
from app.accounts.errors import (
    CurrentPasswordRequired,
    InitialsTaken,
    InvalidAccount,
    LastAdministrator,
    OwnDeactivation,
    PasswordBlocked,
    PermissionDenied,
    StudioNotAllowed,
    UnknownDepartment,
    UnknownGroup,
    UnknownStudio,
    UserNotFound,
    VersionChanged,
)
from app.accounts.features import SECURITY, USERS, require
from app.accounts.guards import GUARDED, Caller, KeysOf, Reading, reading_of, writing_of
from app.accounts.models import Account, User
from app.accounts.people_schemas import (
    PasswordAssignment,
    Permissions,
    PersonAnswer,
    UserChange,
    UserPage,
    UserRequest,
)
from app.accounts.standing import Work, admit
from app.accounts.users import NewUser
from app.core.db import Session, WriteSession
from app.core.principal import Level, Principal
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=JsonRoute)

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
UserId = Annotated[UUID, Path(description="A user.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(USERS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(USERS, Level.ADD_MODIFY)]
_OF_RIGHTS = {"security_group_id", "levels"}
_NAMES = {"department_ids": "departments", "studio_ids": "studios"}
_MAY_BE_NONE = {"email", "security_group_id"}


@router.get(
    "", operation_id="users_list", summary="List users", responses=refusals_of(PermissionDenied, *GUARDED)
)
async def list_users(
    work: Viewing,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page before.", examples=[_ID])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=200, description="The most users in the page.", examples=[100])
    ] = 100,
) -> UserPage:
    """List the account's users, active or not."""
    found = await store.list_users(work.session, page, limit + 1)
    shown = found[:limit]
    return UserPage(
        users=[_told(user) for user in shown], next_page=shown[-1].user_id if len(found) > limit else None
    )


@router.get(
    "/me/permissions",
    operation_id="users_permissions",
    summary="Read what one may do",
    responses=refusals_of(*GUARDED),
)
async def permissions(work: Reading) -> Permissions:
    """Tell the caller's level of every feature, on a phone or at a desk: what need not be offered to them."""
    account = await store.read_account(work.session)
    return Permissions(
        is_security_active=bool(account and account.is_security_active), levels=features.levels_of(work.who)
    )


@router.get(
    "/{user_id}",
    operation_id="users_read",
    summary="Read a user",
    responses=TAGGED | refusals_of(UserNotFound, PermissionDenied, *GUARDED),
)
async def read(user_id: UserId, work: Viewing, response: Response) -> PersonAnswer:
    """Read a user; a change sends the `ETag` back."""
    return _tagged(await users.read_user(work.session, user_id), response)


@router.post(
    "",
    operation_id="users_create",
    summary="Create a user",
    status_code=201,
    responses=refusals_of(
        InitialsTaken,
        InvalidAccount,
        PasswordBlocked,
        UnknownDepartment,
        UnknownGroup,
        UnknownStudio,
        StudioNotAllowed,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def create(body: Sent[UserRequest], claims: Caller, database: DatabaseOf, keys: KeysOf) -> PersonAnswer:
    """Make a user, with no more rights than who makes them; a group or levels need a right to `security`."""
    async with database.reading(claims.account_id) as session:
        _require_adding((await admit(session, keys, claims)).who, body)
        account = await session.get_one(Account, claims.account_id)
    new = _new(body, claims.account_id)
    kept = await users.kept_password(new, account.account_name, account.company_name)
    async with database.writing(claims.account_id) as writing:
        who = (await admit(writing, keys, claims)).who
        _require_adding(who, body)
        return _told(await users.add_user(writing, who, new, kept))


@router.patch(
    "/{user_id}",
    operation_id="users_change",
    summary="Change a user",
    responses=TAGGED
    | refusals_of(
        UserNotFound,
        InitialsTaken,
        LastAdministrator,
        OwnDeactivation,
        VersionChanged,
        InvalidAccount,
        UnknownDepartment,
        UnknownGroup,
        UnknownStudio,
        StudioNotAllowed,
        PreconditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def change(
    *,
    user_id: UserId,
    body: Sent[UserChange],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> PersonAnswer:
    """Change the version of a user that `If-Match` names; it bites on their next request.

    A group or levels need a right to `security`. Nobody changes a user who may do more than they, nobody
    deactivates themselves, and an account always has an active administrator.
    """
    given = body.model_dump(exclude_unset=True)
    _require_security(work.who, given)
    wanted = _fields(given, work.session.account_id)
    require_version(await users.read_user(work.session, user_id), expected)
    user = await users.change_user(work.session, work.who, user_id, **wanted)
    return _tagged(user, response)


@router.post(
    "/{user_id}/password",
    operation_id="users_password",
    summary="Assign a password",
    status_code=204,
    responses=refusals_of(
        UserNotFound,
        CurrentPasswordRequired,
        PasswordBlocked,
        VersionChanged,
        PreconditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def assign_password(
    *,
    user_id: UserId,
    body: Sent[PasswordAssignment],
    claims: Caller,
    database: DatabaseOf,
    keys: KeysOf,
    expected: ExpectedVersion,
) -> None:
    """Give the version of another user that `If-Match` names a new password, and end all their sign-ins."""
    async with database.reading(claims.account_id) as session:
        who = (await admit(session, keys, claims)).who
        require(who, USERS, Level.ADD_MODIFY)
        if user_id == who.user_id:
            raise CurrentPasswordRequired
        user, account = (
            await users.read_user(session, user_id),
            await session.get_one(Account, who.account_id),
        )
        require_version(user, expected)
    known = users.known_words(user, account.account_name, account.company_name)
    passwords.require_acceptable(body.new_password, *known)
    kept = await passwords.hash_password(body.new_password)
    async with database.writing(claims.account_id) as writing:
        who = (await admit(writing, keys, claims)).who
        require(who, USERS, Level.ADD_MODIFY)
        require_version(await users.read_user(writing, user_id), expected)
        await users.set_password(writing, who, user_id, kept, must_reset=body.must_reset)


def _require_adding(who: Principal, body: UserRequest) -> None:
    require(who, USERS, Level.ADD_ONLY)
    _require_security(who, [name for name in _OF_RIGHTS if getattr(body, name)])


def _require_security(who: Principal, given: Iterable[str]) -> None:
    """Refuse to let somebody give rights who has none to do so."""
    if not _OF_RIGHTS.isdisjoint(given):
        require(who, SECURITY, Level.ADD_MODIFY)


def _new(body: UserRequest, account_id: UUID) -> NewUser:
    return NewUser(**_fields(body.model_dump(), account_id))


def _fields(given: dict[str, Any], account_id: UUID) -> dict[str, Any]:
    """Return what was sent as it is kept; the group of the administrators has the account's id."""
    told = {name: value for name, value in given.items() if value is not None or name in _MAY_BE_NONE}
    wanted = {_NAMES.get(name, name): value for name, value in told.items()}
    if "security_group_id" in wanted:
        group_id = wanted.pop("security_group_id")
        wanted["is_administrator"] = group_id == account_id
        wanted["group_id"] = None if group_id == account_id else group_id
    return wanted


def _tagged(user: User, response: Response) -> PersonAnswer:
    response.headers["ETag"] = etag(user.version)
    return _told(user)


def _told(user: User) -> PersonAnswer:
    told = user.model_dump(exclude={"account_id", "password_hash", "initials_key"})
    return PersonAnswer.model_validate({
        **told,
        "id": user.user_id,
        "department_ids": user.departments,
        "studio_ids": user.studios,
        "security_group_id": user.account_id if user.is_administrator else user.group_id,
    })  # fmt: skip
