"""The outbox: how emails and texts go, why none does where none does, and each letter by itself."""

from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Wrong
from app.console.galleries import seeking
from app.console.letters import naming, words
from app.console.letters.alone import alone
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/letters"
_PAGE = 50


class Sought(Form):
    """Which letters are listed."""

    state: Literal["waiting", "sending", "sent", "failed", "blocked", "cancelled"] | None = None
    channel: Literal["email", "text"] | None = None
    purpose: Literal["typed", "trigger", "communication", "portal", "notice", "test"] | None = None
    client_id: UUID | None = None
    page: UUID | None = None

    @property
    def query(self) -> str:
        """Return them, but for the page, as a part of addresses."""
        return urlencode(self.model_dump(mode="json", exclude_none=True, exclude={"page"}))


async def show(visit: Visit) -> Response:
    """Show how letters go, and some of them, the newest first."""
    sought = seeking.sought(visit, Sought)
    asked = sought.model_dump(mode="json", exclude_none=True)
    found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    letters = found["letters"]
    about = [each["client_id"] for each in letters]
    return visit.page(
        "letters/outbox.html",
        lanes=await lanes(visit),
        letters=letters,
        next_page=found["next_page"],
        sought=sought,
        clients=await naming.clients(visit, [*about, asked.get("client_id")]),
        subjects=await naming.subjects(visit, letters),
        words=words,
    )


async def show_one(visit: Visit) -> Response:
    """Show a letter with what it says."""
    return await _one(visit)


async def show_html(visit: Visit) -> Response:
    """Show the HTML of a letter in a page of its own."""
    letter = await visit.api.get(_path(visit))
    return alone(letter["subject"] or words.ONE[letter["channel"]], letter["html"] or "")


async def resend(visit: Visit) -> Response:
    """Have a letter wait once more."""
    return await _done(visit, "resend", "letter_resent")


async def cancel(visit: Visit) -> Response:
    """Have a letter that waits not be sent."""
    return await _done(visit, "cancel", "letter_cancelled")


async def lanes(visit: Visit) -> list[Record]:
    """Return how letters go by each channel that was used; nothing for who may not see the outbox."""
    if not visit.may("outbox", Level.VIEW_ONLY):
        return []
    return list((await visit.api.get("/v1/outbox"))["lanes"])


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['letter_id']}"


async def _done(visit: Visit, what: str, said: str) -> Response:
    try:
        await visit.api.post(f"{_path(visit)}/{what}")
    except Refused as error:
        return await _one(visit, forms.wrong(error))
    return pages.to(f"/outbox/{visit.request.path_params['letter_id']}", said=said)


async def _shut(visit: Visit, letter: Record) -> Record | None:
    """Return the lane of a letter that waits, if none goes by it now."""
    if letter["state"] != "waiting":
        return None
    found = (each for each in await lanes(visit) if each["channel"] == letter["channel"])
    return next((each for each in found if each["closed_until"]), None)


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    letter = await visit.api.get(_path(visit))
    told: dict[str, Any] = {
        "shut": await _shut(visit, letter),
        "is_again": letter["state"] in ("failed", "blocked", "cancelled"),
        "is_waiting": letter["state"] == "waiting",
    }
    return visit.page(
        "letters/letter.html",
        wrong,
        letter=letter,
        client=(await naming.clients(visit, [letter["client_id"]])).get(letter["client_id"]),
        words=words,
        may_change=visit.may("outbox", Level.ADD_MODIFY),
        **told,
    )
