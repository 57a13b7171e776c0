"""What is done about pictures by itself: uploads ended, smaller sizes made, anew too, files removed."""

import asyncio
import logging
from asyncio import Semaphore, gather
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts import store as accounts
from app.core import clock
from app.core.beat import UnfinishedError
from app.core.db import Database
from app.core.ids import NIL
from app.core.principal import Principal
from app.galleries import rendering, store, uploads
from app.galleries.files import FileGone, Files, Place, Size
from app.galleries.hosting import recount
from app.galleries.models import Picture, PictureState
from app.galleries.rendering import Rendered, Unfit, Worker, WorkerDied
from app.galleries.upload_models import PictureTask, TaskKind

log = logging.getLogger("studio.galleries")

LEASE = timedelta(minutes=5)
"""For so long what somebody has claimed is nobody else's; what is done twice all the same is the same."""
_LATER = timedelta(minutes=1)
"""After which what could not be done is tried again, as when the store is away."""
TRIES = 3
"""So often a picture is tried whose process dies, or whose file is not found; then it is refused."""
_AT_ONCE = 8
"""How many accounts are looked after at once, behind each other for processes."""
_RENEWED = 100
"""How many pictures are made smaller anew before others have their turn."""
_MOST_ACCOUNTS = 100
_SPELL = 20.0
"""Seconds after which an account makes room for others that wait."""


