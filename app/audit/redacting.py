"""Emptying entries of the audit trail that tell of somebody who is to be forgotten, as only the owner can."""

from collections.abc import Collection
from uuid import UUID

from app.audit import store
from app.audit.trail import Action, keep_of_itself
from app.core.db import WriteSession
from app.core.principal import Principal

_TOLD = 500
"""How many entries one entry names."""


async def redact(
    session: WriteSession, who: Principal, records: Collection[UUID], parents: Collection[UUID]
) -> int:
    """Empty the entries of some records and of what belonged to their parents, and count them.

    Of each stays who did it, when and to which id, and its hash. That can be made again no more, so that an
    entry is added that names its position and its hash: the trail holds where both agree. The session is to
    be one of who owns the table, and does afterwards only what that role may.
    """
    found = await store.about(session, records, parents)
    for first in range(0, len(found), _TOLD):
        told = [[each.position, each.hash.hex()] for each in found[first : first + _TOLD]]
        await keep_of_itself(session, who, Action.CHANGED, {"emptied": told})
    if found:
        await store.empty(session, [each.position for each in found])
    return len(found)
