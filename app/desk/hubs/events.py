"""What is announced of what people keep of hubs."""

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, slots=True)
class FilterRemoved(Event):
    """A saved filter is gone."""

    filter_id: UUID
