"""What is said to the process that reads a file."""

import json
from dataclasses import asdict, dataclass
from typing import Self

TOO_COSTLY = 3
"""What the process ends with where its memory did not suffice."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a file is read: by which `form`, and for calendars where and when (`today`, a date of ISO 8601).

    `has_headings` says of a table that its columns have names. Reading may take `memory` (bytes) and
    `seconds` (of the processor).
    """

    form: str
    zone: str
    today: str
    has_headings: bool
    memory: int
    seconds: int

    def written(self) -> str:
        """Return it as an argument."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what was written."""
        return cls(**json.loads(text))
