"""The cart: what is in it at today's prices, how many of each, and what is taken out of it."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.responses import Response

from app.galleries import carts, ordering
from app.galleries.carts import PricedCart, Wish
from app.galleries.files import Size
from app.galleries.order_models import OrderState
from app.galleries.order_refusals import OrderRefused
from app.galleries.pricing import Product
from app.galleries.visits import open_shop
from app.portal import picture_store
from app.portal.web import words
from app.portal.web.pages import Wrong
from app.portal.web.shop.counter import Counter
from app.portal.web.shop.products import quantity_in
from app.portal.web.visits import Visit

_SHOWN = 5
"""So many pictures of a line are shown."""


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show what is in the cart, and what of it can no longer be ordered."""
    counter = Counter(visit)
    async with counter.reading() as work:
        shop = await open_shop(work.session, work.who, counter.visit)
        cart = await carts.price(work.session, shop, await carts.lines_in(work.session, counter.visit))
        names = {number for each in _images(cart) for number in each[:_SHOWN]}
        known = await picture_store.numbered(work.session, visit.gallery.session_id, names)
        orders = await ordering.orders_of(work.session, counter.visit)
    waiting = next((each for each in orders if each.state == OrderState.UNPAID), None)
    return visit.page(
        "cart.html",
        wrong,
        cart=cart,
        gone=[
            (each.line, _name(each.line.product_id, shop.products), words.of_order(each.why))
            for each in cart.unavailable
        ],
        thumbs={number: visit.link(each, Size.THUMBNAIL) for number, each in known.items()},
        most_shown=_SHOWN,
        waiting=waiting,
    )


async def change(visit: Visit) -> Response:
    """Order more or fewer of a line; what is no longer in the cart stays out of it."""
    counter, line_id = Counter(visit), visit.request.path_params["line_id"]
    quantity = quantity_in(visit.form.get("quantity", ""))
    try:
        async with counter.writing() as work:
            lines = await carts.lines_in(work.session, counter.visit)
            line = next((each for each in lines if each.id == line_id), None)
            if line is not None:
                wish = Wish(line_id, line.product_id, quantity, line.images)
                await carts.put_line(work.session, work.who, counter.visit, wish)
    except OrderRefused as refused:
        return await show(visit, Wrong(words.of_order(refused), HTTPStatus.CONFLICT))
    return visit.to("/cart", said="cart_changed" if line else "line_gone")


async def take(visit: Visit) -> Response:
    """Take a line out of the cart."""
    counter, line_id = Counter(visit), visit.request.path_params["line_id"]
    async with counter.writing() as work:
        await carts.take_line(work.session, work.who, counter.visit, line_id)
    return visit.to("/cart", said="line_taken")


def _images(cart: PricedCart) -> list[tuple[str, ...]]:
    return [each.images for each in cart.lines] + [each.line.images for each in cart.unavailable]


def _name(product_id: UUID, products: Mapping[UUID, Product]) -> str:
    return products[product_id].name if product_id in products else words.NO_PRODUCT
