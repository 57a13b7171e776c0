"""The pictures: a grid, page by page, one large with its neighbours, and which of them are favourites."""

from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.galleries.files import Size
from app.portal import picture_store
from app.portal.picture_store import Shown, favourites_of
from app.portal.web.shop.offers import of_picture
from app.portal.web.visits import Visit

PAGE = 60
"""How many pictures a page has."""


async def show(visit: Visit) -> Response:
    """Show all pictures, or those of a group."""
    group_id, after = asked_id(visit, "group"), asked_id(visit, "after")
    session_id = visit.gallery.session_id
    async with visit.database.reading(visit.gallery.account_id) as session:
        groups = await picture_store.groups(session, session_id)
        total = await picture_store.count(session, session_id)
        found = await picture_store.page(session, session_id, group_id, after, PAGE + 1)
    group = next((each for each in groups if each["id"] == group_id), None)
    if group_id and group is None and group_id != favourites_of(session_id):
        raise HTTPException(404)
    shown = found[:PAGE]
    return visit.page(
        "gallery.html",
        pictures=[(each, visit.link(each, Size.THUMBNAIL)) for each in shown],
        groups=groups,
        group=group,
        group_id=group_id,
        favourites=favourites_of(session_id),
        total=total,
        next=shown[-1].id if len(found) > PAGE else None,
        is_first=after is None,
    )


async def show_one(visit: Visit) -> Response:
    """Show a picture as large as the screen is."""
    group_id, session_id = asked_id(visit, "group"), visit.gallery.session_id
    async with visit.database.reading(visit.gallery.account_id) as session:
        picture = await picture_store.one(session, session_id, picture_of(visit))
        if picture is None:
            raise HTTPException(404)
        before = await picture_store.before(session, session_id, group_id, picture.id)
        behind = await picture_store.page(session, session_id, group_id, picture.id, 1)
        own = await picture_store.own_groups(session, session_id)
        inside = await picture_store.groups_with(session, picture.id)
        singles, several = await of_picture(session, visit)
    return visit.page(
        "picture.html",
        picture=picture,
        source=visit.link(picture, Size.WEB),
        before=before,
        behind=behind[0] if behind else None,
        group_id=group_id,
        own=own,
        inside=inside,
        chosen=chosen(visit, picture),
        singles=singles,
        several=several,
        line=uuid4(),
    )


async def mark(visit: Visit) -> Response:
    """Put a picture among the favourites, or take it out; a script asks without leaving the page."""
    picture_id, form = picture_of(visit), visit.form
    async with visit.database.writing(visit.gallery.account_id) as session:
        if await picture_store.one(session, visit.gallery.session_id, picture_id) is None:
            raise HTTPException(404)
        is_favourite = form.get("is_favourite") == "yes"
        await picture_store.mark(session, visit.gallery.session_id, picture_id, is_favourite=is_favourite)
    if form.get("by") == "script":
        return Response(status_code=204)
    return visit.to(back(visit, picture_id))


def chosen(visit: Visit, picture: Shown) -> str | None:
    """Return as which yearbook image a picture is chosen, if it is."""
    if picture.number == visit.gallery.yearbook_image:
        return "first"
    return "second" if picture.number == visit.gallery.yearbook_image_secondary else None


def picture_of(visit: Visit) -> UUID:
    """Return the picture an address is about."""
    found: UUID = visit.request.path_params["picture_id"]
    return found


def back(visit: Visit, picture_id: UUID) -> str:
    """Return the page a form was sent from: one large picture, or its place in the grid."""
    form = visit.form
    group = f"group={UUID(form['group'])}" if _is_id(form.get("group", "")) else ""
    if form.get("from") == "picture":
        return f"/pictures/{picture_id}?{group}" if group else f"/pictures/{picture_id}"
    after = f"after={UUID(form['after'])}" if _is_id(form.get("after", "")) else ""
    query = "&".join(each for each in (group, after) if each)
    return f"?{query}#p{picture_id}" if query else f"#p{picture_id}"


def asked_id(visit: Visit, name: str) -> UUID | None:
    """Return an id the query has under a name; what is none leads nowhere."""
    text = visit.request.query_params.get(name, "")
    if not text:
        return None
    if not _is_id(text):
        raise HTTPException(404)
    return UUID(text)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
