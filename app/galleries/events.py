"""What galleries announce."""

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, slots=True)
class WebOrderReceived(Event):
    """A client's order is ready to be made an invoice: placed, and paid if that was to be at once."""

    order_id: UUID
