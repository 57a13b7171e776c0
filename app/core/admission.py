"""Who is let in next where only so many may be at once: accounts by turns, each no more than its share."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Any
from uuid import UUID

from app.core import metrics
from app.core.errors import AccountBusy, AppError, CallerGone, Overloaded
from app.core.ids import NIL

Gone = Callable[[], Awaitable[object]]
"""What ends when a caller has hung up; asked only while they wait."""

NOBODY = NIL
"""The account of those who come in for none."""

_MOMENT = 0.02
"""Seconds within which most are let in: to watch meanwhile who hangs up would take longer than their wait."""

_LOOK = 0.25
"""Seconds after which somebody who waits looks again whether what was a burst goes on and on."""

_Queue = deque["asyncio.Future[None]"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many may be in by a lane, and how many may wait, in all and of one account each; for how long.

    `patience` is in seconds; it is `patience_when_full` as soon as the lane, or the one behind it, has been
    full without a break for as long as its `patience`: a burst is to be waited out, but where the queue never
    ends all would wait that long and be no fewer. `too_late` is what they are told whose patience has ended.
    """

    name: str
    most: int
    share: int
    waiting: int
    waiting_each: int
    patience: float
    patience_when_full: float
    too_late: type[AppError] = Overloaded


class Admission:
    """So many places, and lanes that lead to them; a place that is given back is first offered to the first.

    A place that is free is taken without waiting and without a turn of the event loop.
    """

    def __init__(self, places: int) -> None:
        """Say how many may be in at once, by whatever lane."""
        self.free = places
        self._lanes: list[Lane] = []

    def lane(self, bounds: Bounds, behind: "Lane | None" = None) -> "Lane":
        """Add a lane after those there are; `behind` it is the one in which who comes in waits next."""
        made = Lane(self, bounds, behind)
        self._lanes.append(made)
        return made

    def let_in(self) -> None:
        """Let in who may be let in now."""
        for lane in self._lanes:
            lane.let_in()


class Lane:
    """Those who come in for one kind of work, and those who wait for it, account by account."""

    def __init__(self, admission: Admission, bounds: Bounds, behind: "Lane | None" = None) -> None:
        self._admission = admission
        self._bounds = bounds
        self._behind = behind
        self._free = bounds.most
        self._room = bounds.waiting
        self._full_since: float | None = None
        self._inside: dict[UUID, int] = {}
        self._waiting: OrderedDict[UUID, _Queue] = OrderedDict()

    def place(self, account: UUID, gone: Gone | None = None) -> "Place":
        """Return a place of an account for the time of an `async with`.

        To enter it raises `AccountBusy` when too many of the account wait already, `Overloaded` when too many
        do, `too_late` when patience ends, `CallerGone` when `gone` ends first.
        """
        return Place(self, account, gone)

    async def enter(self, account: UUID, gone: Gone | None) -> None:
        """Come in, at once or when it is this one's turn."""
        if self._has_place(account):
            self._take(account)
        else:
            await self._wait(account, gone)

    def leave(self, account: UUID) -> None:
        """Give a place back, to whoever is next."""
        left = self._inside[account] - 1
        if left:
            self._inside[account] = left
        else:
            del self._inside[account]
        self._free += 1
        self._admission.free += 1
        self._admission.let_in()
        if self._free:
            self._full_since = None

    def is_standing(self) -> bool:
        """Say whether it has been full for so long that those who wait are no burst."""
        now = asyncio.get_running_loop().time()
        return self._full_since is not None and now - self._full_since >= self._bounds.patience

    def let_in(self) -> None:
        """Let in who waits and may come in, one of each account at a time."""
        while (account := self._next()) is not None:
            self._take(account)
            self._waiting[account].popleft().set_result(None)
            self._waiting.move_to_end(account)
            self._forget_if_empty(account)

    def _has_place(self, account: UUID) -> bool:
        return (
            self._free > 0 and self._admission.free > 0 and self._inside.get(account, 0) < self._bounds.share
        )

    def _take(self, account: UUID) -> None:
        self._free -= 1
        self._admission.free -= 1
        self._inside[account] = self._inside.get(account, 0) + 1
        if not self._free and self._full_since is None:
            self._full_since = asyncio.get_running_loop().time()

    def _next(self) -> UUID | None:
        return next((account for account in self._waiting if self._has_place(account)), None)

    async def _wait(self, account: UUID, gone: Gone | None) -> None:
        queue = self._waiting.get(account, ())
        if len(queue) >= self._bounds.waiting_each:
            raise Overloaded if account == NOBODY else AccountBusy
        if self._room <= 0:
            raise Overloaded
        let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(let_in)
        self._room -= 1
        began, came_of_it = perf_counter(), "let_in"
        try:
            await self._first(let_in, gone)
        except BaseException as error:
            came_of_it = error.code if isinstance(error, AppError) else "gone"
            self._withdraw(account, let_in)
            raise
        finally:
            self._room += 1
            told = {"for": self._bounds.name, "outcome": came_of_it}
            metrics.admission_wait.record(perf_counter() - began, told)

    async def _first(self, let_in: "asyncio.Future[None]", gone: Gone | None) -> None:
        """Wait to be let in; raise when the caller goes, or patience ends, before that."""
        began = perf_counter()
        await asyncio.wait({let_in}, timeout=min(self._patience(), _MOMENT))
        if not let_in.done():
            await self._watching(let_in, gone, began)

    async def _watching(self, let_in: "asyncio.Future[None]", gone: Gone | None, began: float) -> None:
        leaving = asyncio.ensure_future(gone()) if gone else None
        try:
            waited_for: set[asyncio.Future[Any]] = {let_in, leaving} if leaving else {let_in}
            done: set[asyncio.Future[Any]] = set()
            while not done and (left := began + self._patience() - perf_counter()) > 0:
                done, _ = await asyncio.wait(
                    waited_for, timeout=min(left, _LOOK), return_when=asyncio.FIRST_COMPLETED
                )
            has_gone = leaving is not None and leaving.done()
        finally:
            if leaving is not None:
                leaving.cancel()
                await asyncio.wait({leaving})
        if not let_in.done():
            raise CallerGone if has_gone else self._bounds.too_late

    def _patience(self) -> float:
        is_standing = self.is_standing() or (self._behind is not None and self._behind.is_standing())
        return self._bounds.patience_when_full if is_standing else self._bounds.patience

    def _withdraw(self, account: UUID, let_in: "asyncio.Future[None]") -> None:
        """Wait no longer; a place that was given at that very moment is given on."""
        if let_in.done():
            self.leave(account)
            return
        self._waiting[account].remove(let_in)
        self._forget_if_empty(account)

    def _forget_if_empty(self, account: UUID) -> None:
        if not self._waiting[account]:
            del self._waiting[account]


class Place:
    """A place in a lane while an `async with` lasts."""

    __slots__ = ("_account", "_gone", "_lane")

    def __init__(self, lane: Lane, account: UUID, gone: Gone | None) -> None:
        self._lane, self._account, self._gone = lane, account, gone

    async def __aenter__(self) -> None:
        await self._lane.enter(self._account, self._gone)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.leave(self._account)
