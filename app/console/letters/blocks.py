"""Block lists: the addresses and numbers nothing goes to any more, and why."""

from typing import Literal
from urllib.parse import urlencode

from starlette.responses import Response

from app.console import forms, lookups, pages
from app.console.api import Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import seeking
from app.console.letters import words
from app.console.visits import Visit
from app.core.principal import Level
from app.http.forms import Fields

_PATH = "/v1/letter-blocks"
_PAGE = 100


class Sought(Form):
    """Which addresses are listed."""

    channel: Literal["email", "text"] = "email"
    page: str | None = None


class Address(Form):
    """An address nothing is to go to."""

    address: str


class Blocked(Address):
    """An address on a block list."""

    channel: Literal["email", "text"]


async def show(visit: Visit) -> Response:
    """Show which addresses are blocked."""
    return await _page(visit)


async def block(visit: Visit) -> Response:
    """Have no email go to an address any more."""
    try:
        await visit.api.post(_PATH, filled(Address, visit.form).model_dump())
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=Address.model_fields))
    return pages.to("/blocks", said="address_blocked")


async def ask_unblock(visit: Visit) -> Response:
    """Ask whether letters are really to go to an address again."""
    given = {name: [value] for name, value in visit.request.query_params.items()}
    return visit.page("letters/unblock.html", asked=filled(Blocked, Fields(given)), words=words)


async def unblock(visit: Visit) -> Response:
    """Have letters go to an address again."""
    try:
        asked = filled(Blocked, visit.form)
        await visit.api.delete(f"{_PATH}?{urlencode(asked.model_dump())}")
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error))
    return pages.to(f"/blocks?channel={asked.channel}", said="address_unblocked")


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    sought = seeking.sought(visit, Sought)
    found = await visit.api.get(_PATH, limit=_PAGE, **sought.model_dump(exclude_none=True))
    by_hand = {each["by_id"] for each in found["blocks"]} - {None}
    return visit.page(
        "letters/blocks.html",
        wrong,
        blocks=found["blocks"],
        next_page=found["next_page"],
        sought=sought,
        people=await lookups.staff(visit.api) if by_hand else {},
        typed=visit.form.get("address", "") if wrong else "",
        words=words,
        may_block=visit.may("outbox", Level.ADD_MODIFY),
        may_unblock=visit.may("outbox", Level.ADD_MODIFY_DELETE),
    )
