"""The limits a client can meet in their gallery."""

from datetime import timedelta

from app.galleries.carts import MOST_LINES
from app.galleries.order_jobs import KEPT
from app.galleries.pricing import MOST_OF_ONE
from app.http.forms import MAX_BYTES
from app.portal.links import LINK_FOR
from app.portal.logins import DEFAULT_FOR, TRIES
from app.portal.picture_store import MOST_GROUPS
from app.portal.sign_ins import ASKED, LIMITED_FOR, SIGNED_IN_FOR
from app.portal.store import MOST_LETTERS_AN_HOUR
from app.portal.web.shop.counter import CHARGES, ORDERS
from app.portal.web.visits import MISSES, READS, WRITES
from app.sync.limit_schemas import PortalLimits


def limits_of_portal() -> PortalLimits:
    """Return how clients come into their galleries, and how much they may do there."""
    return PortalLimits(
        misses_per_minute=MISSES.most,
        writes_per_minute=WRITES.most,
        reads_per_minute=READS.most,
        max_form_bytes=MAX_BYTES,
        sign_in_days=SIGNED_IN_FOR.days,
        default_password_tries=TRIES,
        default_password_hours=DEFAULT_FOR // timedelta(hours=1),
        choosing_minutes=LIMITED_FOR // timedelta(minutes=1),
        link_minutes=LINK_FOR // timedelta(minutes=1),
        forgotten_per_hour=ASKED.most,
        letters_per_hour=MOST_LETTERS_AN_HOUR,
        max_groups=MOST_GROUPS,
        max_cart_lines=MOST_LINES,
        max_quantity=MOST_OF_ONE,
        orders_per_hour=ORDERS[0].most,
        charges_per_quarter=CHARGES[0].most,
        cart_days=KEPT.days,
    )
