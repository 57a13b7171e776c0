"""How many requests one caller may make, counted in this process: so many at once, then as time goes by."""

import math
from dataclasses import dataclass
from datetime import timedelta

from throttled import MemoryStore, RateLimiterType, Throttled
from throttled.rate_limiter import per_duration

from app.http.errors import RateLimited

_MOST_CALLERS = 100_000
"""Whoever asked longest ago is forgotten beyond these."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of one kind of request, which has a name of its own, in so many seconds."""

    name: str
    most: int
    seconds: int = 60


class RateLimits:
    """Generous limits against runaway clients and crude floods; sign-in budgets are stricter, and elsewhere.

    An address is counted before anything is known of the caller, a caller once its token is verified: a
    limit per unverified token could be dodged with made-up tokens, or used against somebody else.
    """

    def __init__(self, *, per_address: int, per_caller: int) -> None:
        """Say how many requests a minute an address and a signed-in caller may make."""
        self._store = MemoryStore(options={"MAX_SIZE": _MOST_CALLERS})
        self._counted: dict[Limit, Throttled] = {}
        self._address = Limit("address", per_address)
        self._caller = Limit("caller", per_caller)

    def count_address(self, address: str) -> None:
        """Count a request from an address, or refuse it."""
        self.count(self._address, address)

    def count_caller(self, caller: str) -> None:
        """Count a request of a caller whose token was verified, or refuse it."""
        self.count(self._caller, caller)

    def count(self, limit: Limit, key: str) -> None:
        """Count against any limit, or refuse with the seconds after which there is room again."""
        counted = self._throttled(limit).limit(key)
        if counted.limited:
            raise _refusal(counted.state.retry_after)

    def require_room(self, limit: Limit, key: str) -> None:
        """Refuse alike where there is no room, and count nothing."""
        state = self._throttled(limit).peek(key)
        if not state.remaining:
            # Not its own `retry_after`, which is next to nothing for who has just taken the last.
            raise _refusal(state.reset_after - limit.seconds * (limit.most - 1) / limit.most)

    def _throttled(self, limit: Limit) -> Throttled:
        if limit not in self._counted:
            quota = per_duration(timedelta(seconds=limit.seconds), limit.most)
            using = RateLimiterType.GCRA.value
            made = Throttled(using=using, quota=quota, store=self._store, key_prefix=limit.name)
            self._counted[limit] = made
        return self._counted[limit]


def _refusal(seconds: float) -> RateLimited:
    return RateLimited(headers={"Retry-After": str(max(1, math.ceil(seconds)))})
