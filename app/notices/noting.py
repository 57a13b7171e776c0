"""Keeping what is noticed, in the transaction in which it happens, and no more of it than somebody reads."""

from datetime import timedelta

from app.core import clock
from app.core.db import WriteSession
from app.core.events import announce
from app.core.principal import Principal
from app.notices import store
from app.notices.events import SafetyNoticed
from app.notices.noticed import Noticed

TOGETHER = timedelta(days=1)
"""For so long more of the same is counted into the notice that there is, as long as nobody has seen that."""
MOST = 20
"""So many notices of one kind about one user stand at once in that time; more is counted into the latest."""


async def note(session: WriteSession, noticed: Noticed) -> None:
    """Keep something that was noticed, by two statements whether or not there is such an account."""
    waiting = await store.untouched(session, noticed, clock.now() - TOGETHER, MOST)
    same = next((each for each in waiting if noticed.goes_on(each)), None)
    if same is None and len(waiting) == MOST:
        same = waiting[0]
    if same is None:
        await store.add(session, noticed)
    else:
        await store.count_on(session, same["notice_id"], noticed)
    await announce(session, Principal.system(session.account_id), SafetyNoticed())
