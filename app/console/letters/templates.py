"""Templates: letters that are written once; what is wrong in one is told at its place."""

from itertools import groupby
from typing import Annotated, Any, Literal, get_args

from pydantic import StringConstraints
from starlette.responses import Response

from app.console import fields, forms, labels, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.letters import words
from app.console.visits import Visit
from app.console.words import LOOK_AGAIN
from app.core.principal import Level
from app.http.forms import Fields

_PATH = "/v1/templates"
_CALENDAR = ("session", "appointment")
"""What letters are about that may bring a time along."""
KEPT = ("name", "subject", "text", "html", "has_calendar", "email_type_id", "is_inactive")
"""What a template is sent whole of, beside its kind and basis."""
Kind = Literal["form_letter", "html_email", "text"]
Basis = Literal["client", "session", "invoice", "appointment", "task"]


class Sort(Form):
    """What a new template is to make, and about what."""

    kind: Kind
    basis: Basis


class Wording(Form):
    """A template as it is typed."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    subject: str = ""
    text: str = ""
    html: str | None = None
    has_calendar: bool = False
    email_type_id: str | None = None
    is_inactive: bool = False


async def show_all(visit: Visit) -> Response:
    """Show which templates there are."""
    return visit.page(
        "letters/templates.html",
        templates=(await visit.api.get(_PATH))["templates"],
        words=words,
        may_add=visit.may("templates", Level.ADD_ONLY),
    )


async def show_new(visit: Visit) -> Response:
    """Ask what a new template is to make, and then for its words."""
    given = visit.request.query_params
    if given.get("kind") not in get_args(Kind) or given.get("basis") not in get_args(Basis):
        return visit.page("letters/template_new.html", words=words)
    return await _form(visit, _sort(visit), dict.fromkeys(KEPT))


async def create(visit: Visit) -> Response:
    """Make a template."""
    sort = _sort(visit)
    try:
        made = await visit.api.post(_PATH, {**sort, **filled(Wording, visit.form).model_dump()})
    except (Unfilled, Refused) as error:
        return await _form(visit, sort, _typed(visit), wrong_of(error))
    return pages.to(f"/templates/{made['id']}", said="template_made")


async def show_one(visit: Visit) -> Response:
    """Show one template."""
    found = await read(visit)
    return await _form(visit, found, found, found=found)


async def change(visit: Visit) -> Response:
    """Change what is different of a template."""
    found = await read(visit)
    different: Record = {}
    try:
        asked = filled(Wording, visit.form).model_dump() | _files(visit, found)
        different = forms.touched(visit.form, asked, found)
        if not different:
            return pages.to(f"/templates/{found['id']}", said="nothing_changed")
        kept = ("kind", "basis", "file_ids", *KEPT)
        whole = {name: found[name] for name in kept if name in found} | asked
        await visit.api.put(_path(visit), whole, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        wrong = wrong_of(error)
        if not wrong.is_stale:
            return await _form(visit, found, _typed(visit), wrong, found=found)
        found = await read(visit)
        theirs = labels.told(forms.others(visit.form, found, KEPT))
        return await _form(visit, found, {**found, **different}, wrong, found=found, theirs=theirs)
    return pages.to(f"/templates/{found['id']}", said="template_saved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a template is really to go."""
    return visit.page("letters/template_remove.html", found=await read(visit))


async def remove(visit: Visit) -> Response:
    """Remove a template by which nothing is sent."""
    try:
        await visit.api.delete(_path(visit), filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return visit.page("letters/template_remove.html", forms.wrong(error), found=await read(visit))
    return pages.to("/templates", said="template_removed")


async def read(visit: Visit) -> Record:
    """Return the template a page is about."""
    return await visit.api.get(_path(visit))


def wrong_of(error: Unfilled | Refused, known: tuple[str, ...] = KEPT) -> Wrong:
    """Return why a template was not taken; what cannot be filled in is told at its part."""
    if isinstance(error, Unfilled) or error.code != "template_invalid":
        return forms.wrong(error, known=known)
    found = words.of_faults(error.problem["fields"])
    here = {path: told for path, told in found.items() if path in known}
    others = [f"{labels.of_field(path)}: {told}" for path, told in found.items() if path not in known]
    return Wrong(LOOK_AGAIN, here, error.status, others=others)


def _files(visit: Visit, found: Record) -> Record:
    """Return the files that were ticked, in their order and new ones behind; none where none were shown."""
    if "files" not in visit.form:
        return {}
    ticked, before = visit.form.all("file_ids"), found["file_ids"]
    kept = [each for each in before if each in ticked]
    return {"file_ids": [*kept, *(each for each in ticked if each not in before)]}


async def _offered_files(visit: Visit, found: Record) -> list[fields.Option] | None:
    """Return the files that may go with a template; none where nobody can say."""
    if found["kind"] == "text" or "file_ids" not in found or not visit.may("outbox", Level.VIEW_ONLY):
        return None
    told = (await visit.api.get("/v1/letter-files"))["files"]
    return [(each["id"], f"{each['name']}, {pages.size(each['size'])}") for each in told]


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['template_id']}"


def _sort(visit: Visit) -> Record:
    """Return the kind and basis an address names."""
    given = visit.request.query_params
    return filled(Sort, Fields({name: [value] for name, value in given.items()})).model_dump()


def _typed(visit: Visit) -> Record:
    """Return what was typed, as the form shows it again."""
    ticked = {name: name in visit.form for name in ("has_calendar", "is_inactive")}
    return {**{name: visit.form.get(name) for name in KEPT}, **ticked}


async def _offered(visit: Visit, basis: str) -> list[tuple[str, list[Record]]]:
    """Return the fields letters with a basis may have, by what they are of: the record itself first."""
    found = (await visit.api.get("/v1/template-fields", basis=basis))["fields"]
    return [(label, list(each)) for label, each in groupby(found, key=lambda one: _group(one, basis))]


def _group(field: Record, basis: str) -> str:
    path = field["path"]
    if path is None:
        return "For every letter"
    way = path.rpartition(".")[0].partition(".")[0] if "." in path else ""
    return labels.of_field(way or basis)


async def _form(
    visit: Visit,
    sort: Record,
    values: Record,
    wrong: Wrong | None = None,
    *,
    found: Record | None = None,
    **told: Any,
) -> Response:
    may_see_lists = visit.may("lists", Level.VIEW_ONLY)
    is_mail = sort["kind"] != "text"
    return visit.page(
        "letters/template.html",
        wrong,
        sort=sort,
        values=values,
        found=found,
        email_types=dict(await fields.options(visit.api, "email_types")) if may_see_lists and is_mail else {},
        offered=await _offered(visit, sort["basis"]),
        files=await _offered_files(visit, found) if found else None,
        chosen_files=visit.form.all("file_ids")
        if "files" in visit.form
        else (found or {}).get("file_ids", []),
        has_calendar=is_mail and sort["basis"] in _CALENDAR,
        words=words,
        may_change=visit.may("templates", Level.ADD_MODIFY if found else Level.ADD_ONLY),
        may_remove=visit.may("templates", Level.ADD_MODIFY_DELETE),
        **told,
    )
