"""How many requests one caller may make, counted in this process over a sliding minute."""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.http.errors import RateLimited


class RateLimits:
    """Generous limits against runaway clients and crude floods; sign-in budgets are stricter, and elsewhere.

    An address is counted before anything is known of the caller, a caller once its token is verified: a
    limit per unverified token could be dodged with made-up tokens, or used against somebody else.
    """

    def __init__(self, *, per_address: int, per_caller: int) -> None:
        """Say how many requests a minute an address and a signed-in caller may make."""
        self._address = RateLimitItemPerMinute(per_address, namespace="address")
        self._caller = RateLimitItemPerMinute(per_caller, namespace="caller")
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count_address(self, address: str) -> None:
        """Count a request from an address, or refuse it."""
        await self.count(self._address, address)

    async def count_caller(self, caller: str) -> None:
        """Count a request of a caller whose token was verified, or refuse it."""
        await self.count(self._caller, caller)

    async def count(self, limit: RateLimitItem, key: str) -> None:
        """Count against any limit, or refuse with the seconds after which there is room again."""
        if await self._counter.hit(limit, key):
            return
        window = await self._counter.get_window_stats(limit, key)
        raise RateLimited(headers={"Retry-After": str(max(1, math.ceil(window.reset_time - time.time())))})
