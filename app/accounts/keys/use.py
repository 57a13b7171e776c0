"""When API keys were last used, and from where: noted behind answers, once in a while."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from app.accounts.keys import store
from app.accounts.tokens import Claims
from app.core import clock
from app.core.db import Database
from app.http.failures import what_passes_left

_AGAIN = timedelta(minutes=5)
_MOST_NOTED = 20_000
_noted: OrderedDict[UUID, datetime] = OrderedDict()


def noting(database: Database, claims: Claims, network: str | None) -> Callable[[], Awaitable[None]] | None:
    """Return what is to be done behind the answer to a request by a key; none where it was done just now."""
    at, now = _noted.get(claims.sign_in_id), clock.now()
    if at is not None and now - at < _AGAIN:
        return None
    # Before it is done: of fifty requests at once one is enough, and one that fails is not missed.
    _noted[claims.sign_in_id] = now
    _noted.move_to_end(claims.sign_in_id)
    if len(_noted) > _MOST_NOTED:
        _noted.popitem(last=False)
    return partial(_note, database, claims, network)


async def _note(database: Database, claims: Claims, network: str | None) -> None:
    """Write it down in no turn of the account's: nobody waits for it, and no phone is poked."""
    with what_passes_left():
        async with database.beside(claims.account_id) as session:
            await store.note_use(session, claims.sign_in_id, network)
