"""Communications: one letter, text, call or task for many; chosen, looked over, sent, and followed."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from app.console import fields, forms, labels, pages
from app.console.api import Record, Refused
from app.console.fields import Field
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.galleries import seeking
from app.console.letters import making, words
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/communications"
_PAGE, _RECIPIENTS = 50, 100
_KEPT = ("name", "hub", "chosen", "action", "fallback", "template_id", "made", "category")
_CHOSEN = ("filter_id", "status_ids", "group_ids")
_STATUSES: Mapping[str, str] = {
    "clients": "client_statuses",
    "sessions": "session_statuses",
    "invoices": "invoice_statuses",
    "appointments": "appointment_statuses",
    "tasks": "task_statuses",
}


class Sort(Form):
    """Of which records a communication is, and what is made for each."""

    hub: Literal["clients", "sessions", "invoices", "appointments", "tasks"]
    action: Literal["email", "text", "call", "task", "letter"]


class Page(Form):
    """Which communications are listed."""

    page: UUID | None = None


class Listed(Form):
    """Which recipients are listed."""

    out: Literal["yes", "no"] | None = None
    page: int | None = None

    @property
    def query(self) -> str:
        """Return it, but for the page, as a part of addresses."""
        return urlencode({"out": self.out} if self.out else {})

    @property
    def whole(self) -> str:
        """Return it with the page."""
        return urlencode(self.model_dump(exclude_none=True))


class Start(Version):
    """When a communication is to begin; at once where no day is chosen."""

    date: str | None = None
    time: str | None = None


async def show_all(visit: Visit) -> Response:
    """Show communications, the newest first."""
    sought = seeking.sought(visit, Page)
    asked = sought.model_dump(mode="json", exclude_none=True)
    found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    return visit.page(
        "letters/communications.html",
        communications=found["communications"],
        next_page=found["next_page"],
        is_later=sought.page is not None,
        words=words,
        may_add=visit.may("communications", Level.ADD_ONLY),
    )


async def show_new(visit: Visit) -> Response:
    """Ask of what a new communication is, and then for the rest."""
    sort = seeking.sought(visit, Sort) if _is_sorted(visit) else None
    return await _form(visit, sort) if sort else visit.page("letters/communication_new.html", words=words)


async def create(visit: Visit) -> Response:
    """Make a communication, as a draft."""
    sort = filled(Sort, visit.form)
    wanted = await _wanted(visit, sort, None)
    try:
        made = await visit.api.post(_PATH, _body(visit, sort, wanted, None))
    except (Unfilled, Refused) as error:
        return await _form(visit, sort, None, making.wrong_of(error, wanted))
    return pages.to(f"/communications/{made['id']}", said="communication_made")


async def show_one(visit: Visit) -> Response:
    """Show how far a communication has come, and what is to be done next."""
    return await _one(visit)


async def show_form(visit: Visit) -> Response:
    """Show what a communication is about, to be changed while it has not begun."""
    found = await _read(visit)
    return await _form(visit, _sort_of(found), found)


async def change(visit: Visit) -> Response:
    """Change a communication that has not begun."""
    found, sort = await _read(visit), filled(Sort, visit.form)
    wanted = await _wanted(visit, sort, found)
    try:
        body = _body(visit, sort, wanted, found)
        await visit.api.put(_path(visit), body, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _form(visit, sort, found, making.wrong_of(error, wanted))
    return pages.to(f"/communications/{found['id']}", said="communication_saved")


async def make_list(visit: Visit) -> Response:
    """Make the list of whom it is for, anew if there was one."""
    try:
        await visit.api.post(f"{_path(visit)}/recipients")
    except Refused as error:
        return await _one(visit, making.wrong_of(error, ()))
    return pages.to(f"{_here(visit)}/recipients", said="communication_listed")


async def show_list(visit: Visit) -> Response:
    """Show whom it is for."""
    return await _list(visit)


async def tick(visit: Visit) -> Response:
    """Leave out whom somebody has unticked, and take in whom they have ticked, of those on the page."""
    ticked = set(visit.form.all("to"))
    left_out, taken_in = set(visit.form.all("was")) - ticked, ticked - set(visit.form.all("was"))
    try:
        for ids, is_left_out in ((left_out, True), (taken_in, False)):
            if ids:
                body = {"record_ids": sorted(ids), "is_left_out": is_left_out}
                await visit.api.patch(f"{_path(visit)}/recipients", body)
    except Refused as error:
        return await _list(visit, forms.wrong(error))
    query = seeking.sought(visit, Listed).whole
    said = "communication_ticked" if left_out or taken_in else "nothing_changed"
    return pages.to(f"{_here(visit)}/recipients{'?' if query else ''}{query}", said=said)


async def start(visit: Visit) -> Response:
    """Have it begin, at once or at a time."""
    try:
        asked = filled(Start, visit.form)
        body = _moment(asked, is_later=visit.form.get("when") == "later")
        await visit.api.post(f"{_path(visit)}/start", body, asked.version)
    except (Unfilled, Refused) as error:
        return await _one(visit, making.wrong_of(error, (Field("date", "day", "Day"),)))
    return pages.to(_here(visit), said="communication_planned" if body else "communication_begun")


async def ask_cancel(visit: Visit) -> Response:
    """Ask whether nothing more is to be made."""
    return visit.page("letters/communication_cancel.html", found=await _read(visit))


async def cancel(visit: Visit) -> Response:
    """Have nothing more made, and nothing more sent that waits."""
    try:
        await visit.api.post(f"{_path(visit)}/cancel")
    except Refused as error:
        return await _one(visit, forms.wrong(error))
    return pages.to(_here(visit), said="communication_cancelled")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a communication is really to go."""
    return visit.page("letters/communication_remove.html", found=await _read(visit))


