"""Mobile devices: who has which phone, when it last synced, and who may have another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.standing import standing_of
from app.console.visits import Visit
from app.core.principal import Level


class Authorization(Form):
    """Whose phone may sign in, and in an enterprise which studio it syncs with."""

    user_id: UUID
    studio_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a phone once it has been confirmed."""

    template: str
    said: str
    body: Record | None


ACTIONS = {
    "deactivate": Action(
        "device_deactivate.html", "device_deactivated", {"is_inactive": True, "wipe": False}
    ),
    "clear": Action("device_clear.html", "device_wiped", {"is_inactive": True, "wipe": True}),
    "keep": Action("device_keep.html", "device_kept", {"is_inactive": True, "wipe": False}),
    "reactivate": Action("device_reactivate.html", "device_reactivated", {"is_inactive": False}),
    "remove": Action("device_remove.html", "device_removed", None),
}


async def show(visit: Visit) -> Response:
    """Show the phones."""
    return await _page(visit)


async def authorize(visit: Visit) -> Response:
    """Let a user's next phone sign in."""
    try:
        asked = filled(Authorization, visit.form)
        await visit.api.post("/v1/devices", asked.model_dump(mode="json"))
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=Authorization.model_fields)
        return await _page(visit, wrong, _idle(error))
    return pages.to("/devices", said="device_authorized")


async def ask(visit: Visit) -> Response:
    """Ask whether something is really to be done, and say what it means."""
    return await _confirmation(visit)


async def act(visit: Visit) -> Response:
    """Do it."""
    action, path = _action(visit), _path(visit)
    try:
        if action.body is None:
            await visit.api.delete(path)
        else:
            await visit.api.patch(path, action.body, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _confirmation(visit, forms.wrong(error))
    return pages.to("/devices", said=action.said)


def _path(visit: Visit) -> str:
    return f"/v1/devices/{visit.request.path_params['device_id']}"


def _action(visit: Visit) -> Action:
    action = ACTIONS.get(visit.request.path_params["action"])
    if action is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return action


async def _confirmation(visit: Visit, wrong: Wrong | None = None) -> Response:
    phone = standing_of(await visit.api.get(_path(visit)))
    people = await lookups.staff(visit.api)
    person = people.get(phone.device["user_id"])
    return visit.page(_action(visit).template, wrong, phone=phone, person=person)


async def _page(visit: Visit, wrong: Wrong | None = None, idle: Sequence[str] = ()) -> Response:
    told = await visit.api.get("/v1/devices")
    people, studios = await lookups.staff(visit.api), await lookups.studios(visit.api)
    phones = [standing_of(each) for each in told["devices"]]
    return visit.page(
        "devices.html",
        wrong,
        phones=sorted(phones, key=lambda each: (each.device["is_inactive"], each.device["authorized_at"])),
        idle=[each for wanted in idle for each in phones if each.device["id"] == wanted],
        people=people,
        users=sorted(
            (each for each in people.values() if not each["is_inactive"]),
            key=lambda each: each["display_name"].casefold(),
        ),
        studios={each["id"]: each for each in studios},
        offered=[each for each in studios if not each["is_inactive"]],
        limit=told["limit"],
        in_use=told["in_use"],
        over=told["over"],
        fields=visit.form,
        may_add=visit.may("devices", Level.ADD_ONLY),
        may_change=visit.may("devices", Level.ADD_MODIFY),
        may_remove=visit.may("devices", Level.ADD_MODIFY_DELETE),
    )


def _idle(error: Unfilled | Refused) -> list[str]:
    """Return the phones that have not synced for longest, where one of them has to make room."""
    return [each["id"] for each in error.problem.get("idle", [])] if isinstance(error, Refused) else []
