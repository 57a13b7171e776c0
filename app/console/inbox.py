"""The inbox: what was typed beside what the studio has, and a person to choose."""

from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import uuid4

import orjson
from pydantic import StringConstraints
from starlette.responses import Response

from app.console import fields, forms, inbox_entry, labels, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, filled
from app.console.inbox_entry import Way
from app.console.visits import Visit
from app.http.forms import Fields

_PATH = "/v1/sync/inbox"
_PAGE = 50
_SAID = {"take_mine": "inbox_taken", "keep_theirs": "inbox_kept", "dismiss": "inbox_discarded"}


class Decision(Form):
    """What becomes of an entry, and which copy of the record was on the page; `once` names the page."""

    resolution: Literal["decide", "take_mine", "keep_theirs"]
    record_revision: int
    once: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class Sought(Form):
    """Which entries are listed."""

    state: Literal["open", "decided"] = "open"
    page: str | None = None


async def show(visit: Visit) -> Response:
    """Show what waits for somebody to decide, or what was decided."""
    given = {name: [value] for name, value in visit.request.query_params.items()}
    sought = filled(Sought, Fields(given))
    asked = {"page": sought.page} if sought.page else {}
    found = await visit.api.get(_PATH, state=sought.state, limit=_PAGE, **asked)
    manifest = await visit.api.get("/v1/sync/manifest")
    known = {each["name"] for each in manifest["collections"]}
    return visit.page(
        "inbox.html",
        state=sought.state,
        entries=found["entries"],
        next_page=found["next_page"],
        is_later=sought.page is not None,
        undecided=found["open"],
        names={each["id"]: await _name(visit, known, each) for each in found["entries"]},
        people=await lookups.staff(visit.api),
        label=labels.of_field,
    )


async def show_one(visit: Visit) -> Response:
    """Show the sides of an entry."""
    return await _page(visit)


async def resolve(visit: Visit) -> Response:
    """Do what was decided, if the record still is as it was on the page."""
    try:
        decided = filled(Decision, visit.form)
        asked: Record = {"resolution": decided.resolution}
        if decided.resolution == "decide":
            sheet = await inbox_entry.sheet_of(visit.api, await _entry(visit), also=visit.form)
            asked = inbox_entry.decision(sheet, visit.form)
        asked["record_revision"] = decided.record_revision
        await visit.api.post(f"{_of(visit)}/resolve", asked, once=_once(decided, asked))
    except (Unfilled, Refused) as error:
        return await _page(visit, error)
    return pages.to("/inbox", said=_SAID[asked["resolution"]])


async def ask_discard(visit: Visit) -> Response:
    """Ask whether what was typed is really of no use."""
    return await _discarding(visit)


async def discard(visit: Visit) -> Response:
    """Have what was typed be of no use."""
    try:
        await visit.api.post(f"{_of(visit)}/resolve", {"resolution": "dismiss"})
    except Refused as error:
        return await _discarding(visit, error)
    return pages.to("/inbox", said=_SAID["dismiss"])


def _of(visit: Visit) -> str:
    return f"/v1/inbox/{visit.request.path_params['entry_id']}"


async def _entry(visit: Visit) -> Record:
    return await visit.api.get(_of(visit))


def _once(decided: Decision, asked: Record) -> str:
    """Return what a page's decision is known by: sent twice, it is carried out once and answered alike."""
    return f"{decided.once}-{sha256(orjson.dumps(asked)).hexdigest()}"


async def _page(visit: Visit, error: Unfilled | Refused | None = None) -> Response:
    problem: Record = error.problem if isinstance(error, Refused) else {}
    reasons = problem.get("reasons", {})
    is_changed = problem.get("code") == "record_changed"
    form = visit.form if error and visit.form.get("resolution") == "decide" else None
    entry = await _entry(visit)
    sheet = await inbox_entry.sheet_of(visit.api, entry, also=[*visit.form, *(() if is_changed else reasons)])
    wrong = inbox_entry.wrong_of(sheet, error) if error else None
    return visit.page(
        "inbox_entry.html",
        wrong,
        entry=entry,
        sheet=sheet,
        way=Way,
        parts=inbox_entry.parts_of(
            sheet, visit.session.time_zone, form, changed=reasons if is_changed else ()
        ),
        marks=wrong if wrong and wrong.fields else inbox_entry.marks_of(sheet),
        why=inbox_entry.why(entry),
        once=uuid4().hex,
        people=await lookups.staff(visit.api),
    )


async def _discarding(visit: Visit, error: Refused | None = None) -> Response:
    entry = await _entry(visit)
    return visit.page("inbox_discard.html", forms.wrong(error) if error else None, entry=entry)


async def _name(visit: Visit, known: set[str], entry: Record) -> str | None:
    """Return what the record is called, if it is there; what it was meant for may be no collection at all."""
    if entry["collection"] not in known:
        return None
    try:
        record: dict[str, Any] = await visit.api.get(f"/v1/{entry['collection']}/{entry['record_id']}")
    except Refused:
        return None
    return fields.title(record)
