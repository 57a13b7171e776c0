"""The doors that are open to API keys; all others are for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Doors:
    """What API keys may ask: whole tags, single operations, and what is closed in spite of its tag.

    `subjects` are names in addresses, of collections, that are closed wherever they stand.
    """

    tags: frozenset[str]
    operations: frozenset[str]
    closed: frozenset[str]
    subjects: frozenset[str] = frozenset()

    def let_in(self, route: Any, path: Mapping[str, Any]) -> bool:
        """Say whether a route is open; none is that is not named here."""
        return path.get("collection") not in self.subjects and self.is_open(route.tags, route.operation_id)

    def is_open(self, tags: Any, operation: str | None) -> bool:
        """Say whether an operation is open, by its tags and its name."""
        if operation is None or operation in self.closed:
            return False
        return operation in self.operations or not self.tags.isdisjoint(tags)
