"""How many requests one caller may make, counted in this process over a sliding window of time."""

from collections.abc import Hashable
from dataclasses import dataclass
from time import monotonic

from app.http.errors import RateLimited


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
        self._addresses = _Counter(Limit("address", per_address))
        self._callers = _Counter(Limit("caller", per_caller))
        self._others: dict[Limit, _Counter] = {}

    def count_address(self, address: str) -> None:
        """Count a request from an address, or refuse it."""
        self._addresses.count(address)

    def count_caller(self, caller: Hashable) -> None:
        """Count a request of a caller whose token was verified, or refuse it."""
        self._callers.count(caller)

    def count(self, limit: Limit, key: Hashable) -> None:
        """Count against any limit, or refuse with the seconds after which there is room again."""
        if limit not in self._others:
            self._others[limit] = _Counter(limit)
        self._others[limit].count(key)


class _Counter:
    """Requests by key in the present window, and in the one before, which counts less and less.

    Nothing is gone through to forget: a window that is over is dropped whole.
    """

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._window = 0.0
        self._now: dict[Hashable, int] = {}
        self._before: dict[Hashable, int] = {}

    def count(self, key: Hashable) -> None:
        window, gone = divmod(monotonic() / self._limit.seconds, 1)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else {}
            self._window, self._now = window, {}
        now, before = self._now.get(key, 0), self._before.get(key, 0)
        room, left = self._limit.most - now, 1 - gone
        if int(before * left) >= room:
            # The rest of this window, unless so much of the last one is counted no more before that.
            wait = (left - room / before if room else left) * self._limit.seconds
            raise RateLimited(headers={"Retry-After": str(int(wait) + 1)})
        self._now[key] = now + 1
