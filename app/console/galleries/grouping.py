"""Groups of a session's pictures: made, renamed, shown to the client or not, and removed."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import gallery
from app.console.visits import Visit


class NewGroup(Form):
    """A group to be made."""

    name: str


class Group(NewGroup):
    """A group as it is to be."""

    is_online: bool = False


async def show(visit: Visit) -> Response:
    """Show the groups of a session."""
    return await _page(visit)


async def make(visit: Visit) -> Response:
    """Make a group without pictures yet."""
    path = f"/v1/sessions/{visit.request.path_params['session_id']}/picture-groups"
    try:
        await visit.api.post(path, {"name": filled(NewGroup, visit.form).name})
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=NewGroup.model_fields))
    return _back(visit, "pictures_group_made")


async def change(visit: Visit) -> Response:
    """Rename a group, or say whether the client sees it."""
    try:
        asked = filled(Group, visit.form)
        await visit.api.patch(_path(visit), asked.model_dump())
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error))
    return _back(visit, "pictures_group_saved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a group is really to go."""
    return await _removal(visit)


async def remove(visit: Visit) -> Response:
    """Remove a group; its pictures stay."""
    try:
        await visit.api.delete(_path(visit))
    except Refused as error:
        return await _removal(visit, forms.wrong(error))
    return _back(visit, "pictures_group_removed")


def _path(visit: Visit) -> str:
    return f"/v1/picture-groups/{visit.request.path_params['group_id']}"


def _back(visit: Visit, said: str) -> Response:
    return pages.to(f"/galleries/{visit.request.path_params['session_id']}/groups", said=said)


async def _removal(visit: Visit, wrong: Wrong | None = None) -> Response:
    at, wanted = await gallery.frame(visit), str(visit.request.path_params["group_id"])
    found: Record | None = next(
        (each for each in await gallery.groups(visit, at.id) if each["id"] == wanted), None
    )
    if found is None:
        raise HTTPException(404)
    return gallery.framed(visit, "galleries/group_remove.html", at, wrong, group=found)


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    at = await gallery.frame(visit)
    found = await gallery.groups(visit, at.id)
    return gallery.framed(visit, "galleries/groups.html", at, wrong, groups=found)
