"""Somebody who waits for an account to move, and the one thing they are to be told next."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.accounts.tokens import Claims
from app.core.errors import AppError
from app.core.revisions import Clock


@dataclass(frozen=True, slots=True)
class Position:
    """How far an account has come: its records, and what scopes are compiled from."""

    revision: int
    scope_version: int
    epoch: UUID

    @classmethod
    def of(cls, at: Clock) -> "Position":
        """Return the position a clock shows."""
        return cls(at.revision, at.scope_revision, at.epoch)

    def after(self, other: "Position | None") -> "Position":
        """Return the later of two positions, which may have been read in another order than reached."""
        if other is None or other.epoch != self.epoch:
            return self
        revision, scope = max(self.revision, other.revision), max(self.scope_version, other.scope_version)
        return Position(revision, scope, self.epoch)


@dataclass(frozen=True, slots=True)
class Known:
    """What a caller says it has heard of; what it leaves out counts as known, nothing at all as nothing."""

    revision: int | None = None
    scope_version: int | None = None

    def is_at(self, position: Position) -> bool:
        """Say whether there is nothing to tell."""
        return self.revision == position.revision and self.scope_version in (None, position.scope_version)


class End(StrEnum):
    """Why a wait ends that might have gone on; a caller who is refused gets the refusal instead."""

    RENEW = "renew"
    RESTART = "restart"
    REPLACED = "replaced"


Ending = End | AppError


class Watcher:
    """One caller who waits. What they have not taken in yet is replaced, never queued: the newest counts."""

    __slots__ = ("_ending", "_news", "_told", "claims", "woken")

    def __init__(self, claims: Claims) -> None:
        """Begin to wait; nothing is known of what the caller knows. Whoever tells them sets `woken`."""
        self.claims = claims
        self.woken: Callable[[], None] | None = None
        self._told: Position | None = None
        self._news: Position | None = None
        self._ending: Ending | None = None

    def begin(self, known: Known, position: Position) -> None:
        """Take what the caller knows against where the account is; there may be news since that was read."""
        if known.is_at(position):
            self._told = position
        since, self._news = self._news, None
        self.tell(since.after(position) if since else position)

    def tell(self, position: Position) -> None:
        """Have the caller told where the account is, unless they were."""
        latest = position.after(self._news or self._told)
        if latest != self._told:
            self._news = latest
            self._wake()

    def end(self, ending: Ending) -> None:
        """Have the wait end; the first reason counts."""
        self._ending = self._ending or ending
        self._wake()

    def take(self) -> Position | Ending | None:
        """Return what there is to tell, which counts as told."""
        if self._ending is not None:
            return self._ending
        news, self._news = self._news, None
        self._told = news or self._told
        return news

    async def next(self, seconds: float) -> Position | Ending | None:
        """Return what there is to tell, as soon as there is something; none when the time is over."""
        if happened := self.take():
            return happened
        woken = asyncio.Event()
        self.woken = woken.set
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()
        return self.take()

    def _wake(self) -> None:
        if self.woken is not None:
            self.woken()
