"""What a gallery sells that is made from pictures, for whoever looks at one."""

from collections.abc import Sequence

from app.core.db import Session
from app.galleries import carts
from app.galleries.order_refusals import GalleryClosed
from app.galleries.pricing import Product
from app.portal.web.shop.counter import Counter
from app.portal.web.visits import NoGallery, Visit


async def of_picture(session: Session, visit: Visit) -> tuple[Sequence[Product], Sequence[Product]]:
    """Return the products that are made from one picture, and those made from several."""
    if not visit.gallery.sells:
        return (), ()
    try:
        _, products = await carts.offered(session, visit.who, Counter(visit).visit)
    except GalleryClosed:
        raise NoGallery from None
    return [each for each in products if each.images == 1], [each for each in products if each.images > 1]
