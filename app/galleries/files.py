"""Where the files of pictures are kept: a folder or a bucket, written and read by bounded pieces."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from app.core.settings import Settings
from app.http.errors import Unavailable

log = logging.getLogger("studio.galleries")

PIECE = 4 << 20
"""Bytes that are received, and kept as one part, at a time."""
_READ = 1 << 18
_WRITTEN = 5 << 20
"""Bytes of a part of a large object: a bucket takes no smaller ones."""
_TOGETHER = 2
_LISTED = 500
_HEAD = 64
"""Bytes by which a type is told."""


class Size(StrEnum):
    """The files of a picture."""

    ORIGINAL = "original"
    WEB = "web"
    THUMBNAIL = "thumbnail"


class FileGone(Exception):
    """There is no such file, or no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a picture are, as those of the upload it was."""

    account_id: UUID
    session_id: UUID
    picture_id: UUID

    def __str__(self) -> str:
        return f"{self.account_id}/{self.session_id}/{self.picture_id}"

    def file(self, size: Size) -> str:
        """Return the path of a file."""
        return f"{self}/{size}"

    def part(self, part_id: UUID) -> str:
        """Return the path of a part of what is on its way."""
        return f"{self}/parts/{part_id}"


@dataclass(frozen=True, slots=True)
class Joined:
    """What parts have become: the SHA-256 of the file, and how it begins."""

    sha256: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is kept; `tag` is another when the file is."""

    size_bytes: int
    tag: str


@dataclass(frozen=True, slots=True)
class Lying:
    """A file that lies in the store, by its path, and when it was written."""

    path: str
    written_at: datetime


