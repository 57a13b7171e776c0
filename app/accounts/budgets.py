"""How many wrong passwords are put up with: ten in a quarter of an hour."""

import math
from datetime import timedelta
from uuid import UUID

from app.accounts import store
from app.core import clock
from app.core.db import Database, Session
from app.http.errors import RateLimited
from app.http.limits import Limit

WINDOW = timedelta(minutes=15)
MOST_FAILURES = 10

STRANGERS = Limit("stranger", MOST_FAILURES, WINDOW.seconds)
"""For accounts that do not exist there is no row to count in: each address has this, per process."""


def caller_of(initials_key: str, bound_device_uid: UUID | None) -> str:
    """Name whom a wrong password is counted against.

    A phone that is already bound has a budget of its own, so that nobody can lock it out by guessing
    elsewhere.
    """
    return f"device:{bound_device_uid}" if bound_device_uid else f"user:{initials_key[:20]}"


async def require_budget(session: Session, caller: str) -> None:
    """Refuse a caller who has tried too many wrong passwords of late."""
    spent = await store.read_budget(session, caller)
    if spent is None:
        return
    failures, window_start = spent
    left = window_start + WINDOW - clock.now()
    if failures >= MOST_FAILURES and left > timedelta():
        raise RateLimited(headers={"Retry-After": str(math.ceil(left.total_seconds()))})


async def count_failure(database: Database, account_id: UUID, caller: str) -> None:
    """Count a wrong password in the database, where every process sees it."""
    async with database.writing(account_id, is_urgent=True) as session:
        await store.count_failure(session, caller, WINDOW)
