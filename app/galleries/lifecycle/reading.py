"""A session's gallery as its studio is told of it."""

from uuid import UUID

from app.accounts.standing import Work
from app.core.db import Session
from app.galleries.lifecycle import store
from app.galleries.lifecycle.schemas import GalleryAnswer
from app.galleries.lifecycle.standing import hidden_because, is_open
from app.http.errors import NotFound
from app.studio.rules.settings import USUAL
from app.sync import records
from app.sync.visible import seen


async def read_gallery(work: Work[Session], session_id: UUID) -> GalleryAnswer:
    """Return the gallery of a session; raises `NotFound` where the user sees none."""
    fields = await seen(work, "sessions", session_id)
    if fields is None:
        raise NotFound
    settings = await records.find(work.session, "companies", work.who.account_id) or USUAL
    row = dict(await store.gallery(work.session, session_id) or {})
    if not is_open(fields):
        row["address"] = None
    hidden = hidden_because(fields, settings, work.clock.day_in(work.who.time_zone))
    return GalleryAnswer(
        session_id=session_id,
        gallery_state=fields["gallery_state"],
        web_expire_date=fields["web_expire_date"],
        **row,
        is_visible=not hidden,
        hidden_because=list(hidden),
    )
