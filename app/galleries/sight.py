"""Sessions whose pictures somebody may look at or change: seen, in a company that has galleries."""

from typing import Any
from uuid import UUID

from app.accounts.features import require
from app.accounts.standing import Work
from app.core.db import Session
from app.core.principal import Level
from app.galleries.errors import GalleriesOff, SessionNotFound
from app.galleries.hosting import SESSIONS
from app.sync import feed, records, registry
from app.sync.fields import Values
from app.sync.target import rights_of

FEATURE = SESSIONS
"""What rights to pictures are given by: they are the session's."""


async def seen(work: Work[Any], session_id: UUID, level: Level) -> Values:
    """Return the fields of a session whose pictures may be treated as a level has it.

    Raises `PermissionDenied`, `SessionNotFound` and `GalleriesOff`.
    """
    require(work.who, FEATURE, level)
    number = registry.number_of(SESSIONS)
    rule = (await rights_of(work.session, work.who, work.clock)).get(number)
    row = (await feed.states(work.session, [(number, session_id)])).get((number, session_id))
    if rule is None or row is None or row.values is None or not rule.may_see(row.anchors):
        raise SessionNotFound
    await require_galleries(work.session)
    return row.values


async def require_galleries(session: Session) -> None:
    """Refuse where the company has switched online galleries off."""
    collection = registry.numbered(registry.number_of("companies"))
    found = await records.some(session, collection, [session.account_id])
    if not found.get(session.account_id, {}).get("has_galleries"):
        raise GalleriesOff
