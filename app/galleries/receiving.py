"""How a piece of a file is taken in: a part at a time, kept whatever cuts it, whoever else sends the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import Request
from starlette.requests import ClientDisconnect

from app.core import clock
from app.core.db import Database, WriteSession
from app.core.errors import AccountBusy, Overloaded
from app.core.ids import new_id
from app.galleries import kinds, limits, store, uploads
from app.galleries.errors import (
    ChecksumDiffers,
    NotAPicture,
    UploadOffsetDiffers,
    UploadRefused,
    UploadTooLong,
)
from app.galleries.files import PIECE, Files
from app.galleries.tus import Checksum
from app.galleries.upload_models import PictureUpload, TaskKind, UploadState
from app.http.errors import BodyTimeout, retry_after

_AT_ONCE, _AT_ONCE_IN_ACCOUNT = 32, 16
"""Pieces that are received at once by one process: each takes as much room as a part."""
_STALLED = 30.0
_SNIFFED = 12
_under_way: dict[UUID, int] = {}


@asynccontextmanager
async def let_in(account_id: UUID) -> AsyncIterator[None]:
    """Let a piece in, so many of an account and so many altogether."""
    if _under_way.get(account_id, 0) >= _AT_ONCE_IN_ACCOUNT:
        raise AccountBusy(headers=retry_after())
    if sum(_under_way.values()) >= _AT_ONCE:
        raise Overloaded
    _under_way[account_id] = _under_way.get(account_id, 0) + 1
    try:
        yield
    finally:
        _under_way[account_id] -= 1
        if not _under_way[account_id]:
            del _under_way[account_id]


class Receiving:
    """Takes one piece of an upload in, a part at a time; what has come is kept, whatever cuts it.

    A piece with a checksum is kept whole or not at all.
    """

    def __init__(
        self, database: Database, files: Files, upload: PictureUpload, checksum: Checksum | None
    ) -> None:
        """Go on with an upload where it stands."""
        self._database, self._files = database, files
        self._upload, self._checksum = upload, checksum
        self._place = uploads.place_of(upload)
        self._staged: list[UUID] = []
        self._staged_bytes = 0
        self._is_in_doubt = False
        self._parts = len(upload.parts)
        self.until = upload.expires_at
        self.offset = upload.received

    async def receive(self, request: Request, offset: int) -> int:
        """Take the body of a request in, and return how far the upload has come."""
        upload = self._upload
        if upload.state == UploadState.REFUSED:
            raise UploadRefused(reason=upload.reason)
        if offset != upload.received:
            raise UploadOffsetDiffers(headers={"Upload-Offset": str(upload.received)})
        try:
            async for piece in _pieces(request, upload.size_bytes - offset):
                await self._take(piece)
            if self._checksum and not self._checksum.is_met():
                raise ChecksumDiffers
            await self._keep()
        finally:
            if not self._is_in_doubt:
                await self._files.forget_parts(self._place, self._staged)
        return self.offset

    async def _take(self, piece: bytes) -> None:
        begin = self.offset + self._staged_bytes
        if begin < _SNIFFED:
            await self._sniff(begin, piece)
        self._parts += 1
        if self._parts > limits.MAX_PARTS:
            await self._refuse("too_many_parts")
        part_id = new_id()
        self._staged.append(part_id)
        await self._files.keep_part(self._place, part_id, piece)
        self._staged_bytes += len(piece)
        if self._checksum:
            self._checksum.add(piece)
        else:
            await self._keep()

    async def _sniff(self, begin: int, piece: bytes) -> None:
        """Refuse what is no picture by its first bytes, before the rest of it comes.

        What arrived changed may have been one: of a piece with a checksum it is known when that is whole.
        """
        is_enough = len(piece) >= min(_SNIFFED, self._upload.size_bytes)
        if begin == 0 and is_enough and not self._checksum and kinds.type_of(piece[:_SNIFFED]) is None:
            await self._refuse(NotAPicture.code)

    async def _refuse(self, reason: str) -> None:
        async with self._database.writing(self._upload.account_id) as session:
            await uploads.refuse(session, self._upload.id, reason)
        if reason == NotAPicture.code:
            raise NotAPicture
        raise UploadRefused(reason=reason)

    async def _keep(self) -> None:
        """Note what was staged as received; whoever has gone on beside us goes on alone."""
        if not self._staged:
            return
        upload, until = self._upload, clock.now() + limits.KEPT_FOR
        self.until = until
        end = self.offset + self._staged_bytes
        is_last = end == upload.size_bytes
        lent = self._database.writing if is_last else self._database.beside
        # Of a commit whose answer is lost nobody knows: what it may have noted is not removed.
        self._is_in_doubt = True
        async with lent(upload.account_id) as session:
            is_kept = await store.go_on(
                session, upload.id, self.offset, store.Arrived(self._staged, self._staged_bytes), until
            )
            if is_kept and isinstance(session, WriteSession):
                await uploads.note(session, TaskKind.UPLOAD, upload, clock.now() + uploads.LEASE)
        self._is_in_doubt = False
        if not is_kept:
            raise UploadOffsetDiffers
        self._staged, self._staged_bytes, self.offset = [], 0, end


async def _pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield a body in pieces of a bounded size; what came before it was cut, too, and then what cut it."""
    buffer, body = bytearray(), aiter(request.stream())
    cut: Exception | None = None
    deadline = asyncio.get_running_loop().time() + limits.SECONDS
    while cut is None:
        left = deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(_STALLED, left)):
                chunk = await anext(body)
        except StopAsyncIteration:
            break
        except TimeoutError:
            cut = BodyTimeout()
            break
        except ClientDisconnect as gone:
            cut = gone
            break
        if len(chunk) > most:
            chunk, cut = chunk[:most], UploadTooLong()
        most -= len(chunk)
        buffer += chunk
        while len(buffer) >= PIECE:
            yield bytes(buffer[:PIECE])
            del buffer[:PIECE]
    if buffer:
        yield bytes(buffer)
    if cut is not None:
        raise cut
