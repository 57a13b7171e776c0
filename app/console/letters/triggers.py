"""Triggers: what happens by itself, made by hand or ready-made, switched on and off."""

from typing import Any

from starlette.responses import Response

from app.console import fields, forms, pages
from app.console.api import Record, Refused
from app.console.fields import Field
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.letters import making, words
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/triggers"
_SENT = ("email", "text")
_OF_KIND = (
    "type_id",
    "status_id",
    "value",
    "on_field",
    "offset_days",
    "filter_id",
    "template_id",
    "user_ids",
)
"""What has no meaning any more once a trigger waits for something else."""
_DEFAULTED = ("offset_days", "at_time")
"""What the API has a value for where none is sent."""
_NEW: Record = {"offset_days": 0, "at_time": "09:00:00", "recipient": "client", "is_automatic": True}


class Sort(Form):
    """What a trigger waits for, and what it does then."""

    kind: str
    action: str


class Chosen(Form):
    """Which status a ready-made trigger is to wait for."""

    status_id: str | None = None


async def show_all(visit: Visit) -> Response:
    """Show triggers, and those that come ready-made."""
    may_add = visit.may("triggers", Level.ADD_ONLY)
    ready = (await visit.api.get(f"{_PATH}/ready-made"))["ready_made"] if may_add else []
    lists = sorted({each["statuses"] for each in ready if each["statuses"]})
    return visit.page(
        "letters/triggers.html",
        triggers=(await visit.api.get(_PATH))["triggers"],
        kinds={each["kind"]: each for each in (await _kinds(visit))["kinds"]},
        ready=ready,
        statuses={each: await making.listed(visit, each) for each in lists},
        words=words,
        may_add=may_add,
    )


async def make_ready_made(visit: Visit) -> Response:
    """Make a ready-made trigger with its template; it is not active yet."""
    body = filled(Chosen, visit.form).model_dump(exclude_none=True)
    made = await visit.api.post(f"{_PATH}/ready-made/{visit.request.path_params['key']}", body)
    return pages.to(f"/triggers/{made['id']}", said="ready_made")


async def show_new(visit: Visit) -> Response:
    """Ask what a new trigger waits for and does, and then for the rest."""
    told, given = await _kinds(visit), visit.request.query_params
    sort = _fitting(told, given.get("kind", ""), given.get("action", ""))
    if sort is None:
        return visit.page("letters/trigger_new.html", told=told, words=words)
    return await _form(visit, told, sort)


async def create(visit: Visit) -> Response:
    """Make a trigger."""
    told, sort = await _kinds(visit), _sort(visit)
    wanted = await _wanted(visit, told, sort, None)
    try:
        made = await visit.api.post(_PATH, _body(visit, sort, wanted))
    except (Unfilled, Refused) as error:
        return await _form(visit, told, sort, None, making.wrong_of(error, wanted))
    return pages.to(f"/triggers/{made['id']}", said="trigger_made")


async def show_one(visit: Visit) -> Response:
    """Show a trigger; as it would be if it waited for or did something else, where that is asked for."""
    found, told, given = await _read(visit), await _kinds(visit), visit.request.query_params
    sort = _fitting(told, given.get("kind", found["kind"]), given.get("action", found["action"]))
    return await _form(visit, told, sort or Sort(kind=found["kind"], action=found["action"]), found)


