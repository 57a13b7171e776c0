"""Users: who works here, what they may do, and their passwords."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import finding, forms, labels, lookups, pages, rights, words
from app.console.api import Record, Refused
from app.console.finding import Order
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.standing import Standing, standing_of
from app.console.visits import Visit
from app.core import clock
from app.core.principal import Level

_PATH = "/v1/users"
LISTS = ("photographer", "assistant", "sales_rep", "retoucher", "receptionist")


class Person(Form):
    """What is asked of anybody who works here."""

    initials: str
    first_name: str
    last_name: str
    display_name: str | None = None
    email: str | None = None
    show_on_calendar: bool = False
    lists: list[str] = Field(default_factory=list)
    department_ids: list[str] = Field(default_factory=list)
    studio_ids: list[str] = Field(default_factory=list)
    security_group_id: str | None = None


class NewPerson(Person):
    """Somebody new, and their first password."""

    password: str
    must_reset: bool = False


class Password(Form):
    """Another password for somebody."""

    new_password: str
    must_reset: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a user once it has been confirmed."""

    template: str
    said: str
    is_active: bool


ACTIONS = {
    "deactivate": Action("user_deactivate.html", "user_deactivated", is_active=False),
    "activate": Action("user_activate.html", "user_saved", is_active=True),
}


def _name(user: Record) -> str:
    return str(user["display_name"]).casefold()


def _since(user: Record) -> timedelta:
    """Return how long ago a user was changed."""
    return clock.now() - datetime.fromisoformat(user["changed_at"])


ORDERS = {
    "active": Order("Active ones first", lambda each: (not each["is_active"], _name(each))),
    "name": Order("By name", _name),
    "initials": Order("By initials", lambda each: each["initials"].casefold()),
    "reset": Order("Who must choose a password first", lambda each: (not each["must_reset"], _name(each))),
    "changed": Order("Last changed first", _since),
}


async def show(visit: Visit) -> Response:
    """Show who works here, or who is looked for."""
    users, groups = await visit.api.all(_PATH, "users"), await _groups(visit)
    named = {each["id"]: each["name"] for each in groups}
    wanted = finding.wanted(visit, ORDERS)
    return visit.page(
        "users.html",
        wanted=wanted,
        total=len(users),
        users=wanted.sorted(each for each in users if wanted.finds(_texts(each, named))),
        groups=groups,
        may_add=visit.may("users", Level.ADD_ONLY),
    )


def _texts(user: Record, groups: Mapping[str, str]) -> list[str | None]:
    """Return what a user is found by."""
    own = [user[name] for name in ("display_name", "first_name", "last_name", "initials", "email")]
    lists = [words.of_key(each) for each in user["lists"]]
    return [*own, *lists, groups.get(user["security_group_id"] or "")]


async def show_new(visit: Visit) -> Response:
    """Ask for somebody new."""
    return await _form(visit, "user_new.html", _blank())


async def create(visit: Visit) -> Response:
    """Make a user."""
    try:
        asked = filled(NewPerson, visit.form).model_dump(exclude_none=True)
        if levels := rights.read(visit.form):
            asked["levels"] = levels
        made = await visit.api.post(_PATH, asked)
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=NewPerson.model_fields)
        return await _form(visit, "user_new.html", _sent(visit), wrong)
    return pages.to(f"/users/{made['id']}{visit.sought}", said="user_created")


async def show_one(visit: Visit) -> Response:
    """Show one user."""
    person = await _read(visit)
    return await _one(visit, person, person)


async def change(visit: Visit) -> Response:
    """Change what is different of a user."""
    person = await _read(visit)
    asked: Record = {}
    different: Record = {}
    try:
        asked = {**filled(Person, visit.form).model_dump(), "levels": rights.read(visit.form)}
        different = forms.touched(visit.form, asked, person)
        if not different:
            return pages.to(f"/users/{person['id']}{visit.sought}", said="nothing_changed")
        await visit.api.patch(_path(visit), different, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=Person.model_fields)
        if not wrong.is_stale:
            return await _one(visit, person, _sent(visit), wrong)
        person = await _read(visit)
        theirs = labels.told(forms.others(visit.form, person, asked), await _names(visit))
        return await _one(visit, person, {**person, **different}, wrong, theirs=theirs)
    return pages.to(f"/users/{person['id']}{visit.sought}", said="user_saved")


async def show_password(visit: Visit) -> Response:
    """Ask for another password for a user."""
    return visit.page("user_password.html", person=await _read(visit))


async def assign_password(visit: Visit) -> Response:
    """Give a user another password."""
    try:
        asked = filled(Password, visit.form)
        version = filled(Version, visit.form).version
        await visit.api.post(f"{_path(visit)}/password", asked.model_dump(), version)
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=Password.model_fields)
        return visit.page("user_password.html", wrong, person=await _read(visit))
    return pages.to(f"/users/{visit.request.path_params['user_id']}{visit.sought}", said="password_assigned")


