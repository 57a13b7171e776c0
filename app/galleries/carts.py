"""Carts: what a client puts together in a gallery, priced here each time it is shown.

What the gallery's pages call takes a session of the account, who acts, and the visit. Where it raises
`OrderRefused` nothing is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.order_models import WebCart
from app.galleries.order_refusals import (
    CartFull,
    ImagesWanted,
    OrderRefused,
    PictureNotOnline,
    ProductNotOffered,
    QuantityRefused,
)
from app.galleries.pricing import (
    MOST_OF_ONE,
    MOST_TO_PAY,
    CartLine,
    OrderLine,
    Product,
    Sums,
    priced,
    summed,
    tag_of,
)
from app.galleries.visits import Shop, Visit, open_shop

MOST_LINES = 100
"""How many lines a cart may have."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A product a client wants, how many of it, and the numbers of the images it is made from."""

    line_id: UUID
    product_id: UUID
    quantity: int
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A line of a cart that cannot be ordered any more, and why; it counts in no sum."""

    line: CartLine
    why: OrderRefused


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A cart as it is shown: its lines at today's prices, what they come to, and a `tag` to order just that.

    Amounts are in minor units of the `currency`. `unavailable` are lines that keep it from being ordered.
    """

    currency: str
    lines: tuple[OrderLine, ...]
    unavailable: tuple[Unavailable, ...]
    sums: Sums
    tag: str


async def offered(session: Session, who: Principal, visit: Visit) -> tuple[str, Sequence[Product]]:
    """Return the currency and the products of a gallery, in the order of its price list."""
    shop = await open_shop(session, who, visit)
    return shop.currency, list(shop.products.values())


async def read_cart(session: Session, who: Principal, visit: Visit) -> PricedCart:
    """Return the client's cart, at what its products cost now."""
    return await price(session, await open_shop(session, who, visit), await lines_in(session, visit))


async def put_line(session: WriteSession, who: Principal, visit: Visit, wish: Wish) -> PricedCart:
    """Put a line into the cart, or another in the place of the one of its id; put again, nothing happens."""
    shop = await open_shop(session, who, visit)
    product = shop.products.get(wish.product_id)
    if product is None:
        raise ProductNotOffered
    if not 1 <= wish.quantity <= MOST_OF_ONE:
        raise QuantityRefused(product.name)
    if len(wish.images) != product.images:
        raise ImagesWanted(product.name)
    line = CartLine(
        id=wish.line_id, product_id=wish.product_id, quantity=wish.quantity, images=tuple(wish.images)
    )
    lines = {each.id: each for each in await lines_in(session, visit)} | {line.id: line}
    found = await price(session, shop, list(lines.values()))
    for each in found.unavailable:
        if each.line.id == line.id:
            raise each.why
    if len(lines) > MOST_LINES or found.sums.total > MOST_TO_PAY:
        raise CartFull
    await keep_lines(session, visit, list(lines.values()))
    return found


async def take_line(session: WriteSession, who: Principal, visit: Visit, line_id: UUID) -> PricedCart:
    """Take a line out of the cart; taken out again, nothing happens."""
    shop = await open_shop(session, who, visit)
    lines = [each for each in await lines_in(session, visit) if each.id != line_id]
    await keep_lines(session, visit, lines)
    return await price(session, shop, lines)


async def lines_in(session: Session, visit: Visit) -> list[CartLine]:
    """Return the lines of a cart, in the order they were put in."""
    row = await order_store.cart(session, visit.gallery_id, visit.client_id)
    return [CartLine.model_validate(each) for each in row.lines] if row else []


async def keep_lines(session: WriteSession, visit: Visit, lines: Sequence[CartLine]) -> None:
    """Set the lines of a cart."""
    row = await order_store.cart(session, visit.gallery_id, visit.client_id)
    if row is None:
        row = WebCart(
            account_id=session.account_id,
            gallery_id=visit.gallery_id,
            client_id=visit.client_id,
            lines=[],
            changed_at=clock.now(),
        )
    names = set(CartLine.model_fields)
    row.lines = [each.model_dump(mode="json", include=names) for each in lines]
    row.changed_at = clock.now()
    session.add(row)
    await session.flush()


async def price(session: Session, shop: Shop, lines: Sequence[CartLine]) -> PricedCart:
    """Return lines at what their products cost now, those apart that cannot be ordered."""
    numbers = {number for each in lines for number in each.images}
    shown = await order_store.shown(session, shop.session_id, numbers) if numbers else set()
    good: list[OrderLine] = []
    bad: list[Unavailable] = []
    for each in lines:
        why = _why_not(each, shop.products, shown)
        if why:
            bad.append(Unavailable(each, why))
        else:
            good.append(priced(each, shop.products[each.product_id]))
    sums = summed(good, shop.shipping)
    return PricedCart(shop.currency, tuple(good), tuple(bad), sums, tag_of(good, sums))


def _why_not(line: CartLine, products: Mapping[UUID, Product], shown: set[str]) -> OrderRefused | None:
    product = products.get(line.product_id)
    if product is None:
        return ProductNotOffered()
    if missing := sorted(set(line.images) - shown):
        return PictureNotOnline(*missing)
    return None if len(line.images) == product.images else ImagesWanted(product.name)
