"""What whoever runs the simulator has asked for: behaviours of the next requests, and those that hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from app.simulator.behaviours import Behaviour
from app.simulator.operations import Asked


@dataclass(slots=True)
class Rule:
    """Requests that fit behave so, `times` of them; what is none fits any."""

    behaviour: Behaviour
    times: int | None = 1
    operations: frozenset[str] = frozenset()
    device: str | None = None
    reference: str | None = None

    def fits(self, asked: Asked) -> bool:
        """Say whether it is about a request."""
        fields = asked.fields
        return (
            (not self.operations or asked.operation in self.operations)
            and self.device in {None, fields.get("deviceID")}
            and self.reference in {None, fields.get("externalReferenceID")}
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that hangs, or whose answer drips."""

    number: int
    asked: Asked
    behaviour: Behaviour
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Rules:
    """All that was asked for, in memory: a simulator that starts behaves well."""

    def __init__(self) -> None:
        self.all: list[Rule] = []
        self.waiting: dict[int, Waiting] = {}
        self._numbers = count(1)
        self._changed = asyncio.Condition()

    def behaviour_for(self, asked: Asked) -> Behaviour | None:
        """Return what the first rule that fits says, and count it."""
        for rule in self.all:
            if rule.fits(asked):
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times == 0:
                        self.all.remove(rule)
                return rule.behaviour
        return None

    @asynccontextmanager
    async def hanging(self, asked: Asked, behaviour: Behaviour) -> AsyncIterator[Waiting]:
        """Keep a request among those that can be released."""
        kept = Waiting(next(self._numbers), asked, behaviour)
        self.waiting[kept.number] = kept
        await self._tell()
        try:
            yield kept
        finally:
            del self.waiting[kept.number]
            await self._tell()

    async def until(self, at_least: int, at_most: int | None) -> None:
        """Wait until so many requests hang."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: at_least <= len(self.waiting) and (at_most is None or len(self.waiting) <= at_most)
            )

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def release(self) -> int:
        """Let all that hangs go on, and return how many that were."""
        for each in self.waiting.values():
            each.released.set()
        return len(self.waiting)
