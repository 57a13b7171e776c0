"""Doing much in short steps, so that what each locks is soon free again."""

from collections.abc import Awaitable, Callable


async def in_batches(step: Callable[[], Awaitable[int]], most: int) -> int:
    """Take a step, which does up to `most` at once, until one does fewer; return how many it were in all."""
    done, last = 0, most
    while last >= most:
        last = await step()
        done += last
    return done