async def change(visit: Visit) -> Response:
    """Change a trigger."""
    found, told, sort = await _read(visit), await _kinds(visit), _sort(visit)
    wanted = await _wanted(visit, told, sort, found)
    try:
        body = _body(visit, sort, wanted)
        await visit.api.put(_path(visit), body, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _form(visit, told, sort, found, making.wrong_of(error, wanted))
    return pages.to(f"/triggers/{found['id']}", said="trigger_saved")


async def activate(visit: Visit) -> Response:
    """Switch a trigger on, or have it go on."""
    return await _switched(visit, "activate")


async def deactivate(visit: Visit) -> Response:
    """Switch a trigger off."""
    return await _switched(visit, "deactivate")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a trigger is really to go."""
    return visit.page("letters/trigger_remove.html", found=await _read(visit))


async def remove(visit: Visit) -> Response:
    """Remove a trigger."""
    try:
        await visit.api.delete(_path(visit), filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return visit.page("letters/trigger_remove.html", forms.wrong(error), found=await _read(visit))
    return pages.to("/triggers", said="trigger_removed")


async def _switched(visit: Visit, what: str) -> Response:
    try:
        await visit.api.post(f"{_path(visit)}/{what}")
    except Refused as error:
        found, told = await _read(visit), await _kinds(visit)
        sort = Sort(kind=found["kind"], action=found["action"])
        wrong = making.wrong_of(error, await _wanted(visit, told, sort, found))
        return await _form(visit, told, sort, found, wrong, is_typed=False)
    return pages.to(f"/triggers/{visit.request.path_params['trigger_id']}", said=f"trigger_{what}d")


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['trigger_id']}"


async def _read(visit: Visit) -> Record:
    return await visit.api.get(_path(visit))


async def _kinds(visit: Visit) -> Record:
    """Return what triggers may wait for, and what they may do."""
    return await visit.api.get("/v1/trigger-kinds")


def _fitting(told: Record, kind: str, action: str) -> Sort | None:
    """Return what a trigger is to wait for and to do, if the one goes with the other."""
    spec = next((each for each in told["kinds"] if each["kind"] == kind), None)
    return Sort(kind=kind, action=action) if spec and action in spec["actions"] else None


def _sort(visit: Visit) -> Sort:
    return filled(Sort, visit.form)


async def _wanted(visit: Visit, told: Record, sort: Sort, saved: Record | None) -> list[Field]:
    """Return what is asked for of a trigger that waits for such a thing and does that."""
    spec = next((each for each in told["kinds"] if each["kind"] == sort.kind), None)
    does = next((each for each in told["actions"] if each["action"] == sort.action), None)
    if spec is None or does is None:
        raise Unfilled({"kind": "Please choose from the list."})
    name = Field("name", "text", "Name", is_required=True, max_length=100)
    reached = [each for each in spec["recipients"] if each in does["recipients"]]
    found = [name, *await _conditions(visit, spec)]
    found += await making.asked_for(visit, sort.action, spec["basis"], saved)
    found.append(_choice("recipient", "For whom", words.RECIPIENTS, reached, is_required=True))
    if "users" in reached:
        hint = "Where it is for people of ours."
        found.append(Field("user_ids", "several", "These people", hint, options=await making.people(visit)))
    found.append(Field("is_automatic", "tick", "It is done by itself", "Otherwise it waits in the queue."))
    if set(_SENT) & {sort.action, *does["fallbacks"]}:
        hint = (
            "For what clients have asked for, such as receipts. Nothing goes to addresses that do not exist."
        )
        found.append(Field("is_block_bypassed", "tick", "It goes to blocked addresses too", hint))
    return found


async def _conditions(visit: Visit, spec: Record) -> list[Field]:
    """Return what may be said of when a trigger acts."""
    found = []
    for name, label, need, collection in (
        ("type_id", "Type", spec["type"], spec["types"]),
        ("status_id", "Status", spec["status"], spec["statuses"]),
    ):
        if need != "no":
            offered = await making.listed(visit, collection)
            found.append(Field(name, "choice", label, is_required=need == "must", options=offered))
    if spec["values"]:
        found.append(
            _choice("value", "What became of it", words.DELIVERIES, spec["values"], is_required=True)
        )
    elif spec["has_value"]:
        found.append(Field("value", "text", "The word it begins with", is_required=True, max_length=100))
    if spec["on_fields"]:
        found.append(_choice("on_field", "Which day", words.ON_FIELDS, spec["on_fields"], is_required=True))
        hint = "Before that day with a minus: -7 is a week before."
        found.append(
            Field("offset_days", "number", "How many days after it", hint, minimum=-365, maximum=365)
        )
        found.append(Field("at_time", "time", "At what time", "Where your company is."))
    hint = "A filter that is shared; records that do not meet it are passed over."
    offered = await making.filters(visit, spec["hub"], is_shared=True)
    found.append(Field("filter_id", "choice", "Only what meets a filter", hint, options=offered))
    return found


def _choice(name: str, label: str, known: Any, offered: list[str], *, is_required: bool) -> Field:
    options = [(each, known.get(each) or words.of_key(each)) for each in offered]
    return Field(name, "choice", label, is_required=is_required, options=options)


def _body(visit: Visit, sort: Sort, wanted: list[Field]) -> Record:
    """Return what a form has sent as the API takes it, without what nothing is made of."""
    values = making.body_of(fields.read(wanted, visit.form))
    if values.get("recipient") != "users":
        values.pop("user_ids", None)
    if not {sort.action, values.get("fallback")} & {"call", "task"}:
        values.pop("made")
    values = {name: each for name, each in values.items() if not (each is None and name in _DEFAULTED)}
    is_new = {"is_active": "is_active" in visit.form} if "version" not in visit.form else {}
    return {**sort.model_dump(), **values, **is_new}


async def _form(
    visit: Visit,
    told: Record,
    sort: Sort,
    saved: Record | None = None,
    wrong: Wrong | None = None,
    *,
    is_typed: bool = True,
) -> Response:
    wanted = await _wanted(visit, told, sort, saved)
    values: Any = {each.name: (saved or _NEW).get(each.name) for each in wanted}
    if saved and saved["kind"] != sort.kind:
        values |= {each.name: _NEW.get(each.name) for each in wanted if each.name in _OF_KIND}
    if saved and saved["action"] != sort.action:
        values |= {name: None for name in ("template_id", "fallback") if name in values}
    if wrong and is_typed and not wrong.is_stale:
        values = fields.typed(wanted, visit.form)
    return visit.page(
        "letters/trigger.html",
        wrong,
        sort=sort,
        told=told,
        spec=next(each for each in told["kinds"] if each["kind"] == sort.kind),
        wanted=wanted,
        values=values,
        found=saved,
        is_active="is_active" in visit.form if wrong else True,
        words=words,
        may_change=visit.may("triggers", Level.ADD_MODIFY if saved else Level.ADD_ONLY),
        may_remove=visit.may("triggers", Level.ADD_MODIFY_DELETE),
    )
