"""Two ways to ask: each when it is due, whatever became of those before, and each as soon as it may.

The first, an open loop, tells how long who asks has to wait; the second, a closed one, how many are answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from benchmarks.samples import Work
from benchmarks.serving import Served
from benchmarks.wire import Lines, Reply

_GIVEN_UP = 30.0

Ask = Callable[[], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a request: when it was `due`, and what came how many seconds after that."""

    due: float
    seconds: float
    reply: Reply


async def arrive(ask: Ask, per_second: float, seconds: float) -> list[Answered]:
    """Ask at a constant rate for a while, and return what became of each, in the order they were due."""
    began = perf_counter()
    tasks = []
    for number in range(max(1, round(per_second * seconds))):
        due = began + number / per_second
        if (early := due - perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(_asked(ask, due)))
    return list(await asyncio.gather(*tasks))


async def _asked(ask: Ask, due: float) -> Answered:
    reply = await answered(ask)
    return Answered(due, perf_counter() - due, reply)


async def answered(ask: Ask) -> Reply:
    """Return what came, if anything did in good time; else what was in the way, as the head of no answer."""
    try:
        async with asyncio.timeout(_GIVEN_UP):
            return await ask()
    except (OSError, EOFError) as error:
        return Reply(0, repr(error).encode())


async def at_a_rate(ask: Ask, per_second: float, seconds: float) -> Work:
    """Ask at a constant rate, and say how long each had to wait."""
    answers = await arrive(ask, per_second, seconds)
    waits = [each.seconds for each in answers if each.reply.is_accepted]
    return Work(len(waits), failed=len(answers) - len(waits), waits=waits)


async def at_once(served: Served | None, asks: Sequence[Ask], each: int, seconds: float) -> Work:
    """Have each ask again as soon as it is answered, until the time is over; a request counts as so much.

    Who is told when to come again waits that long: to be refused is no work done.
    """
    until, done, failed = perf_counter() + seconds, 0, 0
    cpu = served.cpu_seconds if served else 0.0
    if served:
        served.forget_peak()
    began = perf_counter()

    async def again(ask: Ask) -> None:
        nonlocal done, failed
        while True:
            reply = await answered(ask)
            if reply.is_accepted:
                done += 1
            else:
                failed += 1
            if reply.is_shed:
                await asyncio.sleep(min(reply.retry_after, max(0, until - perf_counter())))
            if perf_counter() >= until:
                return

    await asyncio.gather(*map(again, asks))
    took = perf_counter() - began
    if served is None:
        return Work(done * each, seconds=took, failed=failed)
    return Work(
        done * each,
        seconds=took,
        cpu_seconds=served.cpu_seconds - cpu,
        peak_megabytes=served.peak_megabytes,
        failed=failed,
    )


def asking(lines: Lines, request: bytes) -> Ask:
    """Return what asks the same again and again."""
    return partial(lines.send, request)
