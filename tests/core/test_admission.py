"""Who is let in next: accounts by turns, what is urgent before the rest, and nobody who has gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest

from app.core.admission import Admission, Bounds, Lane
from app.core.errors import AccountBusy, CallerGone, Overloaded

STORM, QUIET, THIRD = (UUID(int=number) for number in (1, 2, 3))
FOR_EVER = 60.0


class Door:
    """A lane, and in which order it let somebody in."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.let_in: list[str] = []
        self.leave: dict[str, asyncio.Event] = {}
        self.entered: dict[str, asyncio.Event] = {}

    def come(self, name: str, account: UUID, gone: asyncio.Event | None = None) -> "asyncio.Task[None]":
        """Have somebody come in, and stay until told to leave."""
        self.leave[name], self.entered[name] = asyncio.Event(), asyncio.Event()
        return asyncio.create_task(self._stay(name, account, gone))

    async def _stay(self, name: str, account: UUID, gone: asyncio.Event | None) -> None:
        async with self.lane.place(account, gone.wait if gone else None):
            self.let_in.append(name)
            self.entered[name].set()
            await self.leave[name].wait()


@asynccontextmanager
async def several(door: Door, *who: tuple[str, UUID]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Have several come, one behind the other, and send all home at last."""
    tasks = [door.come(name, account) for name, account in who]
    await settle()
    try:
        yield tasks
    finally:
        for leave in door.leave.values():
            leave.set()
        await asyncio.gather(*tasks, return_exceptions=True)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def bounds(
    most: int, share: int, waiting: int = 100, waiting_each: int = 100, patience: float = FOR_EVER
) -> Bounds:
    return Bounds("door", most, share, waiting, waiting_each, patience, patience)


async def test_an_account_that_has_its_share_leaves_room_for_another() -> None:
    door = Door(Admission(4).lane(bounds(4, share=2)))
    async with several(door, *((f"storm {n}", STORM) for n in range(10)), ("quiet", QUIET)):
        assert door.let_in == ["storm 0", "storm 1", "quiet"]


async def test_accounts_that_wait_are_let_in_by_turns() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1)))
    storm = [(f"storm {n}", STORM) for n in range(4)]
    async with several(door, *storm, ("quiet 0", QUIET), ("quiet 1", QUIET), ("third", THIRD)):
        for _ in range(6):
            door.leave[door.let_in[-1]].set()
            await settle()
        assert door.let_in == ["storm 0", "storm 1", "quiet 0", "third", "storm 2", "quiet 1", "storm 3"]


async def test_what_is_urgent_has_places_of_its_own_and_goes_first() -> None:
    admission = Admission(3)
    urgent, usual = Door(admission.lane(bounds(3, share=3))), Door(admission.lane(bounds(2, share=2)))
    async with several(usual, ("a", STORM), ("b", STORM), ("c", QUIET)), several(urgent, ("x", STORM)):
        assert (usual.let_in, urgent.let_in) == (["a", "b"], ["x"])
        async with several(urgent, ("y", QUIET)):
            usual.leave["a"].set()
            await settle()
            assert (usual.let_in, urgent.let_in) == (["a", "b"], ["x", "y"])


async def test_who_is_cancelled_while_waiting_leaves_the_queue() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1, waiting=2, waiting_each=1)))
    async with several(door, ("in", STORM), ("impatient", STORM)) as [_, impatient]:
        impatient.cancel()
        await asyncio.wait({impatient})
        async with several(door, ("next", STORM)):
            door.leave["in"].set()
            await settle()
            assert door.let_in == ["in", "next"]


async def test_who_hangs_up_while_waiting_leaves_the_queue() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1, waiting=1)))
    hung_up = asyncio.Event()
    async with several(door, ("in", STORM)):
        waiting = door.come("gone", QUIET, hung_up)
        await settle()
        hung_up.set()
        with pytest.raises(CallerGone):
            await waiting
        async with several(door, ("next", THIRD)):
            door.leave["in"].set()
            await settle()
            assert door.let_in == ["in", "next"]


async def test_who_stays_on_the_line_is_let_in() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1)))
    async with several(door, ("in", STORM)):
        waiting = door.come("patient", QUIET, asyncio.Event())
        await settle()
        door.leave["in"].set()
        await door.entered["patient"].wait()
        door.leave["patient"].set()
        await waiting


async def test_a_place_given_to_somebody_who_is_cancelled_at_that_moment_is_given_on() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1)))
    async with several(door, ("in", STORM), ("unlucky", QUIET), ("next", THIRD)) as [inside, unlucky, _]:
        door.leave["in"].set()
        # Its place was given away, and whom it was given to has not run since.
        await inside
        assert door.let_in == ["in"]
        unlucky.cancel()
        await settle()
        assert door.let_in == ["in", "next"]


async def test_more_than_may_wait_are_refused_at_once() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1, waiting=3, waiting_each=2)))
    async with several(door, *((f"storm {n}", STORM) for n in range(3)), ("quiet", QUIET)) as tasks:
        with pytest.raises(AccountBusy):
            await door.come("one of the storm too many", STORM)
        with pytest.raises(Overloaded):
            await door.come("one too many", THIRD)
        assert not [task for task in tasks if task.done()]


async def test_patience_ends() -> None:
    door = Door(Admission(1).lane(bounds(1, share=1, patience=0)))
    turn = Door(Admission(1).lane(Bounds("door", 1, 1, 1, 1, 0, 0, AccountBusy)))
    async with several(door, ("in", STORM)), several(turn, ("in", STORM)):
        with pytest.raises(Overloaded):
            await door.come("late", QUIET)
        with pytest.raises(AccountBusy):
            await turn.come("late", QUIET)


async def test_a_burst_is_waited_out_and_a_standing_queue_is_not() -> None:
    burst = Door(Admission(1).lane(Bounds("door", 1, 1, 10, 10, patience=FOR_EVER, patience_when_full=0)))
    async with several(burst, ("in", STORM), ("waiting", QUIET)) as [_, waiting]:
        assert not waiting.done()
    # As long as patience lasts, which is no time at all, it has been full.
    standing = Door(Admission(1).lane(Bounds("door", 1, 1, 10, 10, patience=0, patience_when_full=FOR_EVER)))
    async with several(standing, ("in", STORM), ("waiting", QUIET)) as [_, waiting]:
        assert not waiting.done()
        standing.leave["in"].set()
        standing.leave["waiting"].set()
        await waiting


async def test_a_turn_is_not_waited_for_where_what_comes_after_it_is_full_for_good() -> None:
    connections = Admission(1).lane(Bounds("connection", 1, 1, 10, 10, patience=0, patience_when_full=0))
    impatient = Bounds("turn", 9, 1, 10, 10, FOR_EVER, 0, AccountBusy)
    turn = Door(Admission(9).lane(impatient, behind=connections))
    async with several(turn, ("in", STORM), ("waiting", STORM)) as [_, waiting]:
        assert not waiting.done()
        async with connections.place(QUIET):
            with pytest.raises(AccountBusy):
                await turn.come("late", STORM)


async def test_after_a_storm_every_place_is_free_again() -> None:
    lane = Admission(3).lane(bounds(3, share=2))
    door = Door(lane)
    storm = [(f"{account} {n}", account) for n in range(20) for account in (STORM, QUIET, THIRD)]
    async with several(door, *storm) as tasks:
        for task in tasks[::3]:
            task.cancel()
    async with AsyncExitStack() as inside:
        for account in (STORM, STORM, QUIET):
            await asyncio.wait_for(inside.enter_async_context(lane.place(account)), FOR_EVER)
