"""What follows when a session's gallery changes, whoever changes it: history, pictures, address and date."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.store import bring_galleries_due_forward
from app.core import clock
from app.galleries.lifecycle import store
from app.galleries.lifecycle.commands import images
from app.galleries.lifecycle.standing import is_open
from app.galleries.lifecycle.store import Choice
from app.galleries.pictures import let_go_of_sessions
from app.studio.finances.figures import end_of_day
from app.studio.sessions import GalleryState
from app.studio.status_notes import note
from app.sync.draft import Draft
from app.sync.reactions import Work, Written, at_last, on_write


@on_write("sessions")
def follow_gallery(written: Written, work: Work) -> None:
    """Put into the history where the gallery stands from now on, and until when."""
    before, after = written.before, written.after
    if after is None or not written.changes("gallery_state", "web_expire_date"):
        return
    for happened in _happened(before or {}, after):
        note(written, work, happened)


def _happened(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    was, state = before.get("gallery_state"), after["gallery_state"]
    if state == GalleryState.TAKEN_DOWN and was != state:
        yield "Gallery taken down"
    if not is_open(after):
        return
    expires = after["web_expire_date"]
    until = f"until {expires}" if expires else "without an expire date"
    if not is_open(before or None):
        yield f"Gallery: {images(after['gallery_images'])} online {until}"
    elif before["web_expire_date"] != expires:
        yield f"Gallery: online {until}"
    if state == GalleryState.EXPIRED and was != state:
        yield "Gallery expired"


@at_last("sessions")
async def follow(draft: Draft, written: Sequence[Written]) -> None:
    """Show the pictures that were chosen, give a new gallery its address, and end one with its pictures.

    The pictures of a session that is deleted go with it.
    """
    session, at = draft.session, clock.now()
    chosen = {key: each for key, each in draft.intended.items() if isinstance(each, Choice)}
    shown = [each.key for each in written if each.key in chosen and is_open(each.after)]
    for key in shown:
        await store.show(session, key[1], chosen[key])
    # One that somebody wrote as open before there were addresses gets its own when it is published again.
    if opened := [_online(each, at) for each in written if _is_opened(each) or each.key in shown]:
        await store.publish(session, opened, draft.work.who.user_id)
    gone = {each.key[1] for each in written if each.after is None}
    closed = gone | {each.key[1] for each in written if _is_ended(each)}
    if closed:
        await store.close(session, closed, at)
        await let_go_of_sessions(session, closed)
    if gone:
        await store.forget(session, gone)
    if days := [day for each in written if (day := _expires(each))]:
        zone = await store.zone(session)
        await bring_galleries_due_forward(session, end_of_day(min(days) - timedelta(days=1), zone))


@at_last("companies")
async def follow_zone(draft: Draft, written: Sequence[Written]) -> None:
    """Look at all galleries anew where their days begin at another hour."""
    if any(not each.is_new and each.after and each.changes("time_zone") for each in written):
        await bring_galleries_due_forward(draft.session, clock.now())


def _is_opened(written: Written) -> bool:
    return is_open(written.after) and not is_open(written.before)


def _online(written: Written, now: datetime) -> tuple[UUID, datetime]:
    """Return a session and when it went online."""
    uploaded = (written.after or {}).get("uploaded_at")
    return written.key[1], datetime.fromisoformat(uploaded) if uploaded else now


def _is_ended(written: Written) -> bool:
    state = GalleryState.TAKEN_DOWN
    is_so = written.after is not None and written.after["gallery_state"] == state
    return is_so and not (written.before and written.before["gallery_state"] == state)


def _expires(written: Written) -> date | None:
    """Return the day a gallery expires on, where that has changed."""
    after = written.after
    if after is None or not written.changes("gallery_state", "web_expire_date"):
        return None
    day = after["web_expire_date"] if after["gallery_state"] == GalleryState.ONLINE else None
    return date.fromisoformat(day) if day else None
