"""How rooms that may not see each other meet: one announces, others hear."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from app.core.principal import Principal

if TYPE_CHECKING:
    from app.core.db import WriteSession


class Event:
    """Something that has happened, said in the past tense."""


Listener = Callable[["WriteSession", Principal, Any], Awaitable[None]]
_inside: dict[type[Event], list[Listener]] = {}


def hears(event: type[Event]) -> Callable[[Listener], Listener]:
    """Register a listener that runs inside the announcing transaction and may refuse by raising."""

    def register(listener: Listener) -> Listener:
        _inside.setdefault(event, []).append(listener)
        return listener

    return register


async def announce(session: "WriteSession", who: Principal, event: Event) -> None:
    """Tell everybody who hears this kind of event, in the order they registered."""
    for listener in _inside.get(type(event), []):
        await listener(session, who, event)
