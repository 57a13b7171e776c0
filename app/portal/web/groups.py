"""Groups of a client's own: made, renamed, removed, and which of them a picture is in."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.galleries.kinds import has_unseen, name_of
from app.portal import picture_store
from app.portal.picture_store import MOST_GROUPS, favourites_of
from app.portal.web import words
from app.portal.web.gallery import back, picture_of
from app.portal.web.pages import Wrong
from app.portal.web.visits import Visit

_LONGEST = 100


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show the groups there are."""
    session_id = visit.gallery.session_id
    async with visit.database.reading(visit.gallery.account_id) as session:
        groups = await picture_store.groups(session, session_id)
    return visit.page(
        "groups.html", wrong, groups=groups, favourites=favourites_of(session_id), typed=visit.form
    )


async def make(visit: Visit) -> Response:
    """Make a group, as long as there are not too many."""
    name = _name(visit)
    if name is None:
        return await show(visit, Wrong(words.LOOK_AGAIN, fields={"name": words.NAMELESS}))
    async with visit.database.writing(visit.gallery.account_id) as session:
        own = await picture_store.own_groups(session, visit.gallery.session_id)
        is_full = len(own) >= MOST_GROUPS
        if not is_full:
            await picture_store.add_group(session, visit.gallery.session_id, name)
    if is_full:
        return await show(visit, Wrong(words.FULL, 409))
    return visit.to("/groups", said="group_made")


async def rename(visit: Visit) -> Response:
    """Give a group another name."""
    name = _name(visit)
    if name is None:
        return await show(visit, Wrong(words.NAMELESS))
    async with visit.database.writing(visit.gallery.account_id) as session:
        group_id = _own(visit, await picture_store.own_groups(session, visit.gallery.session_id))
        await picture_store.rename_group(session, visit.gallery.session_id, group_id, name)
    return visit.to("/groups", said="group_renamed")


async def remove(visit: Visit) -> Response:
    """Remove a group; its pictures stay."""
    async with visit.database.writing(visit.gallery.account_id) as session:
        group_id = _own(visit, await picture_store.own_groups(session, visit.gallery.session_id))
        await picture_store.remove_group(session, visit.gallery.session_id, group_id)
    return visit.to("/groups", said="group_removed")


async def put(visit: Visit) -> Response:
    """Put a picture into the groups that are ticked, and take it out of the client's others."""
    picture_id, ticked = picture_of(visit), set(visit.form.all("in"))
    session_id = visit.gallery.session_id
    async with visit.database.writing(visit.gallery.account_id) as session:
        if await picture_store.one(session, session_id, picture_id) is None:
            raise HTTPException(404)
        for group_id in await picture_store.own_groups(session, session_id):
            await picture_store.put(session, group_id, picture_id, is_in=str(group_id) in ticked)
    return visit.to(back(visit, picture_id), said="groups_saved")


def _own(visit: Visit, own: dict[UUID, str]) -> UUID:
    group_id: UUID = visit.request.path_params["group_id"]
    if group_id not in own:
        raise HTTPException(404)
    return group_id


def _name(visit: Visit) -> str | None:
    name = name_of(visit.form.get("name", ""))
    return name if 0 < len(name) <= _LONGEST and not has_unseen(name) else None
