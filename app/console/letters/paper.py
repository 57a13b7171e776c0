"""Letters on paper: listed, shown several at once to be printed, and marked as printed."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from app.console import forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Wrong, filled
from app.console.galleries import seeking
from app.console.letters import naming, words
from app.console.letters.alone import alone
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/paper-letters"
_PAGE = 50


class Sought(Form):
    """Which letters are listed."""

    state: Literal["to_print", "printed"] = "to_print"
    page: UUID | None = None


class Ticked(Form):
    """Letters that were ticked."""

    letter: list[UUID]


async def show(visit: Visit) -> Response:
    """Show what is to be printed, or was."""
    return await _page(visit)


async def show_sheets(visit: Visit) -> Response:
    """Show letters to be printed, each on a sheet of its own."""
    letters: list[Record] = [await visit.api.get(f"{_PATH}/{each}") for each in _ticked(visit)]
    if not letters:
        return pages.to("/paper", said="nothing_ticked")
    return alone("Letters to be printed", *(each["html"] for each in letters), is_printed=True)


async def mark(visit: Visit) -> Response:
    """Say that letters were printed."""
    ids = _ticked(visit)
    if not ids:
        return pages.to("/paper", said="nothing_ticked")
    try:
        await visit.api.post(f"{_PATH}/printed", {"ids": ids})
    except Refused as error:
        return await _page(visit, forms.wrong(error))
    return pages.to("/paper", said="paper_printed")


def _ticked(visit: Visit) -> list[str]:
    return [str(each) for each in filled(Ticked, visit.form).letter[:_PAGE]]


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    sought = seeking.sought(visit, Sought)
    asked = sought.model_dump(mode="json", exclude_none=True)
    found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    letters = found["letters"]
    return visit.page(
        "letters/paper.html",
        wrong,
        letters=letters,
        next_page=found["next_page"],
        sought=sought,
        clients=await naming.clients(visit, (each["client_id"] for each in letters)),
        people=await lookups.staff(visit.api) if sought.state == "printed" else {},
        words=words,
        may_mark=visit.may("emails", Level.ADD_MODIFY),
    )
