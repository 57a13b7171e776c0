"""Security groups: made, changed and removed; they count once an account has activated security."""

from collections.abc import Mapping
from uuid import UUID

from app.accounts import store
from app.accounts.changes import change, tell
from app.accounts.errors import GroupInUse, GroupIsBuiltIn, GroupLimitReached, GroupNotFound
from app.accounts.models import SecurityGroup
from app.accounts.rights import kept_levels, require_covered
from app.core import clock
from app.core.db import WriteSession
from app.core.ids import new_id
from app.core.principal import Level, Principal

MOST = 200
"""How many security groups an account may have."""


async def create_group(
    session: WriteSession, who: Principal, name: str, levels: Mapping[str, Level]
) -> SecurityGroup:
    """Make a group; announces `SecurityGroupChanged`."""
    now = clock.now()
    if len(await store.list_groups(session)) >= MOST:
        raise GroupLimitReached(limit=MOST)
    require_covered(who, levels)
    group = SecurityGroup(
        account_id=session.account_id,
        group_id=new_id(),
        name=name,
        name_key=name.casefold(),
        levels=kept_levels(levels),
        created_at=now,
        changed_at=now,
    )
    session.add(group)
    await tell(session, who, group, "name", "levels")
    return group


async def change_group(
    session: WriteSession,
    who: Principal,
    group: SecurityGroup,
    *,
    name: str | None = None,
    levels: Mapping[str, Level] | None = None,
) -> SecurityGroup:
    """Change a group, for its members from their next request on; announces `SecurityGroupChanged`."""
    require_covered(who, group.levels)
    wanted: dict[str, object] = {}
    if name is not None:
        wanted |= {"name": name, "name_key": name.casefold()}
    if levels is not None:
        require_covered(who, levels)
        wanted["levels"] = kept_levels(levels)
    return await change(session, who, group, wanted)


async def remove_group(session: WriteSession, who: Principal, group: SecurityGroup) -> None:
    """Remove a group nobody is in; announces `SecurityGroupChanged`."""
    require_covered(who, group.levels)
    if members := (await store.count_members(session)).get(group.group_id):
        raise GroupInUse(members=members)
    await session.delete(group)
    await tell(session, who, group, is_gone=True)


async def read_group(session: WriteSession, group_id: UUID) -> SecurityGroup:
    """Return a group that is to be changed."""
    group = await store.read_group(session, group_id)
    if group_id == session.account_id:
        raise GroupIsBuiltIn
    if group is None:
        raise GroupNotFound
    return group
