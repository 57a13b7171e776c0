"""Security groups: what people may do, given to many at once; and the switch that makes rights count."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from app.console import forms, labels, pages, rights
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/security-groups"


class Group(Form):
    """What a group is called."""

    name: str


async def show(visit: Visit) -> Response:
    """Show the groups, and whether rights count at all."""
    return visit.page(
        "groups.html",
        groups=(await visit.api.get(_PATH))["groups"],
        levels=rights.LABELS,
        is_active=visit.permissions["is_security_active"],
        may_add=visit.may("security", Level.ADD_ONLY),
        may_activate=visit.may("security", Level.FULL_ACCESS),
    )


async def show_new(visit: Visit) -> Response:
    """Ask for a new group."""
    return await _form(visit, {"name": "", "levels": {}})


async def create(visit: Visit) -> Response:
    """Make a group."""
    try:
        await visit.api.post(
            _PATH, {"name": filled(Group, visit.form).name, "levels": rights.read(visit.form)}
        )
    except (Unfilled, Refused) as error:
        return await _form(visit, _sent(visit), forms.wrong(error, known=Group.model_fields))
    return pages.to("/groups", said="group_created")


async def show_one(visit: Visit) -> Response:
    """Show one group."""
    group = await _read(visit)
    return await _form(visit, group, group=group)


async def change(visit: Visit) -> Response:
    """Change what is different of a group, for everybody in it."""
    group = await _read(visit)
    asked: Record = {}
    different: Record = {}
    try:
        asked = {"name": filled(Group, visit.form).name, "levels": rights.read(visit.form)}
        different = forms.touched(visit.form, asked, group)
        if not different:
            return pages.to("/groups", said="nothing_changed")
        await visit.api.patch(_path(visit), different, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=Group.model_fields)
        if not wrong.is_stale:
            return await _form(visit, _sent(visit), wrong, group=group)
        group = await _read(visit)
        theirs = labels.told(forms.others(visit.form, group, asked))
        return await _form(visit, {**group, **different}, wrong, group=group, theirs=theirs)
    return pages.to("/groups", said="group_saved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a group is really to go."""
    return visit.page("group_remove.html", group=await _read(visit))


async def remove(visit: Visit) -> Response:
    """Remove a group that is empty."""
    try:
        await visit.api.delete(_path(visit), filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return visit.page("group_remove.html", forms.wrong(error), group=await _read(visit))
    return pages.to("/groups", said="group_removed")


async def ask_activate(visit: Visit) -> Response:
    """Ask whether rights are to count from now on."""
    return visit.page("security_activate.html", account=await visit.api.get("/v1/account"))


async def activate(visit: Visit) -> Response:
    """Have rights count, for good."""
    try:
        version = filled(Version, visit.form).version
        await visit.api.patch("/v1/account", {"is_security_active": True}, version)
    except (Unfilled, Refused) as error:
        account = await visit.api.get("/v1/account")
        return visit.page("security_activate.html", forms.wrong(error), account=account)
    return pages.to("/groups", said="security_activated")


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['group_id']}"


async def _read(visit: Visit) -> Record:
    """Return a group; there are so few that the API tells of all of them at once."""
    wanted = str(visit.request.path_params["group_id"])
    groups = (await visit.api.get(_PATH))["groups"]
    found = next((each for each in groups if each["id"] == wanted), None)
    if found is None:
        raise Refused({"code": "group_not_found", "status": HTTPStatus.NOT_FOUND})
    return dict(found)


def _sent(visit: Visit) -> Record:
    return {"name": visit.form.get("name", ""), "levels": rights.read(visit.form)}


async def _form(
    visit: Visit, values: Record, wrong: Wrong | None = None, *, group: Record | None = None, **told: Any
) -> Response:
    return visit.page(
        "group.html",
        wrong,
        values=values,
        group=group,
        rights=await rights.rights(visit.api),
        may_change=visit.may("security", Level.ADD_MODIFY if group else Level.ADD_ONLY),
        may_remove=visit.may("security", Level.ADD_MODIFY_DELETE),
        **told,
    )
