"""Products of a price list: each on a page of its own, saved with the list it is on."""

from http import HTTPStatus
from typing import Literal
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import pages
from app.console.api import Record
from app.console.forms import Form, Version, Wrong, filled
from app.console.galleries import amounts, price_lists
from app.console.galleries.opening import company
from app.console.visits import Visit
from app.core.principal import Level


class Product(Form):
    """What is asked of a product."""

    item: str
    name: str
    description: str = ""
    price: str
    tax_rate: str = "0"
    images: int = 0
    is_shipped: bool = False
    is_active: bool = False


class Move(Version):
    """Which way a product is to be moved."""

    way: Literal["up", "down"]


async def show_new(visit: Visit) -> Response:
    """Ask for a new product."""
    return await _new(visit)


async def create(visit: Visit) -> Response:
    """Put a product on the list, behind all others."""
    found = await price_lists.read(visit)

    async def put() -> None:
        product = await _filled(visit, visit.form.get("id") or str(uuid4()))
        kept = [each for each in found["products"] if each["id"] != product["id"]]
        await price_lists.save(visit, found, products=[*kept, product])

    wrong = await price_lists.tried(put(), known=Product.model_fields)
    return await _new(visit, wrong) if wrong else _back(visit, "product_saved")


async def show_one(visit: Visit) -> Response:
    """Show one product."""
    return await _one(visit)


async def change(visit: Visit) -> Response:
    """Change a product."""
    found = await price_lists.read(visit)
    before = _product(visit, found)

    async def put() -> None:
        product = await _filled(visit, before["id"])
        kept = [product if each is before else each for each in found["products"]]
        await price_lists.save(visit, found, products=kept)

    wrong = await price_lists.tried(put(), known=Product.model_fields)
    return await _one(visit, wrong) if wrong else _back(visit, "product_saved")


async def move(visit: Visit) -> Response:
    """Have a product change places with its neighbour."""
    found = await price_lists.read(visit)
    products = list(found["products"])
    place = products.index(_product(visit, found))
    other = place + (1 if filled(Move, visit.form).way == "down" else -1)
    if 0 <= other < len(products):
        products[place], products[other] = products[other], products[place]
        await price_lists.save(visit, found, products=products)
    return _back(visit, "product_moved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a product is really to go."""
    return await _removal(visit)


async def remove(visit: Visit) -> Response:
    """Take a product off the list; what was ordered of it stays as it was."""
    found = await price_lists.read(visit)
    gone = _product(visit, found)
    kept = [each for each in found["products"] if each is not gone]
    wrong = await price_lists.tried(price_lists.save(visit, found, products=kept))
    return await _removal(visit, wrong) if wrong else _back(visit, "product_removed")


async def _filled(visit: Visit, product_id: str) -> Record:
    asked = filled(Product, visit.form)
    return {
        "id": product_id,
        **asked.model_dump(),
        "price": amounts.read("price", asked.price, (await company(visit))["currency"]),
        "tax_rate": amounts.read_rate("tax_rate", asked.tax_rate),
    }


def _product(visit: Visit, found: Record) -> Record:
    wanted = str(visit.request.path_params["product_id"])
    product: Record | None = next((each for each in found["products"] if each["id"] == wanted), None)
    if product is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return product


def _back(visit: Visit, said: str) -> Response:
    return pages.to(f"/galleries/price-lists/{visit.request.path_params['list_id']}", said=said)


async def _new(visit: Visit, wrong: Wrong | None = None) -> Response:
    blank = {"id": str(uuid4()), "images": 1, "tax_rate": "0", "is_shipped": True, "is_active": True}
    return await _form(visit, await price_lists.read(visit), None, _typed(visit) if wrong else blank, wrong)


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    found, currency = await price_lists.read(visit), (await company(visit))["currency"]
    product = _product(visit, found)
    written = {
        "price": amounts.typed(product["price"], currency),
        "tax_rate": amounts.rate(product["tax_rate"]),
    }
    is_typed = wrong is not None and not wrong.is_stale
    values = _typed(visit) if is_typed else {**product, **written}
    return await _form(visit, found, product, values, wrong)


def _typed(visit: Visit) -> Record:
    ticked = {name: name in visit.form for name in ("is_shipped", "is_active")}
    return {**visit.form, **ticked}


async def _form(
    visit: Visit, found: Record, product: Record | None, values: Record, wrong: Wrong | None
) -> Response:
    return visit.page(
        "galleries/product.html",
        wrong,
        found=found,
        product=product,
        values=values,
        currency=(await company(visit))["currency"],
        may_change=visit.may("lists", Level.ADD_MODIFY),
    )


async def _removal(visit: Visit, wrong: Wrong | None = None) -> Response:
    found = await price_lists.read(visit)
    return visit.page("galleries/product_remove.html", wrong, found=found, product=_product(visit, found))
