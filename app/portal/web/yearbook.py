"""The yearbook: which picture is to stand in it, for sessions of schools and other organizations."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.core.db import WriteSession
from app.galleries.automatic_tasks import writes_for_yearbook
from app.portal import picture_store, store
from app.portal.store import OpenGallery
from app.portal.web import words
from app.portal.web.gallery import picture_of
from app.portal.web.pages import Wrong
from app.portal.web.visits import NoGallery, Visit
from app.studio.sessions import YearbookStatus
from app.sync.store import Write, write

_FIELDS = {"first": "yearbook_image", "second": "yearbook_image_secondary"}


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show what is chosen."""
    _require(visit)
    chosen = {name: getattr(visit.gallery, name) for name in _FIELDS.values()}
    missing = _missing(visit.gallery, chosen) if any(chosen.values()) else None
    return visit.page("yearbook.html", wrong, is_settled=_is_settled(visit.gallery), missing=missing)


async def choose(visit: Visit) -> Response:
    """Choose a picture; phones and desks of the studio see it at once.

    Once the studio has begun to prepare it, the choice is the studio's to change.
    """
    _require(visit)
    which = visit.form.get("which", "first")
    if which not in _FIELDS:
        raise HTTPException(422)
    async with visit.database.writing(visit.gallery.account_id) as session:
        gallery = await store.open_gallery(session, visit.gallery.gallery_id)
        if gallery is None or not gallery.has_yearbook:
            raise NoGallery
        number = await picture_store.number_of(session, gallery.session_id, picture_of(visit))
        if number is None:
            raise HTTPException(404)
        is_settled = _is_settled(gallery)
        fields = _chosen(gallery, _FIELDS[which], number)
        missing = _missing(gallery, fields)
        if not is_settled:
            await _keep(session, visit, gallery, fields, missing)
    if is_settled:
        return await show(visit, Wrong(words.SETTLED, 409))
    return visit.to("/yearbook", said=f"yearbook_without_{missing}" if missing else "yearbook_chosen")


async def _keep(
    session: WriteSession,
    visit: Visit,
    gallery: OpenGallery,
    fields: dict[str, str | None],
    missing: str | None,
) -> None:
    """Write what is chosen, with the task the studio wants of it; what is chosen already is no choice."""
    kept = {**fields, "yearbook_status": None if missing else YearbookStatus.SELECTED.value}
    if all(getattr(gallery, name) == each for name, each in kept.items()):
        return
    writes = [Write("sessions", gallery.session_id, kept)]
    images = [each for each in fields.values() if each]
    writes += await writes_for_yearbook(session, visit.who, gallery.session_id, images, missing)
    await write(session, visit.who, writes)


def _chosen(gallery: OpenGallery, field: str, number: str) -> dict[str, str | None]:
    """Return the images of a session of which one is chosen; one picture is never both."""
    now = {name: getattr(gallery, name) for name in _FIELDS.values()}
    return {name: None if each == number else each for name, each in now.items()} | {field: number}


def _missing(gallery: OpenGallery, images: Mapping[str, str | None]) -> str | None:
    """Return which image is still to be chosen, the first or the second; none where all are chosen."""
    wanted = _FIELDS if gallery.needs_second else ("first",)
    return next((which for which in wanted if not images[_FIELDS[which]]), None)


def _is_settled(gallery: OpenGallery) -> bool:
    return gallery.yearbook_status not in (None, YearbookStatus.SELECTED.value)


def _require(visit: Visit) -> None:
    if not visit.gallery.has_yearbook:
        raise HTTPException(404)