async def ask(visit: Visit) -> Response:
    """Ask whether a user is really to be shut out, or let in again."""
    return await _confirmation(visit)


async def act(visit: Visit) -> Response:
    """Do it, to the user as they were when it was asked, and to their phones if that was chosen."""
    action = _action(visit)
    try:
        version = filled(Version, visit.form).version
        await visit.api.patch(_path(visit), {"is_active": action.is_active}, version)
    except (Unfilled, Refused) as error:
        return await _confirmation(visit, forms.wrong(error))
    here = f"/users/{visit.request.path_params['user_id']}{visit.sought}"
    if action.is_active or "clear" not in visit.form or not visit.may("devices", Level.ADD_MODIFY):
        return pages.to(here, said=action.said)
    # Looked at again: nobody signs in any more, but another phone may have while it was asked.
    told = [await _clear(visit, each) for each in await _phones(visit) if each.is_clearable]
    if all(told):
        return pages.to(here, said="user_cleared")
    person = await _read(visit)
    sentence = words.of_phones_left(told.count(False), len(told))
    return await _one(visit, person, person, Wrong(sentence, {}, HTTPStatus.CONFLICT))


async def _clear(visit: Visit, phone: Standing) -> bool:
    """Shut a phone out and have it cleared; say whether that was done.

    One that somebody else has meanwhile shut out with its data stays as they have decided.
    """
    device = phone.device
    if device["is_inactive"] and f"{device['id']}/{device['version']}" not in visit.form.all("phone"):
        return False
    try:
        path = f"/v1/devices/{device['id']}"
        await visit.api.patch(path, {"is_inactive": True, "wipe": True}, device["version"])
    except Refused:
        return False
    return True


async def _confirmation(visit: Visit, wrong: Wrong | None = None) -> Response:
    may_clear = visit.may("devices", Level.ADD_MODIFY)
    phones = [each for each in await _phones(visit) if each.is_clearable] if may_clear else []
    return visit.page(_action(visit).template, wrong, person=await _read(visit), phones=phones)


async def _phones(visit: Visit) -> list[Standing]:
    """Return the phones of a user, none to who may not see any."""
    if not visit.may("devices", Level.VIEW_ONLY):
        return []
    told = await visit.api.get("/v1/devices", user_id=str(visit.request.path_params["user_id"]))
    return [standing_of(each) for each in told["devices"]]


async def _studios(visit: Visit, values: Record) -> list[Record]:
    """Return the studios of an enterprise somebody can work in, or does."""
    found = await lookups.studios(visit.api)
    return [each for each in found if not each["is_inactive"] or each["id"] in values["studio_ids"]]


def _action(visit: Visit) -> Action:
    action = ACTIONS.get(visit.request.path_params["action"])
    if action is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return action


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['user_id']}"


async def _read(visit: Visit) -> Record:
    return await visit.api.get(_path(visit))


async def _groups(visit: Visit) -> list[Record]:
    """Return the security groups, none to who may not see them."""
    if not visit.may("security", Level.VIEW_ONLY):
        return []
    return list((await visit.api.get("/v1/security-groups"))["groups"])


async def _names(visit: Visit) -> dict[str, str]:
    """Return the names of what a user belongs to, by id."""
    departments = await visit.api.all("/v1/departments", "records")
    named = {each["id"]: each["description"] for each in departments}
    named |= {each["id"]: each["name"] for each in await lookups.studios(visit.api)}
    return named | {each["id"]: each["name"] for each in await _groups(visit)}


def _blank() -> Record:
    return {
        **dict.fromkeys(("initials", "first_name", "last_name", "display_name", "email"), ""),
        "show_on_calendar": True,
        "must_reset": True,
        "lists": [],
        "department_ids": [],
        "studio_ids": [],
        "security_group_id": None,
        "levels": {},
    }


def _sent(visit: Visit) -> Record:
    """Return what was typed, to be shown again."""
    form = visit.form
    several = {name: form.all(name) for name in ("lists", "department_ids", "studio_ids")}
    ticked = {name: name in form for name in ("show_on_calendar", "must_reset")}
    return {**_blank(), **form, **several, **ticked, "levels": rights.read(form)}


async def _one(
    visit: Visit, person: Record, values: Record, wrong: Wrong | None = None, **told: Any
) -> Response:
    phones = await _phones(visit)
    return await _form(visit, "user.html", values, wrong, person=person, phones=phones, **told)


async def _form(
    visit: Visit, template: str, values: Record, wrong: Wrong | None = None, **told: Any
) -> Response:
    departments = await visit.api.all("/v1/departments", "records")
    return visit.page(
        template,
        wrong,
        values=values,
        lists=LISTS,
        departments=departments,
        studios=await _studios(visit, values),
        groups=await _groups(visit),
        rights=await rights.rights(visit.api),
        may_give=visit.may("security", Level.ADD_MODIFY),
        may_add=visit.may("users", Level.ADD_ONLY),
        may_change=visit.may("users", Level.ADD_MODIFY),
        **told,
    )
