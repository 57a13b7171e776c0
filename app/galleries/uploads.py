"""Uploads of pictures: begun, refused or ended, and made pictures of; each file by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.accounts.store import bring_pictures_due_forward
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.ids import new_id
from app.core.principal import Level
from app.galleries import kinds, limits, store
from app.galleries.errors import (
    NotAPicture,
    PictureNameRefused,
    PictureQuotaExceeded,
    PictureTooLarge,
    SessionNotFound,
    TooManyPictures,
    TooManyUploads,
    UploadNotFound,
    UploadRefused,
)
from app.galleries.files import FileGone, Files, Joined, Place
from app.galleries.kinds import NameProblem
from app.galleries.models import Picture
from app.galleries.sight import seen
from app.galleries.upload_models import PictureUpload, TaskKind, UploadState
from app.http.errors import Unavailable

LEVEL = Level.ADD_MODIFY
"""What somebody has to be allowed with sessions to add pictures to them."""
LOST = "lost"
"""Why there is no picture of what was received and is not found any more."""
LEASE = timedelta(minutes=5)
"""For so long nobody else makes a picture of what has arrived."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is to be sent: its name, its size, and all that the client says of it."""

    name: str
    size_bytes: int
    metadata: str


async def begin(work: Work[WriteSession], session_id: UUID, sent: Sent, quota: int) -> PictureUpload:
    """Make room for a file of a session somebody may add to, or refuse it before a byte was sent."""
    session, now = work.session, clock.now()
    name, size_bytes = kinds.name_of(sent.name), sent.size_bytes
    if problem := kinds.problem_of(name):
        raise PictureNameRefused(reason=problem.value)
    if size_bytes > limits.MAX_BYTES:
        raise PictureTooLarge(max_bytes=limits.MAX_BYTES)
    if not size_bytes:
        raise NotAPicture
    if await store.names_taken(session, session_id, [name]):
        raise PictureNameRefused(reason=NameProblem.TAKEN.value)
    kept, uploads = await store.stored(session)
    if uploads >= limits.MAX_UPLOADS:
        raise TooManyUploads(most=limits.MAX_UPLOADS)
    if kept + size_bytes > quota:
        raise PictureQuotaExceeded(max_bytes=quota)
    position = await store.next_position(session, session_id)
    if position > limits.MAX_PICTURES and await _is_full(session, session_id):
        raise TooManyPictures(most=limits.MAX_PICTURES)
    made = PictureUpload(
        account_id=session.account_id,
        id=new_id(),
        session_id=session_id,
        user_id=work.who.user_id or session.account_id,
        name=name,
        position=position,
        metadata_text=sent.metadata,
        size_bytes=size_bytes,
        parts=[],
        made_at=now,
        expires_at=now + limits.KEPT_FOR,
    )
    session.add(made)
    await session.flush()
    await store.store_more(session, size_bytes, 1)
    await note(session, TaskKind.UPLOAD, made, made.expires_at)
    return made


async def require_seen(work: Work[Any], session_id: UUID) -> None:
    """Refuse who may not add to a session."""
    await seen(work, session_id, LEVEL)


async def _is_full(session: WriteSession, session_id: UUID) -> bool:
    known = await store.count_states(session, session_id)
    coming = await store.count_uploads(session, session_id)
    return sum(known.values()) + coming.get(UploadState.RECEIVING, 0) >= limits.MAX_PICTURES


async def note(session: WriteSession, kind: TaskKind, upload: PictureUpload, due_at: datetime) -> None:
    """Note what is to be done about an upload."""
    await store.add_task(session, kind, upload.id, upload.session_id, due_at)
    await bring_pictures_due_forward(session, due_at)


async def find(work: Work[Any], upload_id: UUID) -> PictureUpload:
    """Return an upload to a session whoever asks may add to; raises `UploadNotFound`."""
    found = await store.upload(work.session, upload_id)
    if found is None:
        raise UploadNotFound
    try:
        await seen(work, found.session_id, LEVEL)
    except SessionNotFound:
        raise UploadNotFound from None
    return found


async def stands(work: Work[Any], upload_id: UUID) -> PictureUpload:
    """Return how an upload stands; of one that has become a picture, that all of it is here."""
    picture = await store.picture(work.session, upload_id)
    if picture is None:
        return await find(work, upload_id)
    try:
        await seen(work, picture.session_id, LEVEL)
    except SessionNotFound:
        raise UploadNotFound from None
    return PictureUpload(
        account_id=picture.account_id,
        id=picture.id,
        session_id=picture.session_id,
        user_id=picture.account_id,
        name=picture.name,
        position=picture.position,
        metadata_text="",
        size_bytes=picture.size_bytes,
        received=picture.size_bytes,
        parts=[],
        made_at=picture.uploaded_at,
        expires_at=picture.uploaded_at,
    )


