"""`/v1/security-groups` and `/v1/features`: what people may do, for who decides on it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.accounts import features, groups, store
from app.accounts.changes import require_version
from app.accounts.errors import (
    GroupInUse,
    GroupIsBuiltIn,
    GroupLimitReached,
    GroupNameTaken,
    GroupNotFound,
    InvalidAccount,
    PermissionDenied,
    VersionChanged,
)
from app.accounts.features import SECURITY
from app.accounts.guards import GUARDED, Reading, reading_of, writing_of
from app.accounts.models import SecurityGroup
from app.accounts.people_schemas import (
    FeatureAnswer,
    FeatureList,
    GroupAnswer,
    GroupChange,
    GroupList,
    GroupRequest,
)
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1", tags=["security"], route_class=JsonRoute)

GroupId = Annotated[
    UUID, Path(description="A security group.", examples=["0d5c2c1e-6a0f-4f6e-8a41-2b7f1c9e3d10"])
]
Viewing = Annotated[Work[Session], reading_of(SECURITY, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(SECURITY, Level.ADD_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(SECURITY, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(SECURITY, Level.ADD_MODIFY_DELETE)]
_OF_A_GROUP = (GroupNotFound, GroupIsBuiltIn, VersionChanged, PreconditionRequired, PermissionDenied)


@router.get(
    "/features", operation_id="security_features", summary="List features", responses=refusals_of(*GUARDED)
)
async def list_features(_: Reading) -> FeatureList:
    """List all that rights are given for: the same for all accounts, until the server changes."""
    return FeatureList(
        features=[FeatureAnswer.model_validate(each) for each in features.features()], levels=list(Level)
    )


@router.get(
    "/security-groups",
    operation_id="security_list",
    summary="List security groups",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_groups(work: Viewing) -> GroupList:
    """List the account's security groups, that of the administrators first."""
    members = await store.count_members(work.session)
    first = _of_administrators(work.session.account_id, members.get(None, 0))
    others = [_told(each, members.get(each.group_id, 0)) for each in await store.list_groups(work.session)]
    return GroupList(groups=[first, *others])


@router.post(
    "/security-groups",
    operation_id="security_create",
    summary="Create a security group",
    status_code=201,
    responses=refusals_of(
        GroupNameTaken, GroupLimitReached, InvalidAccount, PermissionDenied, *GUARDED, *BODY
    ),
)
async def create(body: Sent[GroupRequest], work: Adding) -> GroupAnswer:
    """Make a group, with no more rights than who makes it."""
    return _told(await groups.create_group(work.session, work.who, body.name, body.levels), 0)


@router.patch(
    "/security-groups/{group_id}",
    operation_id="security_change",
    summary="Change a security group",
    responses=TAGGED | refusals_of(GroupNameTaken, InvalidAccount, *_OF_A_GROUP, *GUARDED, *BODY),
)
async def change(
    *,
    group_id: GroupId,
    body: Sent[GroupChange],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> GroupAnswer:
    """Change the version of a group that `If-Match` names, for its members from their next request on."""
    group = await groups.read_group(work.session, group_id)
    require_version(group, expected)
    await groups.change_group(work.session, work.who, group, name=body.name, levels=body.levels)
    response.headers["ETag"] = etag(group.version)
    return _told(group, (await store.count_members(work.session)).get(group_id, 0))


@router.delete(
    "/security-groups/{group_id}",
    operation_id="security_remove",
    summary="Remove a security group",
    status_code=204,
    responses=refusals_of(GroupInUse, *_OF_A_GROUP, *GUARDED),
)
async def remove(group_id: GroupId, work: Deleting, expected: ExpectedVersion) -> None:
    """Remove the version of a group that `If-Match` names, if nobody is in it."""
    group = await groups.read_group(work.session, group_id)
    require_version(group, expected)
    await groups.remove_group(work.session, work.who, group)


def _told(group: SecurityGroup, members: int) -> GroupAnswer:
    told = group.model_dump(include={"name", "version", "levels"})
    return GroupAnswer.model_validate({
        **told, "id": group.group_id, "is_built_in": False, "members": members
    })  # fmt: skip


def _of_administrators(account_id: UUID, members: int) -> GroupAnswer:
    return GroupAnswer(
        id=account_id,
        version=1,
        name="Administrators",
        is_built_in=True,
        members=members,
        levels={feature.key: Level.FULL_ACCESS for feature in features.features()},
    )