@dataclass(slots=True)
class Tending:
    """What all that is done about pictures works with; `workers` processes make smaller sizes at once."""

    database: Database
    files: Files
    workers: int
    _turns: Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Have as many turns as there are processes."""
        self._turns = Semaphore(self.workers)

    async def look_after_all(self, database: Database) -> None:
        """Look after the accounts in which something is due, the longest ago first, for a spell each.

        One that fails holds up none of the others; in the end `UnfinishedError` is raised for it.
        """
        async with database.directory() as connection:
            due = await accounts.accounts_with_pictures_due(connection, clock.now(), _MOST_ACCOUNTS)
        turn = Semaphore(_AT_ONCE)

        async def look(account_id: UUID) -> bool:
            try:
                async with turn:
                    return await self.look_after(account_id)
            except Exception:
                log.exception("pictures of account %s are left for the next time", account_id)
                return False

        if not all(await gather(*map(look, due))):
            raise UnfinishedError

    async def look_after(self, account_id: UUID) -> bool:
        """Do what is due in one account, for a spell, and say whether nothing of that failed."""
        loop = asyncio.get_running_loop()
        ends, is_whole = loop.time() + _SPELL, True
        while loop.time() < ends:
            now = clock.now()
            async with self.database.writing(account_id) as session:
                most = rendering.TOGETHER * self.workers
                claimed = await store.claim(session, now, now + LEASE, most)
                await accounts.set_pictures_due(session, await store.next_due(session))
            if not claimed:
                break
            is_whole &= await self._do(claimed)
        return is_whole

    async def _do(self, claimed: Sequence[PictureTask]) -> bool:
        rendered = [each for each in claimed if each.kind == TaskKind.RENDER]
        others = [each for each in claimed if each.kind != TaskKind.RENDER]
        lanes = (self._lane(some) for some in _dealt(rendered, self.workers))
        found = await gather(*lanes, *map(self._other, others))
        return all(found)

    async def _other(self, task: PictureTask) -> bool:
        try:
            match task.kind:
                case TaskKind.UPLOAD:
                    await self._upload(task)
                case TaskKind.REMOVE:
                    await self._remove(task)
                case TaskKind.RENEW:
                    await self._renew(task.account_id)
        except Exception as error:  # noqa: BLE001 - it is logged, and the others have their turn
            await self._leave(task, error)
            return False
        return True

    async def _leave(self, task: PictureTask, error: Exception) -> None:
        log.error("to %s a picture of account %s: left for later", task.kind, task.account_id, exc_info=error)
        await self._move(task, clock.now() + _LATER)

    async def _move(self, task: PictureTask, due_at: datetime) -> None:
        async with self.database.writing(task.account_id) as session:
            await store.move_task(session, TaskKind(task.kind), task.picture_id, due_at)
            await accounts.set_pictures_due(session, await store.next_due(session))

    async def _upload(self, task: PictureTask) -> None:
        """Make a picture of what is whole, and forget what has expired."""
        try:
            await uploads.finish(self.database, self.files, task.account_id, task.picture_id)
        except FileGone:
            if task.tries < TRIES:
                await self._move(task, _when_found(task))
                return
            async with self.database.writing(task.account_id) as session:
                await uploads.refuse(session, task.picture_id, uploads.LOST)
        async with self.database.writing(task.account_id) as session:
            found = await store.upload(session, task.picture_id)
            if found is None:
                await store.end_task(session, TaskKind.UPLOAD, [task.picture_id])
            elif found.expires_at <= clock.now():
                await uploads.end(session, found)
                await store.add_task(session, TaskKind.REMOVE, found.id, found.session_id, clock.now())
            else:
                await store.move_task(session, TaskKind.UPLOAD, found.id, found.expires_at)
            await accounts.set_pictures_due(session, await store.next_due(session))

    async def _remove(self, task: PictureTask) -> None:
        await self.files.remove(_place(task))
        async with self.database.writing(task.account_id) as session:
            await store.end_task(session, TaskKind.REMOVE, [task.picture_id])
            await accounts.set_pictures_due(session, await store.next_due(session))

    async def _renew(self, account_id: UUID) -> None:
        """Have some pictures made smaller anew, and come again behind them: what is new waits for few."""
        async with self.database.writing(account_id) as session:
            wanted = await store.settings(session)
            found = await store.outdated(session, wanted.changed_at, _RENEWED) if wanted else []
            if found:
                await store.add_tasks(session, TaskKind.RENDER, found, clock.now())
                await store.move_task(session, TaskKind.RENEW, NIL, clock.now())
            else:
                await store.end_task(session, TaskKind.RENEW, [NIL])
            await accounts.set_pictures_due(session, await store.next_due(session))

    async def _lane(self, tasks: Sequence[PictureTask]) -> bool:
        """Make smaller sizes of pictures of one account, with one process as long as it lives."""
        left, is_whole = deque(tasks), True
        async with self._turns:
            while left:
                async with rendering.worker() as process:
                    is_whole &= await self._by(process, left)
        return is_whole

    async def _by(self, process: Worker, left: deque[PictureTask]) -> bool:
        """Make as many as a process can: it is done with one that killed it, or was told only in part."""
        while left:
            task = left.popleft()
            try:
                await self._render(process, task)
            except WorkerDied:
                await self._try_again(task, "too_costly", clock.now())
                return True
            except FileGone:
                await self._try_again(task, uploads.LOST, _when_found(task))
                return True
            except Exception as error:  # noqa: BLE001 - it is logged, and the others have their turn
                await self._leave(task, error)
                return False
        return True

    async def _render(self, process: Worker, task: PictureTask) -> None:
        async with self.database.reading(task.account_id) as session:
            picture = await store.picture(session, task.picture_id)
            wanted = await store.settings(session)
        if picture is None or picture.state == PictureState.REFUSED:
            await self._settle(task, None, None)
            return
        place, watermark = _place(task), wanted.watermark if wanted else None
        as_of = wanted.changed_at if wanted else None
        content = self.files.read(place, Size.ORIGINAL)
        try:
            rendered = await process.render(picture.size_bytes, content, watermark)
        except Unfit as unfit:
            await self._settle(task, None, unfit.reason)
            return
        await self.files.keep(place, Size.WEB, rendered.web)
        await self.files.keep(place, Size.THUMBNAIL, rendered.thumbnail)
        await self.files.remove_parts(place)
        await self._settle(task, rendered, None, as_of)

    async def _try_again(self, task: PictureTask, reason: str, due_at: datetime) -> None:
        if task.tries >= TRIES:
            await self._settle(task, None, reason)
        else:
            await self._move(task, due_at)

    async def _settle(
        self,
        task: PictureTask,
        rendered: Rendered | None,
        reason: str | None,
        as_of: datetime | None = None,
    ) -> None:
        """Write what has become of a picture; files of one that was deleted meanwhile are removed.

        Where the settings are no longer those `as_of` which it was made, it is made once more.
        """
        async with self.database.writing(task.account_id) as session:
            picture = await store.picture(session, task.picture_id)
            wanted = await store.settings(session)
            now_as_of = wanted.changed_at if wanted else None
            if picture is None:
                await store.add_task(session, TaskKind.REMOVE, task.picture_id, task.session_id, clock.now())
            elif rendered or reason:
                is_new = picture.state == PictureState.WAITING
                _write(picture, rendered, reason)
                picture.rendered_as_of = as_of if rendered else now_as_of
                session.add(picture)
                await session.flush()
                if is_new and rendered and picture.is_online:
                    await recount(session, Principal.system(task.account_id), [task.session_id])
            if reason:
                log.info("a picture of account %s is not made smaller: %s", task.account_id, reason)
            if picture and rendered and as_of != now_as_of:
                await store.move_task(session, TaskKind.RENDER, task.picture_id, clock.now())
            else:
                await store.end_task(session, TaskKind.RENDER, [task.picture_id])
            await accounts.set_pictures_due(session, await store.next_due(session))


def _write(picture: Picture, rendered: Rendered | None, reason: str | None) -> None:
    if rendered:
        picture.state, picture.reason = PictureState.READY.value, None
        picture.width, picture.height = rendered.width, rendered.height
    elif picture.state != PictureState.READY:
        # One that is shown stays as it is shown.
        picture.state, picture.reason = PictureState.REFUSED.value, reason


def _when_found(task: PictureTask) -> datetime:
    """Return when to look again for a file that is not found: its store may be away."""
    return clock.now() + _LATER * int(60 ** (task.tries - 1))


def _place(task: PictureTask) -> Place:
    return Place(task.account_id, task.session_id, task.picture_id)


def _dealt(tasks: Sequence[PictureTask], hands: int) -> Iterator[Sequence[PictureTask]]:
    for each in range(hands):
        if some := tasks[each::hands]:
            yield some
