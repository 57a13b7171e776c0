"""How many wrong passwords a user, an account and a network have in a quarter of an hour.

They are counted in the database, where every process sees them. An account that does not exist is counted
like any other, in one of a few buckets that stand for all of those, so that no answer tells which there are.
"""

import hmac
import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.accounts import store
from app.accounts.events import Limit
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.keys import KeyRing
from app.http.errors import RateLimited

WINDOW = timedelta(minutes=15)
MOST_FAILURES = 10
"""Of a user, or of a phone that is already bound."""
MOST_IN_ACCOUNT = 200
"""By whoever has no budget of their own: there are too many initials to try a few passwords with each."""
MOST_FROM_NETWORK = 100
"""Whatever the accounts: many people of a studio come from one."""

_TOLD_EACH = 20
"""Whoever tries many initials fills the trail of an account with no more than these in a window."""
_BUCKETS = 256
_LONGEST = 20


@dataclass(frozen=True, slots=True)
class Budget:
    """One count and how far it may go; `caller` is made of what is counted, which cannot be read from it."""

    limit: Limit
    caller: str
    most: int


@dataclass(frozen=True, slots=True)
class Count:
    """How far a wrong password has brought the first and the last of some budgets, and which it has spent."""

    first: int
    last: int
    spent: tuple[Budget, ...]

    @property
    def is_told(self) -> bool:
        """Say whether the trail is told: a budget has begun, or is spent."""
        return bool(self.spent) or (self.first == 1 and self.last <= _TOLD_EACH)

    @property
    def failures(self) -> int:
        """Return how many that were."""
        return max((budget.most for budget in self.spent), default=self.first)


def bucket_of(keys: KeyRing, name: str) -> UUID:
    """Return what takes the place of the id of an account that does not exist."""
    return _bucket(keys, f"account:{name}")


def budgets_of(keys: KeyRing, account_name: str, initials_key: str, own: str | None) -> tuple[Budget, ...]:
    """Return what a wrong password is counted against in its account, given by its name in lower case.

    Who has shown before that they belong there has an `own` budget and no other, so that nobody can lock
    them out by guessing elsewhere: a phone that is bound, a user at a desk in a network they know.
    """
    if own:
        mine = _caller(keys, account_name, f"own:{initials_key}:{own}")
        return (Budget(Limit.USER, mine, MOST_FAILURES),)
    return (
        Budget(Limit.USER, _caller(keys, account_name, f"user:{initials_key[:_LONGEST]}"), MOST_FAILURES),
        Budget(Limit.ACCOUNT, _caller(keys, account_name, "account"), MOST_IN_ACCOUNT),
    )


async def require_budgets(session: Session, budgets: tuple[Budget, ...]) -> None:
    """Refuse whom one of the budgets is spent for, until all of them have room again."""
    spent = await store.read_budgets(session, [budget.caller for budget in budgets])
    ends = [
        window_start + WINDOW
        for budget in budgets
        for failures, window_start in [spent.get(budget.caller, (0, clock.now()))]
        if failures >= budget.most
    ]
    left = max(ends, default=clock.now()) - clock.now()
    if left > timedelta():
        raise RateLimited(headers={"Retry-After": str(math.ceil(left.total_seconds()))})


async def require_network(database: Database, keys: KeyRing, network: str | None) -> None:
    """Refuse a network from which too many wrong passwords have come, whatever accounts they were for."""
    if network is not None:
        bucket, budget = _of_network(keys, network)
        async with database.reading(bucket, is_urgent=True) as session:
            await require_budgets(session, (budget,))


async def count_failure(session: WriteSession, budgets: tuple[Budget, ...]) -> Count:
    """Count a wrong password in an account, or in the bucket of one that does not exist.

    What is told of it follows from the counts alone: were it another for who does not exist, the time an
    answer takes would tell.
    """
    counts = await store.count_failure(session, [budget.caller for budget in budgets], WINDOW)
    spent = tuple(budget for budget in budgets if counts[budget.caller] == budget.most)
    return Count(counts[budgets[0].caller], counts[budgets[-1].caller], spent)


async def count_network(database: Database, keys: KeyRing, network: str | None) -> bool:
    """Count a wrong password against the network it came from, and say whether it was the last from there."""
    if network is None:
        return False
    bucket, budget = _of_network(keys, network)
    async with database.writing(bucket, is_urgent=True) as session:
        return bool((await count_failure(session, (budget,))).spent)


async def forget_failures(session: WriteSession, budgets: tuple[Budget, ...]) -> int:
    """Forget the caller's own wrong passwords, the first of the budgets, and return how many there were."""
    return await store.clear_budget(session, budgets[0].caller, clock.now() - WINDOW)


def _of_network(keys: KeyRing, network: str) -> tuple[UUID, Budget]:
    return _bucket(keys, f"address:{network}"), Budget(
        Limit.NETWORK, _caller(keys, "", network), MOST_FROM_NETWORK
    )


def _caller(keys: KeyRing, account_name: str, counted: str) -> str:
    """Name a count by a keyed hash: people type passwords where account names belong."""
    return _hash(keys, f"caller:{account_name}\n{counted}").hex()


def _bucket(keys: KeyRing, counted: str) -> UUID:
    number = int.from_bytes(_hash(keys, counted)) % _BUCKETS
    return UUID(bytes=_hash(keys, f"bucket:{number}")[:16])


def _hash(keys: KeyRing, counted: str) -> bytes:
    return hmac.digest(keys.derived("sign-in budgets"), counted.encode("utf-8", "surrogatepass"), "sha256")
