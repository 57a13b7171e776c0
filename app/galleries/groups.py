"""Groups of pictures: some of a session's under one name."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.core import clock
from app.core.db import WriteSession
from app.core.ids import new_id
from app.core.principal import Level
from app.galleries import limits, store
from app.galleries.errors import PictureGroupNotFound, SessionNotFound, TooManyPictureGroups
from app.galleries.models import PictureGroup
from app.galleries.pictures import require_known
from app.galleries.sight import seen

Counted = tuple[PictureGroup, int]
"""A group and how many pictures it has."""


async def of_session(work: Work[Any], session_id: UUID) -> list[Counted]:
    """Return the groups of a session, the oldest first."""
    await seen(work, session_id, Level.VIEW_ONLY)
    return await store.groups(work.session, session_id)


async def make(work: Work[WriteSession], session_id: UUID, name: str, ids: Collection[UUID]) -> Counted:
    """Make a group of some pictures."""
    await seen(work, session_id, Level.ADD_MODIFY)
    session = work.session
    if len(await store.groups(session, session_id)) >= limits.MAX_GROUPS:
        raise TooManyPictureGroups(most=limits.MAX_GROUPS)
    await require_known(session, session_id, ids)
    made = PictureGroup(
        account_id=session.account_id, id=new_id(), session_id=session_id, name=name, made_at=clock.now()
    )
    session.add(made)
    await session.flush()
    await store.add_members(session, made.id, ids)
    return made, len(set(ids))


async def change(
    work: Work[WriteSession], group_id: UUID, name: str | None, is_online: bool | None
) -> Counted:
    """Rename a group, or say whether it is shown to the client; what is none stays as it is."""
    found = await _find(work, group_id)
    found.name = name if name is not None else found.name
    found.is_online = is_online if is_online is not None else found.is_online
    work.session.add(found)
    await work.session.flush()
    return found, await store.count_members(work.session, group_id)


async def change_members(
    work: Work[WriteSession], group_id: UUID, added: Collection[UUID], removed: Collection[UUID]
) -> Counted:
    """Put pictures of the same session into a group, and take others out."""
    found = await _find(work, group_id)
    await require_known(work.session, found.session_id, added)
    await store.add_members(work.session, group_id, added)
    await store.remove_members(work.session, group_id, removed)
    return found, await store.count_members(work.session, group_id)


async def remove(work: Work[WriteSession], group_id: UUID) -> None:
    """Remove a group; its pictures stay."""
    await work.session.delete(await _find(work, group_id))


async def _find(work: Work[Any], group_id: UUID) -> PictureGroup:
    found = await store.group(work.session, group_id)
    if found is None:
        raise PictureGroupNotFound
    try:
        await seen(work, found.session_id, Level.ADD_MODIFY)
    except SessionNotFound:
        raise PictureGroupNotFound from None
    return found