class Files:
    """The files of all accounts; whatever the store fails in is `Unavailable`, but for what is not there."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """Keep files in a store, which may be a folder of this machine."""
        self._store, self.folder = store, folder

    async def keep_part(self, place: Place, part_id: UUID, piece: bytes) -> None:
        """Keep a piece of what is on its way."""
        with _told():
            await self._store.put_async(place.part(part_id), piece)

    async def forget_parts(self, place: Place, parts: Iterable[UUID]) -> None:
        """Remove parts that were kept in vain; a failure leaves them for whoever clears up."""
        paths = [place.part(each) for each in parts]
        if paths:
            try:
                await self._store.delete_async(paths)
            except (BaseError, OSError) as error:
                log.warning("parts of %s were left: %s", place, type(error).__name__)

    async def join(self, place: Place, parts: Sequence[UUID]) -> Joined:
        """Make the original of its parts, again if need be.

        Raises `FileGone` where a part is missing; an original that was made before stays whole then.
        """
        hashed, head, missing = sha256(), bytearray(), list[UUID]()

        async def pieces() -> AsyncIterator[bytes]:
            for each in parts:
                try:
                    piece = await self._whole(place.part(each))
                except FileGone:
                    # Were this an end, the store would put what has come until here in the original's place.
                    missing.append(each)
                    raise
                hashed.update(piece)
                if len(head) < _HEAD:
                    head.extend(piece[: _HEAD - len(head)])
                yield piece

        try:
            with _told():
                await self._store.put_async(
                    place.file(Size.ORIGINAL), pieces(), chunk_size=_WRITTEN, max_concurrency=_TOGETHER
                )
        except Exception:
            # Not every store tells by what it was stopped.
            if missing:
                raise FileGone from None
            raise
        if self.folder:
            # The store would leave it to the system when that is: the studio is told now that it is kept.
            await asyncio.to_thread(_settle, self.folder / place.file(Size.ORIGINAL))
        return Joined(hashed.digest(), bytes(head))

    async def keep(self, place: Place, size: Size, content: bytes) -> None:
        """Keep a small file whole."""
        with _told():
            await self._store.put_async(place.file(size), content)

    async def find(self, place: Place, size: Size) -> Kept:
        """Return how a file is kept; raises `FileGone`."""
        with _told():
            meta = await self._store.head_async(place.file(size))
        told = meta["e_tag"] or f"{meta['last_modified'].isoformat()}-{meta['size']}"
        return Kept(meta["size"], sha256(told.encode()).hexdigest()[:32])

    async def read(
        self, place: Place, size: Size, begin: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Read a file, or its bytes from `begin` up to `end`, piece by piece; raises `FileGone`."""
        path = place.file(size)
        if self.folder:
            async for piece in _from_disk(self.folder / path, begin, end):
                yield piece
            return
        options = None if end is None else {"range": (begin, end)}
        with _told():
            found = await self._store.get_async(path, options=options)  # type: ignore[arg-type]
            async for some in found.stream(min_chunk_size=_READ):
                yield bytes(some)

    async def lying(self, account_id: UUID | None = None) -> AsyncIterator[Sequence[Lying]]:
        """Yield what lies in the store, of one account or of all, some at a time and in no order."""
        prefix = None if account_id is None else str(account_id)
        with _told():
            async for some in self._store.list_async(prefix=prefix, chunk_size=_LISTED):
                yield [Lying(each["path"], each["last_modified"]) for each in some]

    async def known(self, place: Place) -> set[str]:
        """Return which files of a picture there are, by what they are called there."""
        with _told():
            found = await self._store.list_with_delimiter_async(prefix=str(place))
        return {each["path"].rpartition("/")[2] for each in found["objects"]}

    async def remove_parts(self, place: Place) -> None:
        """Remove what a picture was put together from, whatever there is of it."""
        await self._remove(f"{place}/parts")

    async def remove(self, place: Place) -> None:
        """Remove all files of a picture, and of the upload it was; to do so twice does no harm."""
        await self._remove(str(place))

    async def remove_all(self, account_id: UUID) -> None:
        """Remove all files of an account."""
        await self._remove(str(account_id))

    async def _remove(self, prefix: str) -> None:
        with _told():
            async for some in self._store.list_async(prefix=prefix):
                try:
                    await self._store.delete_async([each["path"] for each in some])
                except FileNotFoundError:
                    log.info("somebody else removes files below %s", prefix)

    async def _whole(self, path: str) -> bytes:
        """Return a part, which is no larger than a piece, at once."""
        with _told():
            found = await self._store.get_async(path)
            return bytes(await found.bytes_async())


async def _from_disk(path: Path, begin: int, end: int | None) -> AsyncIterator[bytes]:
    """Read a file of a folder by our own few threads; whoever replaces it meanwhile changes nothing of it.

    The library's own stream has 8 kB at a time, each by any of up to 512 threads.
    """
    with _told():
        file = await asyncio.to_thread(path.open, "rb", buffering=0)
        try:
            file.seek(begin)
            left = sys.maxsize if end is None else end - begin
            while some := await asyncio.to_thread(file.read, min(_READ, left)):
                yield some
                left -= len(some)
        finally:
            file.close()


def _settle(path: Path) -> None:
    """Have a file on the disk, and its name."""
    for each in (path, path.parent):
        number = os.open(each, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what a store fails in as a refusal: it is asked again later."""
    try:
        yield
    except FileNotFoundError:
        raise FileGone from None
    except (BaseError, OSError) as error:
        log.warning("the store of pictures fails: %s", type(error).__name__)
        raise Unavailable from error


def opened(settings: Settings) -> Files:
    """Open the store the settings name: a bucket by its URL, or a folder under the data directory.

    What opens a bucket is read from the environment, as its own tools have it: `AWS_ACCESS_KEY_ID` and so on.
    """
    if settings.picture_store_url:
        return Files(from_url(settings.picture_store_url))
    folder = settings.data_dir / "pictures"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Files(LocalStore(folder.resolve(), automatic_cleanup=True), folder.resolve())


async def _files(request: Request) -> Files:
    return cast("Files", request.app.state.files)


FilesOf = Annotated[Files, Depends(_files)]