async def remove(visit: Visit) -> Response:
    """Remove a communication that has nothing left to do."""
    try:
        await visit.api.delete(_path(visit), filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        found = await _read(visit)
        return visit.page("letters/communication_remove.html", forms.wrong(error), found=found)
    return pages.to("/communications", said="communication_removed")


def _moment(asked: Start, *, is_later: bool) -> Record:
    """Return the day and time a communication is to begin, none for at once, or raise `Unfilled`.

    Who types a day means it: thousands of letters are not called back.
    """
    if not is_later:
        if asked.date:
            told = "Choose “At a time” too, or leave the day empty for it to begin at once."
            raise Unfilled({"date": told})
        return {}
    if not (asked.date and asked.time):
        raise Unfilled({"date": "Please choose a day and a time."})
    return {"date": asked.date, "time": forms.time_of_day(asked.time)}


def _here(visit: Visit) -> str:
    return f"/communications/{visit.request.path_params['communication_id']}"


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['communication_id']}"


async def _read(visit: Visit) -> Record:
    return await visit.api.get(_path(visit))


def _is_sorted(visit: Visit) -> bool:
    given = visit.request.query_params
    return given.get("hub") in words.HUBS and given.get("action") in words.ACTIONS


def _sort_of(found: Record) -> Sort:
    return Sort(hub=found["hub"], action=found["action"])


async def _wanted(visit: Visit, sort: Sort, saved: Record | None) -> list[Field]:
    """Return what is asked for, of such records and for such an action."""
    statuses, groups = [await making.listed(visit, each) for each in (_STATUSES[sort.hub], "client_groups")]
    hint, found = "As it finds them in the list of these records.", await making.filters(visit, sort.hub)
    chosen = [
        Field("filter_id", "choice", "Saved filter", hint, options=found),
        Field("status_ids", "several", "Of these statuses", "Of any where none is ticked.", options=statuses),
        Field(
            "group_ids",
            "several",
            "Of clients in these groups",
            "In any or none where none is ticked.",
            options=groups,
        ),
    ]
    return [
        Field(
            "name",
            "text",
            "Name",
            "What lists call it; recipients do not see it.",
            is_required=True,
            max_length=100,
        ),
        Field("chosen", "group", f"Which {sort.hub}", "All that meet what is chosen here.", members=chosen),
        *await making.asked_for(visit, sort.action, sort.hub.removesuffix("s"), saved),
        Field("category", "text", "Category", "What statistics count its emails under.", max_length=200),
    ]


def _body(visit: Visit, sort: Sort, wanted: list[Field], saved: Record | None) -> Record:
    """Return what a form has sent as the API takes it; a filter of another program's own is kept."""
    values = making.body_of(fields.read(wanted, visit.form))
    chosen = {name: visit.form.all(f"chosen.{name}") for name in ("status_ids", "group_ids")}
    own = saved["chosen"]["filter"] if saved and saved["hub"] == sort.hub else None
    values["chosen"] = {**chosen, "filter_id": visit.form.get("chosen.filter_id") or None}
    if own:
        values["chosen"]["filter"] = own
    return {**sort.model_dump(), **values}


async def _form(
    visit: Visit, sort: Sort, saved: Record | None = None, wrong: Wrong | None = None
) -> Response:
    wanted = await _wanted(visit, sort, saved)
    is_typed = wrong is not None and not wrong.is_stale
    values: Any = {each.name: (saved or {}).get(each.name) for each in wanted}
    if is_typed:
        values = fields.typed(wanted, visit.form)
    return visit.page(
        "letters/communication_form.html",
        wrong,
        sort=sort,
        wanted=wanted,
        values=values,
        found=saved,
        words=words,
        label=labels.of_field,
    )


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    found = await _read(visit)
    wording = None
    if found["template_id"] and visit.may("templates", Level.VIEW_ONLY):
        templates = (await visit.api.get("/v1/templates"))["templates"]
        wording = next((each for each in templates if each["id"] == found["template_id"]), None)
    return visit.page(
        "letters/communication.html",
        wrong,
        found=found,
        wording=wording,
        is_in_hand=found["state"] in ("draft", "ready"),
        is_under_way=found["state"] in ("scheduled", "running"),
        today=pages.today(visit.session.time_zone),
        words=words,
        may_change=visit.may("communications", Level.ADD_MODIFY),
        may_remove=visit.may("communications", Level.ADD_MODIFY_DELETE),
    )


async def _list(visit: Visit, wrong: Wrong | None = None) -> Response:
    found, sought = await _read(visit), seeking.sought(visit, Listed)
    asked: dict[str, Any] = {"is_left_out": "true" if sought.out == "yes" else "false"} if sought.out else {}
    if sought.page:
        asked["page"] = sought.page
    told = await visit.api.get(f"{_path(visit)}/recipients", limit=_RECIPIENTS, **asked)
    return visit.page(
        "letters/recipients.html",
        wrong,
        found=found,
        recipients=told["recipients"],
        next_page=told["next_page"],
        sought=sought,
        words=words,
        may_tick=found["state"] == "ready" and visit.may("communications", Level.ADD_MODIFY),
    )
