"""A session's gallery as its studio is told of it."""

from uuid import UUID

from app.accounts.standing import Work
from app.core.db import Session
from app.galleries.lifecycle import store
from app.galleries.lifecycle.schemas import GalleryAnswer
from app.galleries.lifecycle.standing import hidden_because, is_open
from app.http.errors import NotFound
from app.studio.rules.settings import USUAL
from app.sync import registry
from app.sync.stamping import states
from app.sync.target import rights_of


async def read_gallery(work: Work[Session], session_id: UUID) -> GalleryAnswer:
    """Return the gallery of a session; raises `NotFound` where the user sees none."""
    who, account = work.who, (registry.number_of("companies"), work.who.account_id)
    key = registry.number_of("sessions"), session_id
    found = await states(work.session, [key, account])
    state, company = found[key], found[account]
    rule = (await rights_of(work.session, who, work.clock)).get(key[0])
    if state is None or state.values is None or state.anchors is None:
        raise NotFound
    if rule is None or not rule.may_see(state.anchors):
        raise NotFound
    fields, settings = state.values, (company.values if company else None) or USUAL
    row = dict(await store.gallery(work.session, session_id) or {})
    if not is_open(fields):
        row["address"] = None
    hidden = hidden_because(fields, settings, work.clock.day_in(who.time_zone))
    return GalleryAnswer(
        session_id=session_id,
        gallery_state=fields["gallery_state"],
        web_expire_date=fields["web_expire_date"],
        **row,
        is_visible=not hidden,
        hidden_because=list(hidden),
    )
