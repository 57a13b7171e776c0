"""Settings of galleries: the text across pictures, what logins begin as, and tasks made by themselves."""

from typing import Literal

from starlette.responses import Response

from app.console import fields, forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import words
from app.console.visits import Visit
from app.core.principal import Level

_PICTURES, _LOGINS, _TASKS = "/v1/picture-settings", "/v1/portal-settings", "/v1/gallery-tasks"
_LONGEST = 4
"""Characters of a number of days, and one."""
_OF_TASK = ("task_type_id", "assigned_department_id", "assigned_user_id")


class Watermark(Form):
    """The text across pictures; none where it was left empty."""

    watermark: str | None = None


class Logins(Form):
    """What of a client their user name and password begin as."""

    user_name_from: Literal["client_email", "client_number", "last_name"]
    password_from: Literal["client_email", "client_number", "last_name"]


async def show(visit: Visit) -> Response:
    """Show how galleries are set up."""
    return await _page(visit)


async def change_watermark(visit: Visit) -> Response:
    """Have pictures bear a text, or none."""
    try:
        await visit.api.put(_PICTURES, filled(Watermark, visit.form).model_dump())
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=Watermark.model_fields))
    return pages.to("/galleries/settings", said="watermark_saved")


async def change_logins(visit: Visit) -> Response:
    """Say what logins begin as."""
    try:
        await visit.api.put(_LOGINS, filled(Logins, visit.form).model_dump())
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=Logins.model_fields))
    return pages.to("/galleries/settings", said="logins_saved")


async def change_tasks(visit: Visit) -> Response:
    """Have tasks made by themselves for what is ticked, and for nothing else."""
    try:
        await visit.api.put(_TASKS, {each: _task(visit, each) for each in words.TASKS})
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error))
    return pages.to("/galleries/settings", said="tasks_saved")


def _task(visit: Visit, event: str) -> Record | None:
    """Return the task that is to be made for something; none where that is not ticked."""
    sent = {name: visit.form.get(f"{event}.{name}") for name in (*_OF_TASK, "due_days")}
    if event not in visit.form:
        return None
    days = sent.pop("due_days") or "0"
    if not (days.isascii() and days.isdecimal() and len(days) < _LONGEST):
        raise Unfilled({f"{event}.due_days": "Please write a whole number."})
    return {**{name: each or None for name, each in sent.items()}, "due_days": int(days)}


async def _offered(visit: Visit) -> Record:
    """Return the kinds of task, departments and people a task can be given."""
    people = (await lookups.staff(visit.api)).values()
    return {
        "task_type_id": await _options(visit, "task_types"),
        "assigned_department_id": await _options(visit, "departments"),
        "assigned_user_id": [
            (each["id"], each["display_name"]) for each in people if not each["is_inactive"]
        ],
    }


async def _options(visit: Visit, collection: str) -> list[fields.Option]:
    """Return the entries of a list; none to who may not see lists."""
    return await fields.options(visit.api, collection) if visit.may("lists", Level.VIEW_ONLY) else []


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    may_see = visit.may("companies", Level.VIEW_ONLY)
    watermark = (await visit.api.get(_PICTURES))["watermark"] if may_see else None
    return visit.page(
        "galleries/settings.html",
        wrong,
        may_see=may_see,
        watermark=visit.form.get("watermark", watermark) or "",
        logins=await visit.api.get(_LOGINS),
        tasks=await visit.api.get(_TASKS) if may_see else None,
        offered=await _offered(visit) if may_see else None,
        words=words,
        may_change=visit.may("companies", Level.ADD_MODIFY),
    )