def place_of(upload: PictureUpload) -> Place:
    """Return where the files of an upload are, and of the picture it becomes."""
    return Place(upload.account_id, upload.session_id, upload.id)


async def refuse(session: WriteSession, upload_id: UUID, reason: str) -> None:
    """Take no more of a file, and say why for as long as it is known; its room is free again.

    What was received goes at once, but where it was not found: a store that was away has it again.
    """
    found = await store.upload(session, upload_id)
    if found is None or found.state == UploadState.REFUSED:
        return
    found.state, found.reason = UploadState.REFUSED.value, reason
    found.parts, found.expires_at = [], clock.now() + limits.KEPT_FOR
    session.add(found)
    await session.flush()
    await store.store_more(session, -found.size_bytes, -1)
    await note(session, TaskKind.UPLOAD, found, found.expires_at)
    if reason != LOST:
        await note(session, TaskKind.REMOVE, found, clock.now())


async def end(session: WriteSession, found: PictureUpload) -> None:
    """Forget an upload with all that has come of it."""
    if found.state == UploadState.RECEIVING:
        await store.store_more(session, -found.size_bytes, -1)
    # Whoever still receives a piece of it has come to an end by then.
    await note(session, TaskKind.REMOVE, found, clock.now() + timedelta(seconds=limits.SECONDS))
    await session.delete(found)
    await session.flush()
    await store.end_task(session, TaskKind.UPLOAD, [found.id])


async def finish(database: Database, files: Files, account_id: UUID, upload_id: UUID) -> str | None:
    """Make a picture of an upload that is whole, and return why not, if so; to do so twice does no harm.

    Raises `FileGone` where what was received is not found: it is lost, or the store is away.
    """
    async with database.reading(account_id) as session:
        found = await store.upload(session, upload_id)
    if found is None or found.state == UploadState.REFUSED or found.received < found.size_bytes:
        return found.reason if found else None
    try:
        joined = await files.join(place_of(found), found.parts)
    except FileGone:
        # Somebody else may have been faster, and has cleared up.
        joined = None
    async with database.writing(account_id) as session:
        found = await store.upload(session, upload_id)
        if found is None:
            return None
        if joined is None:
            raise FileGone
        reason = await _become(session, found, joined)
        if reason:
            await refuse(session, upload_id, reason)
    return reason


async def finished(database: Database, files: Files, upload: PictureUpload) -> None:
    """Make a picture of an upload, or tell why it is none."""
    try:
        reason = await finish(database, files, upload.account_id, upload.id)
    except FileGone:
        # The beat tries again.
        raise Unavailable from None
    if reason == NotAPicture.code:
        raise NotAPicture
    if reason:
        raise UploadRefused(reason=reason)


async def _become(session: WriteSession, found: PictureUpload, joined: Joined) -> str | None:
    kind = kinds.type_of(joined.head)
    if kind is None:
        return NotAPicture.code
    number = await _number(session, found)
    if number is None:
        return f"name_{NameProblem.TAKEN.value}"
    session.add(
        Picture(
            account_id=found.account_id,
            id=found.id,
            session_id=found.session_id,
            name=found.name,
            number=number,
            position=found.position,
            media_type=kind.value,
            size_bytes=found.size_bytes,
            sha256=joined.sha256,
            uploaded_at=clock.now(),
        )
    )
    await session.delete(found)
    await session.flush()
    await store.store_more(session, 0, -1)
    await store.end_task(session, TaskKind.UPLOAD, [found.id])
    await note(session, TaskKind.RENDER, found, clock.now())
    return None


async def _number(session: WriteSession, found: PictureUpload) -> str | None:
    """Return what orders are to call a picture and none of its session yet, if there is such a number."""
    if await store.names_taken(session, found.session_id, [found.name]):
        return None
    for number in (kinds.stem_of(found.name), found.name):
        if not await store.is_number_taken(session, found.session_id, number, kinds.names_of(number)):
            return number
    return None


async def of_session(
    work: Work[Any], session_id: UUID, most: int
) -> tuple[dict[str, int], dict[str, int], Sequence[PictureUpload]]:
    """Return a session's pictures and uploads, counted by state, and the uploads themselves."""
    await seen(work, session_id, Level.VIEW_ONLY)
    session = work.session
    return (
        await store.count_states(session, session_id),
        await store.count_uploads(session, session_id),
        await store.uploads(session, session_id, most),
    )
