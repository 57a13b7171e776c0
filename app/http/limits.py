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


@dataclass(frozen=True, slots=True)
class Rate:
    """How one caller stands with a limit: `left` requests now, and the seconds until all are there again."""

    limit: Limit
    left: int
    resets_in: float

    def headers(self) -> dict[str, str]:
        """Return what tells of it, as draft-ietf-httpapi-ratelimit-headers-10 has it: structured fields."""
        name = f'"{self.limit.name}"'
        return {
            "RateLimit-Policy": f"{name};q={self.limit.most};w={self.limit.seconds}",
            "RateLimit": f"{name};r={self.left};t={math.ceil(self.resets_in)}",
        }


class RateLimits:
    """Generous limits against runaway clients and crude floods; sign-in budgets are stricter, and elsewhere.

    An address is counted before anything is known of the caller, a caller once its token is verified: a
    limit per unverified token could be dodged with made-up tokens, or used against somebody else.
    """

    def __init__(self, *, per_address: int, per_caller: int, per_key: int = 1_200) -> None:
        """Say how many requests a minute an address, a signed-in caller and an API key may make."""
        self._store = MemoryStore(options={"MAX_SIZE": _MOST_CALLERS})
        self._counted: dict[Limit, Throttled] = {}
        self._address = Limit("address", per_address)
        self._caller = Limit("caller", per_caller)
        self._key = Limit("key", per_key)

    def count_address(self, address: str) -> None:
        """Count a request from an address, or refuse it."""
        self.count(self._address, address)

    def count_caller(self, caller: str) -> None:
        """Count a request of a caller whose token was verified, or refuse it."""
        self.count(self._caller, caller)

    def count_key(self, key: str) -> Rate:
        """Count a request by an API key that was verified, or refuse it; return how the key stands."""
        return self.count(self._key, key)

    def count(self, limit: Limit, key: str) -> Rate:
        """Count against any limit, or refuse with the seconds after which there is room again."""
        counted = self._throttled(limit).limit(key)
        state = counted.state
        rate = Rate(limit, state.remaining, state.reset_after)
        if counted.limited:
            raise _refusal(state.retry_after, rate)
        return rate

    def require_room(self, limit: Limit, key: str) -> None:
        """Refuse alike where there is no room, and count nothing."""
        state = self._throttled(limit).peek(key)
        if not state.remaining:
            # Not its own `retry_after`, which is next to nothing for who has just taken the last.
            seconds = state.reset_after - limit.seconds * (limit.most - 1) / limit.most
            raise _refusal(seconds, Rate(limit, 0, state.reset_after))

    def _throttled(self, limit: Limit) -> Throttled:
        if limit not in self._counted:
            quota = per_duration(timedelta(seconds=limit.seconds), limit.most)
            using = RateLimiterType.GCRA.value
            made = Throttled(using=using, quota=quota, store=self._store, key_prefix=limit.name)
            self._counted[limit] = made
        return self._counted[limit]


def _refusal(seconds: float, rate: Rate) -> RateLimited:
    return RateLimited(headers={"Retry-After": str(max(1, math.ceil(seconds))), **rate.headers()})
