"""Facts: ids among the account's records that rules need, such as the statuses that are final."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.core.db import Session

SITES = "sites"
"""The fact that names the places records are at home at."""
Finder = Callable[[Session], Awaitable[list[UUID]]]
_finders: dict[str, Finder] = {}
_sources: set[str] = set()


def fact(name: str, *, of: str) -> Callable[[Finder], Finder]:
    """Declare how ids are found among the records of a collection; a change there is a change of scope."""

    def declare(finder: Finder) -> Finder:
        _finders[name] = finder
        _sources.add(of)
        return finder

    return declare


async def find(session: Session, *, is_bound: bool) -> dict[str, list[UUID]]:
    """Return the facts of the account; the sites only for who is bound to one."""
    wanted = {name: finder for name, finder in _finders.items() if is_bound or name != SITES}
    return {name: await finder(session) for name, finder in wanted.items()}


def is_source(collection: str) -> bool:
    """Say whether facts are found in a collection."""
    return collection in _sources
