"""Pictures of a session: listed, rated, chosen for its gallery, and deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_pictures_due_forward
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.ids import NIL
from app.core.principal import Level, Principal
from app.galleries import store
from app.galleries.errors import PictureGroupNotFound, PictureNotFound, PicturesHosted
from app.galleries.hosting import OPEN, recount
from app.galleries.models import Picture, Rating
from app.galleries.sight import FEATURE, require_galleries, seen
from app.galleries.store import Gone, Place, Wanted
from app.galleries.tending import LEASE
from app.galleries.upload_models import PictureSettings, TaskKind

SETTINGS = "companies"
"""What a right to the settings of pictures is given by: it is the company's."""
_TOLD = 100
"""Names of deleted pictures the audit trail has."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Some pictures in their order, each with its groups, and the place behind which others follow."""

    pictures: Sequence[tuple[Picture, Sequence[UUID]]]
    end: Place | None


async def list_some(work: Work[Any], wanted: Wanted, after: Place, most: int) -> Page:
    """Return so many pictures of a session behind a place."""
    await seen(work, wanted.session_id, Level.VIEW_ONLY)
    if wanted.group_id is not None:
        group = await store.group(work.session, wanted.group_id)
        if group is None or group.session_id != wanted.session_id:
            raise PictureGroupNotFound
    found = await store.page(work.session, wanted, after, most + 1)
    kept = found[:most]
    last = kept[-1][0] if len(found) > most else None
    return Page(kept, (last.position, last.id) if last else None)


async def require_known(session: Session, session_id: UUID, ids: Collection[UUID]) -> None:
    """Refuse where one of some pictures is not the session's."""
    wanted = set(ids)
    if await store.count_known(session, session_id, wanted) < len(wanted):
        raise PictureNotFound


async def rate(work: Work[WriteSession], session_id: UUID, ids: Collection[UUID], rating: Rating) -> int:
    """Rate pictures, all or none, and count those that were rated otherwise."""
    await seen(work, session_id, Level.ADD_MODIFY)
    await require_known(work.session, session_id, ids)
    return await store.rate(work.session, session_id, ids, rating)


async def show(work: Work[WriteSession], session_id: UUID, ids: Collection[UUID], *, is_online: bool) -> int:
    """Choose pictures for the gallery or leave them out, all or none, and count those that were not so."""
    await seen(work, session_id, Level.ADD_MODIFY)
    await require_known(work.session, session_id, ids)
    changed = await store.show(work.session, session_id, ids, is_online=is_online)
    await recount(work.session, work.who, [session_id])
    return changed


async def delete(work: Work[WriteSession], session_id: UUID, ids: Collection[UUID]) -> int:
    """Delete pictures that no open gallery shows, all or none, and count them."""
    fields = await seen(work, session_id, Level.ADD_MODIFY_DELETE)
    found = await store.some(work.session, session_id, set(ids))
    if len(found) < len(set(ids)):
        raise PictureNotFound
    hosted = sum(each.is_online for each in found)
    if hosted and fields["gallery_state"] in OPEN:
        raise PicturesHosted(pictures=hosted)
    names = sorted(each.name for each in found)
    work.session.expunge_all()
    await let_go(work.session, session_id, [each.id for each in found])
    told = {"pictures": len(names), "names": names[:_TOLD]}
    await keep(work.session, work.who, Entry(FEATURE, "pictures", session_id, Action.DELETED, told))
    return len(names)


async def let_go(session: WriteSession, session_id: UUID, ids: Collection[UUID]) -> None:
    """Delete pictures of a session; their files are removed by whoever looks after pictures.

    Whether an open gallery counts them is for the caller to see to, by `recount`.
    """
    await _let_go(session, await store.delete(session, session_id, ids))


async def let_go_of_sessions(session: WriteSession, session_ids: Collection[UUID]) -> None:
    """Delete all pictures and groups of sessions, in the same way."""
    await store.delete_groups(session, session_ids)
    await _let_go(session, await store.delete_of_sessions(session, session_ids))


async def _let_go(session: WriteSession, gone: Sequence[Gone]) -> None:
    if not gone:
        return
    await store.store_more(session, -sum(each.size_bytes for each in gone), 0)
    is_rendered = await store.end_task(session, TaskKind.RENDER, [each.picture_id for each in gone])
    # Whoever makes a smaller size of one at this moment has come to an end by then.
    due_at = clock.now() + (LEASE if is_rendered else timedelta())
    files = [(each.picture_id, each.session_id) for each in gone]
    await store.add_tasks(session, TaskKind.REMOVE, files, due_at)
    await bring_pictures_due_forward(session, due_at)


async def forget_of_deleted_sessions(database: Database, who: Principal) -> int:
    """Delete the pictures of sessions that are not there any more, and return how many that were."""
    gone = 0
    while True:
        async with database.writing(who.account_id) as session:
            found = await store.of_no_session(session, _BATCH)
            for session_id, ids in found:
                await let_go(session, session_id, ids)
                await store.delete_groups(session, [session_id])
                gone += len(ids)
        if not found:
            return gone


@dataclass(frozen=True, slots=True)
class Look:
    """What stands on pictures, and how many are still shown as it was before."""

    watermark: str | None
    outdated: int


async def read_settings(work: Work[Any]) -> Look:
    """Return how pictures are shown."""
    require(work.who, SETTINGS, Level.VIEW_ONLY)
    await require_galleries(work.session)
    return await _look(work.session)


async def _look(session: Session) -> Look:
    found = await store.settings(session)
    if found is None:
        return Look(None, 0)
    return Look(found.watermark, await store.count_outdated(session, found.changed_at))


async def set_watermark(work: Work[WriteSession], watermark: str | None) -> Look:
    """Have smaller sizes bear a text, or none: those that are made from now on, and soon those there are.

    The same text again changes nothing, and has made anew whatever is still shown without it.
    """
    require(work.who, SETTINGS, Level.ADD_MODIFY)
    session = work.session
    await require_galleries(session)
    found = await store.settings(session)
    if (found.watermark if found else None) != watermark:
        await _change(work, found, watermark)
    look = await _look(session)
    if look.outdated:
        await store.add_task(session, TaskKind.RENEW, NIL, NIL, clock.now())
        await bring_pictures_due_forward(session, clock.now())
    return look


async def _change(work: Work[WriteSession], found: PictureSettings | None, watermark: str | None) -> None:
    session = work.session
    before = {"watermark": found.watermark} if found else None
    found = found or PictureSettings(account_id=session.account_id, changed_at=clock.now())
    found.watermark, found.changed_at = watermark, clock.now()
    session.add(found)
    await session.flush()
    action = Action.CHANGED if before else Action.CREATED
    after = {"watermark": watermark}
    await keep(
        session, work.who, Entry(SETTINGS, "picture_settings", session.account_id, action, before, after)
    )
