"""Forgetting the oldest of the audit trail, as only who owns the tables can."""

from datetime import datetime

from app.audit import store
from app.audit.chain import Checked
from app.audit.store import Head
from app.audit.trail import Action, keep_of_itself
from app.core.db import Database
from app.core.principal import Principal

AT_ONCE = 10_000
"""How many entries go in one transaction: the account waits for that, and goes on."""


async def forget(
    database: Database, who: Principal, checked: Checked, until: datetime
) -> tuple[int, Checked]:
    """Forget what an account did before a time; return how many entries that was, and how the trail stands.

    It must have been checked: what was done to a trail that is broken would be forgotten with it. What goes
    in one transaction is told there by an entry with the hash of the last that goes. That is the checkpoint
    from which on the trail is checked, and the chain of what is kept holds it. Cut, a later call does the
    rest.

    The database is to be that of who owns the tables.
    """
    if checked.broken is not None:
        raise ValueError("A trail that is broken is not forgotten.")
    gone, stands = 0, checked
    while forgotten := await _forget_some(database, who, until):
        gone, stands = gone + forgotten.began.position - stands.began.position, forgotten
    return gone, stands


async def _forget_some(database: Database, who: Principal, until: datetime) -> Checked | None:
    async with database.writing(who.account_id) as session:
        first, last = await store.oldest(session), await store.read_old(session, until, AT_ONCE)
        if first is None or last is None:
            return None
        head = await keep_of_itself(session, who, Action.FORGOTTEN, _told(first, last, until))
        await store.forget(session, last.position)
        return Checked(last, head, None)


def _told(first: int, last: Head, until: datetime) -> dict[str, object]:
    entries = last.position - first + 1
    return {"position": last.position, "hash": last.hash.hex(), "entries": entries, "until": until}
