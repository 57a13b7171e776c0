"""What is made for somebody, as forms ask for it: a letter by a template, a call or a task in a few words."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.console import fields, forms, labels, lookups
from app.console.api import Record, Refused
from app.console.fields import Field, Option
from app.console.forms import Unfilled, Wrong
from app.console.letters import words
from app.console.visits import Visit
from app.console.words import LOOK_AGAIN
from app.core.principal import Level

_TYPES = {"call": "phone_call_types", "task": "task_types"}
_LONGEST_LINE = 200
_LEGENDS = {
    "call": "The call",
    "task": "The task",
    "email": "The call, where one is planned instead",
    "text": "The call or email, where one is made instead",
}


async def asked_for(visit: Visit, action: str, basis: str, saved: Record | None) -> list[Field]:
    """Return the fields by which an action is described: those it has a use for."""
    kinds = words.TEMPLATES.get(action, ())
    fallbacks = words.FALLBACKS.get(action, ())
    found = []
    if kinds:
        offered = await _templates(visit, basis, kinds, saved)
        hint = "" if offered else "There is none yet that fits. Make one under Templates."
        found.append(Field("template_id", "choice", "Template", hint, is_required=True, options=offered))
    if fallbacks:
        hint = "For whom that does not reach: there is no address for it, or it is blocked."
        offered = [(each, words.ACTIONS[each]) for each in fallbacks]
        found.append(Field("fallback", "choice", "Otherwise", hint, options=offered))
    if ways := [each for each in (action, *fallbacks) if each in _TYPES]:
        found.append(await _made(visit, ways[0], _LEGENDS[action], is_main=action in _TYPES))
    return found


async def listed(visit: Visit, collection: str | None) -> list[Option]:
    """Return the entries of a list; none to who may not see lists."""
    if collection is None or not visit.may("lists", Level.VIEW_ONLY):
        return []
    return await fields.options(visit.api, collection)


async def people(visit: Visit) -> list[Option]:
    """Return who works here, by name."""
    staff = (await lookups.staff(visit.api)).values()
    found = [(each["id"], each["display_name"]) for each in staff if not each["is_inactive"]]
    return sorted(found, key=lambda each: each[1].casefold())


async def filters(visit: Visit, hub: str, *, is_shared: bool = False) -> list[Option]:
    """Return the saved filters of a hub somebody may use, or those all share; none to who may not see it."""
    try:
        found = (await visit.api.get(f"/v1/hubs/{hub}/filters"))["filters"]
    except Refused:
        return []
    return [(each["id"], each["name"]) for each in found if each["is_shared"] or not is_shared]


def body_of(values: Mapping[str, Any]) -> Record:
    """Return what a form has sent as the API takes it: of what is made nothing that was left empty."""
    made = values.get("made")
    told = {name: each for name, each in (made or {}).items() if each is not None}
    return {**values, "made": told or None}


def wrong_of(error: Unfilled | Refused, wanted: Iterable[Field]) -> Wrong:
    """Return why a form was not taken, at its fields as far as they are on the page."""
    known = set(_names(wanted))
    if isinstance(error, Unfilled) or not error.code.endswith("_invalid") or "fields" not in error.problem:
        return forms.wrong(error, known=known)
    found = words.of_faults(error.problem["fields"])
    here = {path: told for path, told in found.items() if path in known}
    others = [f"{labels.of_field(path)}: {told}" for path, told in found.items() if path not in known]
    return Wrong(LOOK_AGAIN, here, error.status, others=others)


def _names(wanted: Iterable[Field], at: str = "") -> Iterable[str]:
    for each in wanted:
        yield at + each.name
        yield from _names(each.members, f"{at}{each.name}.")


async def _templates(visit: Visit, basis: str, kinds: Iterable[str], saved: Record | None) -> list[Option]:
    """Return the templates that fit, and the one that was chosen whatever has become of it."""
    if not visit.may("templates", Level.VIEW_ONLY):
        return []
    found = (await visit.api.get("/v1/templates"))["templates"]
    chosen = saved["template_id"] if saved else None
    fitting = (each for each in found if each["basis"] == basis and each["kind"] in kinds)
    return [
        (each["id"], each["name"] + (" (no longer offered)" if each["is_inactive"] else ""))
        for each in fitting
        if not each["is_inactive"] or each["id"] == chosen
    ]


async def _made(visit: Visit, way: str, legend: str, *, is_main: bool) -> Field:
    """Return what is asked of a call or a task; of one that is made otherwise nothing need be said."""
    hint = "Fields may stand in it, such as [[ClientFirstName]]."
    members = [
        Field("subject", "text", "What it is called", hint, is_required=is_main, max_length=_LONGEST_LINE),
        Field("type_id", "choice", f"Kind of {way}", options=await listed(visit, _TYPES[way])),
        Field("user_id", "choice", "Who is to do it", options=await people(visit)),
        Field("department_id", "choice", "Which department", options=await listed(visit, "departments")),
        Field("due_in_days", "number", "Due in how many days", minimum=0, maximum=365),
    ]
    if way == "task":
        hint = "From 1, the most important, to 10."
        members.append(Field("priority", "number", "Priority", hint, minimum=1, maximum=10))
    return Field("made", "group", legend, members=members)
