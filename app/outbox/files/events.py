"""What is announced of files of letters; who names one refuses that it goes, by `LetterFileInUse`."""

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, slots=True)
class LetterFileRemoved(Event):
    """A file is gone, unless a listener refuses that."""

    file_id: UUID
