"""Mobile devices: who has which phone, when it last synced, and who may have another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import forms, leavers, lookups, pages, words
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.standing import Standing, State, standing_of
from app.console.visits import Visit
from app.core.principal import Level


class Authorization(Form):
    """Whose phone may sign in, and in an enterprise which studio it syncs with."""

    user_id: UUID
    studio_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a phone once it has been confirmed, and how the phone must stand for that."""

    template: str
    body: Record | None
    states: frozenset[State]


_USED = {State.FRESH, State.ACTIVE, State.BEHIND}
_KEEP: Record = {"is_inactive": True, "wipe": False}
ACTIONS = {
    "deactivate": Action("device_deactivate.html", _KEEP, frozenset({State.WAITING, *_USED})),
    "clear": Action(
        "device_clear.html", {"is_inactive": True, "wipe": True}, frozenset({State.KEPT, *_USED})
    ),
    "keep": Action("device_keep.html", _KEEP, frozenset({State.CLEARING})),
    "reactivate": Action(
        "device_reactivate.html",
        {"is_inactive": False},
        frozenset({State.INACTIVE, State.KEPT, State.CLEARING, State.CLEARED}),
    ),
    "remove": Action("device_remove.html", None, frozenset({State.WAITING, State.INACTIVE, State.CLEARED})),
}
_SAID = {
    State.INACTIVE: "place_deactivated",
    State.KEPT: "device_deactivated",
    State.CLEARING: "device_wiped",
    State.CLEARED: "device_cleared",
}
"""What is told of how a phone stands once something was done to it."""


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
    """Do it to the phone as it was when it was asked, and tell how it stands since."""
    action, path = _action(visit), _path(visit)
    try:
        if action.body is None:
            await visit.api.delete(path)
            return pages.to("/devices", said="device_removed")
        done = await visit.api.patch(path, action.body, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _confirmation(visit, forms.wrong(error))
    return pages.to("/devices", said=_said(visit, standing_of(done)))


def _said(visit: Visit, phone: Standing) -> str:
    """Return what to tell of a phone by what is so, whatever was asked for."""
    if phone.state is State.KEPT and visit.request.path_params["action"] == "keep":
        return "device_kept"
    return _SAID.get(phone.state, "device_reactivated")


def _path(visit: Visit) -> str:
    return f"/v1/devices/{visit.request.path_params['device_id']}"


def _action(visit: Visit) -> Action:
    action = ACTIONS.get(visit.request.path_params["action"])
    if action is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return action


async def _confirmation(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Ask about a phone as it stands, and say so if that is not how it stood on the list."""
    action, phone = _action(visit), standing_of(await visit.api.get(_path(visit)))
    if phone.state not in action.states:
        sentence = words.of_phone(phone.state, is_to_go=action.body is None)
        refusal = Wrong(sentence, {}, HTTPStatus.CONFLICT)
        return visit.page("refused.html", refusal, reference=None, back="/devices")
    shown = visit.request.query_params.get("version", str(phone.device["version"]))
    if wrong is None and shown != str(phone.device["version"]):
        wrong = Wrong(words.of_problem({"code": "version_changed"}), {}, HTTPStatus.PRECONDITION_FAILED)
    people = await lookups.staff(visit.api)
    return visit.page(action.template, wrong, phone=phone, person=people.get(phone.device["user_id"]))


async def _page(visit: Visit, wrong: Wrong | None = None, idle: Sequence[str] = ()) -> Response:
    told = await visit.api.get("/v1/devices")
    people, studios = await lookups.staff(visit.api), await lookups.studios(visit.api)
    phones = [standing_of(each) for each in told["devices"]]
    return visit.page(
        "devices.html",
        wrong,
        phones=sorted(phones, key=lambda each: (each.device["is_inactive"], each.device["authorized_at"])),
        idle=[
            each
            for wanted in idle
            for each in phones
            if each.device["id"] == wanted and each.state in {State.WAITING, State.BEHIND}
        ],
        people=people,
        left={each.device["id"] for each in phones if leavers.is_left(each.device, people)},
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
