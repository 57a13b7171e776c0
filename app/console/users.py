"""Users: who works here, what they may do, and their passwords."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import forms, labels, pages, rights
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.visits import Visit
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
    security_group_id: str | None = None


class NewPerson(Person):
    """Somebody new, and their first password."""

    password: str
    must_reset: bool = False


class Version(Form):
    """Which copy of a user was on the page."""

    version: int


class Password(Form):
    """Another password for somebody."""

    new_password: str
    must_reset: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a user once it has been confirmed."""

    template: str
    is_active: bool


ACTIONS = {
    "deactivate": Action("user_deactivate.html", is_active=False),
    "activate": Action("user_activate.html", is_active=True),
}


async def show(visit: Visit) -> Response:
    """Show who works here, active ones first."""
    users = await visit.api.all(_PATH, "users")
    return visit.page(
        "users.html",
        users=sorted(users, key=lambda each: (not each["is_active"], each["display_name"].casefold())),
        groups=await _groups(visit),
        may_add=visit.may("users", Level.ADD_ONLY),
    )


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
    return pages.to(f"/users/{made['id']}", said="user_created")


async def show_one(visit: Visit) -> Response:
    """Show one user."""
    person = await _read(visit)
    return await _form(visit, "user.html", person, person=person)


async def change(visit: Visit) -> Response:
    """Change what is different of a user."""
    person = await _read(visit)
    try:
        asked = {**filled(Person, visit.form).model_dump(), "levels": rights.read(visit.form)}
        different = forms.touched(visit.form, asked, person)
        if not different:
            return pages.to(f"/users/{person['id']}", said="nothing_changed")
        await visit.api.patch(_path(visit), different, filled(Version, visit.form).version)
    except Unfilled as error:
        return await _form(visit, "user.html", _sent(visit), forms.wrong(error), person=person)
    except Refused as error:
        wrong, person = forms.wrong(error, known=Person.model_fields), await _read(visit)
        typed = {**person, **different}
        theirs = labels.apart(person, different, await _names(visit))
        return await _form(visit, "user.html", typed, wrong, person=person, theirs=theirs)
    return pages.to(f"/users/{person['id']}", said="user_saved")


async def show_password(visit: Visit) -> Response:
    """Ask for another password for a user."""
    return visit.page("user_password.html", person=await _read(visit))


async def assign_password(visit: Visit) -> Response:
    """Give a user another password."""
    try:
        asked = filled(Password, visit.form)
        await visit.api.post(f"{_path(visit)}/password", asked.model_dump())
    except (Unfilled, Refused) as error:
        wrong = forms.wrong(error, known=Password.model_fields)
        return visit.page("user_password.html", wrong, person=await _read(visit))
    return pages.to(f"/users/{visit.request.path_params['user_id']}", said="password_assigned")


async def ask(visit: Visit) -> Response:
    """Ask whether a user is really to be shut out, or let in again."""
    return visit.page(_action(visit).template, person=await _read(visit))


async def act(visit: Visit) -> Response:
    """Do it, to the user as they were when it was asked."""
    action = _action(visit)
    try:
        version = filled(Version, visit.form).version
        await visit.api.patch(_path(visit), {"is_active": action.is_active}, version)
    except (Unfilled, Refused) as error:
        return visit.page(action.template, forms.wrong(error), person=await _read(visit))
    return pages.to("/users", said="user_saved")


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
    return named | {each["id"]: each["name"] for each in await _groups(visit)}


def _blank() -> Record:
    return {
        **dict.fromkeys(("initials", "first_name", "last_name", "display_name", "email"), ""),
        "show_on_calendar": True,
        "must_reset": True,
        "lists": [],
        "department_ids": [],
        "security_group_id": None,
        "levels": {},
    }


def _sent(visit: Visit) -> Record:
    """Return what was typed, to be shown again."""
    form = visit.form
    several = {name: form.all(name) for name in ("lists", "department_ids")}
    ticked = {name: name in form for name in ("show_on_calendar", "must_reset")}
    return {**_blank(), **form, **several, **ticked, "levels": rights.read(form)}


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
        groups=await _groups(visit),
        rights=await rights.rights(visit.api),
        may_give=visit.may("security", Level.ADD_MODIFY),
        may_add=visit.may("users", Level.ADD_ONLY),
        may_change=visit.may("users", Level.ADD_MODIFY),
        **told,
    )
