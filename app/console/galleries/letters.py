"""Letters: what clients are to be told about their logins, by whoever is at the console."""

from typing import Literal

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Wrong
from app.console.galleries import gallery, words
from app.console.galleries.naming import client_names
from app.console.visits import Visit
from app.core.principal import Level

MOST = 100
_PATH = "/v1/portal-letters"


async def show(visit: Visit) -> Response:
    """Show what waits for somebody, or all there was."""
    return await _page(visit)


async def acknowledge(visit: Visit) -> Response:
    """Write down that a client was told."""
    letter_id = visit.request.path_params["letter_id"]
    try:
        await visit.api.post(f"{_PATH}/{letter_id}/acknowledge")
    except Refused as error:
        return await _page(visit, forms.wrong(error))
    return pages.to("/galleries/letters", said="letter_done")


async def waiting(visit: Visit, state: Literal["open", "all"] = "open") -> list[Record]:
    """Return the letters somebody may see, the newest first."""
    return list((await visit.api.get(_PATH, state=state, limit=MOST))["letters"])


async def _user_name(visit: Visit, client_id: str) -> str | None:
    try:
        return str((await visit.api.get(f"/v1/portal-logins/{client_id}"))["user_name"])
    except Refused:
        return None


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    state: Literal["open", "all"] = "all" if visit.request.query_params.get("state") == "all" else "open"
    found = await waiting(visit, state)
    clients = {each["client_id"] for each in found if not each["acknowledged_at"]}
    return visit.page(
        "galleries/letters.html",
        wrong,
        letters=found,
        names=await client_names(visit.api, (each["client_id"] for each in found)),
        user_names={each: name for each in clients if (name := await _user_name(visit, each))},
        absolute=lambda path: gallery.absolute(visit, path),
        state=state,
        words=words,
        may_acknowledge=visit.may("portal_logins", Level.ADD_MODIFY),
    )
