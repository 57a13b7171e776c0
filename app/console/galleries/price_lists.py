"""Price lists: what galleries sell; each list by itself, with its products."""

from collections.abc import Awaitable, Iterable
from typing import Any
from uuid import UUID, uuid4

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.galleries import amounts
from app.console.galleries.opening import company
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/web-price-lists"
_NEW = 0
KEPT = ("name", "shipping", "is_active", "products")
"""What a list is sent whole of."""


class PriceList(Form):
    """A price list, but for its products."""

    name: str
    shipping: str = "0"
    is_active: bool = False


class NewList(PriceList):
    """A list to be made; it has its id from the page, so that sent twice it is made once."""

    id: UUID


async def show_all(visit: Visit) -> Response:
    """Show which price lists there are."""
    return visit.page(
        "galleries/price_lists.html",
        price_lists=(await visit.api.get(_PATH))["price_lists"],
        currency=(await company(visit))["currency"],
        amounts=amounts,
        may_change=visit.may("lists", Level.ADD_MODIFY),
    )


async def show_new(visit: Visit) -> Response:
    """Ask for a new list."""
    return await _new(visit)


async def create(visit: Visit) -> Response:
    """Make a list, without products yet."""
    currency = (await company(visit))["currency"]
    try:
        asked = filled(NewList, visit.form)
        await visit.api.put(f"{_PATH}/{asked.id}", {**_body(asked, currency), "products": []}, _NEW)
    except (Unfilled, Refused) as error:
        return await _new(visit, forms.wrong(error, known=PriceList.model_fields))
    return pages.to(f"/galleries/price-lists/{asked.id}", said="price_list_made")


async def show_one(visit: Visit) -> Response:
    """Show a list with its products."""
    return await _one(visit)


async def change(visit: Visit) -> Response:
    """Change a list; its products stay as they are."""
    currency, found = (await company(visit))["currency"], await read(visit)

    async def put() -> None:
        await save(visit, found, **_body(filled(PriceList, visit.form), currency))

    if wrong := await tried(put(), known=PriceList.model_fields):
        return await _one(visit, wrong)
    return pages.to(f"/galleries/price-lists/{found['id']}", said="price_list_saved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a list is really to go."""
    return await _removal(visit)


async def remove(visit: Visit) -> Response:
    """Remove a list no open gallery sells by."""

    async def delete() -> None:
        await visit.api.delete(path(visit), filled(Version, visit.form).version)

    if wrong := await tried(delete()):
        return await _removal(visit, wrong)
    return pages.to("/galleries/price-lists", said="price_list_removed")


async def read(visit: Visit) -> Record:
    """Return the list a page is about."""
    return await visit.api.get(path(visit))


async def tried(doing: Awaitable[None], *, known: Iterable[str] = ()) -> Wrong | None:
    """Do what a form asks for; return why it was not taken, if it was not."""
    try:
        await doing
    except (Unfilled, Refused) as error:
        return forms.wrong(error, known=known)
    return None


async def save(visit: Visit, found: Record, **different: Any) -> None:
    """Set a list whole, of the version somebody was shown, with what is to be different."""
    whole = {name: found[name] for name in KEPT} | different
    await visit.api.put(path(visit), whole, filled(Version, visit.form).version)


def path(visit: Visit) -> str:
    """Return where the API has the list of a page."""
    return f"{_PATH}/{visit.request.path_params['list_id']}"


def _body(asked: PriceList, currency: str) -> Record:
    shipping = amounts.read("shipping", asked.shipping, currency)
    return {"name": asked.name, "shipping": shipping, "is_active": asked.is_active}


async def _new(visit: Visit, wrong: Wrong | None = None) -> Response:
    values = {**visit.form, "is_active": "is_active" in visit.form} if wrong else {"is_active": True}
    currency = (await company(visit))["currency"]
    list_id = visit.form.get("id", "") if wrong else str(uuid4())
    return visit.page(
        "galleries/price_list_new.html", wrong, values=values, list_id=list_id, currency=currency
    )


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    found, currency = await read(visit), (await company(visit))["currency"]
    saved = {**found, "shipping": amounts.typed(found["shipping"], currency)}
    is_typed = wrong is not None and not wrong.is_stale
    values = {**saved, **visit.form, "is_active": "is_active" in visit.form} if is_typed else saved
    return visit.page(
        "galleries/price_list.html",
        wrong,
        found=found,
        values=values,
        currency=currency,
        amounts=amounts,
        may_change=visit.may("lists", Level.ADD_MODIFY),
        may_remove=visit.may("lists", Level.ADD_MODIFY_DELETE),
    )


async def _removal(visit: Visit, wrong: Wrong | None = None) -> Response:
    return visit.page("galleries/price_list_remove.html", wrong, found=await read(visit))
