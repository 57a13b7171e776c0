"""The limits of card payments a client can meet."""

from datetime import timedelta

from app.cards.guards import CHARGES
from app.cards.reserving import RESERVED_FOR
from app.cards.router import CardRoute
from app.cards.schemas import MOST
from app.sync.limit_schemas import CardLimits


def limits_of_cards() -> CardLimits:
    """Return how much is charged at once, how often, and how long a reservation is kept."""
    return CardLimits(
        max_amount=MOST,
        max_bytes=CardRoute.max_bytes,
        reserved_minutes=RESERVED_FOR // timedelta(minutes=1),
        charges_per_minute=CHARGES.most,
    )
