"""Sessions whose pictures somebody may look at or change: seen, in a company that has galleries."""

from typing import Any
from uuid import UUID

from app.accounts.features import require
from app.accounts.standing import Work
from app.core.db import Session
from app.core.principal import Level
from app.galleries.errors import GalleriesOff, SessionNotFound
from app.galleries.hosting import SESSIONS
from app.sync import records, visible
from app.sync.fields import Values

FEATURE = SESSIONS
"""What rights to pictures are given by: they are the session's."""


async def seen(work: Work[Any], session_id: UUID, level: Level) -> Values:
    """Return the fields of a session whose pictures may be treated as a level has it.

    Raises `PermissionDenied`, `SessionNotFound` and `GalleriesOff`.
    """
    require(work.who, FEATURE, level)
    found = await visible.seen(work, SESSIONS, session_id)
    if found is None:
        raise SessionNotFound
    await require_galleries(work.session)
    return found


async def require_galleries(session: Session) -> None:
    """Refuse where the company has switched online galleries off."""
    company = await records.find(session, "companies", session.account_id)
    if not company or not company["has_galleries"]:
        raise GalleriesOff
