"""Galleries: what the Services panel tells, what waits to be taken down, and sessions to open."""

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from starlette.responses import Response

from app.console.api import Record
from app.console.forms import Form, Wrong
from app.console.galleries import seeking, words
from app.console.galleries.naming import client_of, columns
from app.console.visits import MOST_LETTERS, Visit
from app.core.principal import Level

_HUB = "/v1/hubs/sessions/query"
_PAGE, MOST_EXPIRED = 25, 50
_LETTERS = 100
_COLUMNS = ("session_number", "date", "description", "gallery_state", "gallery_images", "web_expire_date")


class Sought(Form):
    """Which sessions are looked for."""

    words: str = ""
    state: Literal["offline", "online", "expired", "taken_down"] | None = None
    page: str | None = None


async def show(visit: Visit) -> Response:
    """Show how galleries stand."""
    return await page(visit)


async def page(visit: Visit, wrong: Wrong | None = None, **told: Any) -> Response:
    """Return the page; where something was not done there, with why."""
    sought = seeking.sought(visit, Sought)
    found = await _sessions(visit, sought)
    return visit.page(
        "galleries/overview.html",
        wrong,
        panel=await services(visit),
        expired=await expired(visit),
        letters=await _letters(visit),
        last_run=await _last_run(visit),
        sought=sought,
        rows=found["rows"],
        next_page=found["next_page"],
        client_of=client_of,
        words=words,
        may_change=visit.may("sessions", Level.ADD_MODIFY),
        may_sync=visit.may("invoices", Level.ADD_ONLY),
        **told,
    )


async def expired(visit: Visit) -> list[Record]:
    """Return sessions whose galleries have expired and wait to be taken down, the earliest first."""
    return await _met(visit, {"field": "gallery_state", "is": "equals", "value": "expired"})


async def named(visit: Visit, ids: Iterable[UUID | str]) -> dict[str, Record]:
    """Return some sessions as they are listed, by id; those that are gone are left out."""
    wanted = [str(each) for each in ids]
    found = await _met(visit, {"field": "id", "is": "in", "value": wanted})
    return {each["id"]: each for each in found}


async def _met(visit: Visit, wanted: Record) -> list[Record]:
    """Return the sessions a filter finds, those that expire first before the others."""
    asked = {
        "columns": columns(visit, *_COLUMNS),
        "filter": wanted,
        "sort": "web_expire_date",
        "limit": MOST_EXPIRED,
    }
    return list((await visit.api.post(_HUB, asked))["rows"])


async def services(visit: Visit) -> Record | None:
    """Return the Services panel of the user's home page; none where they have hidden it there."""
    panels = (await visit.api.get("/v1/home"))["panels"]
    return next((each for each in panels if each["panel"] == "services"), None)


async def _last_run(visit: Visit) -> Record | None:
    """Return what came of the data sync when it last found something to do, or was asked for."""
    if not visit.may("invoices", Level.VIEW_ONLY):
        return None
    runs: list[Record] = (await visit.api.get("/v1/web-orders/data-sync", limit=1))["runs"]
    return runs[0] if runs else None


async def _letters(visit: Visit) -> int:
    """Return how many letters wait for somebody."""
    if not visit.may("portal_logins", Level.VIEW_ONLY):
        return 0
    return len((await visit.api.get("/v1/portal-letters", limit=_LETTERS))["letters"])


async def _sessions(visit: Visit, sought: Sought) -> Record:
    asked: Record = {"columns": columns(visit, *_COLUMNS), "sort": "-date", "limit": _PAGE}
    if sought.words:
        asked["search"] = sought.words[:MOST_LETTERS]
    if sought.state:
        asked["filter"] = {"field": "gallery_state", "is": "equals", "value": sought.state}
    if sought.page:
        asked["page"] = sought.page
    return await visit.api.post(_HUB, asked)
