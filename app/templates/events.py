"""What is announced of templates; who sends by one refuses that it goes, by `TemplateInUse`."""

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, slots=True)
class TemplateRemoved(Event):
    """A template is gone, unless a listener refuses that."""

    template_id: UUID
