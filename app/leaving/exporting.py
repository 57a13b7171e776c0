"""All that an account has, as files: a line for each row, the original of each picture, and a manifest."""

import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.db import Database, Session
from app.galleries.files import FileGone, Files, Place, Size
from app.galleries.kinds import MediaType
from app.leaving.schema import ACCOUNT, KEPT, Table, listed, place_of, placed, tables

MANIFEST = "manifest.json"
_UNFINISHED = "unfinished.json"
_ROWS = 200
_BYTES = 1 << 20
"""How much of a table is read at a time: so many rows, or what makes so many bytes, or one row."""
_SUFFIXES = {MediaType.JPEG: ".jpg", MediaType.PNG: ".png", MediaType.WEBP: ".webp"}


class NoPlace(Exception):
    """The folder has something else in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was given out; `missing` are pictures whose file is not there."""

    tables: int
    rows: int
    pictures: int
    bytes: int
    missing: int


@dataclass
class _File:
    """A file that is written line by line or piece by piece; it has its name once it is whole."""

    path: Path
    lines: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self._hash = sha256()

    @property
    def told(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self._hash.hexdigest()}

    def read(self) -> None:
        """Take a file as it was written before."""
        with self.path.open("rb") as file:
            while piece := file.read(_BYTES):
                self._take(piece)

    async def write(self, pieces: AsyncIterator[bytes]) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            async for piece in pieces:
                file.write(piece)
                self._take(piece)
            _settle(file)
        part.rename(self.path)

    def _take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size += len(piece)
        self.lines += piece.count(b"\n")


async def export(
    database: Database,
    files: Files,
    account: tuple[str, UUID],
    folder: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write all that an account has into a folder; cut, a later call goes on with the table it was at.

    `tables/<name>.ndjson` has each row as JSON, without what opens something, `pictures/` the originals,
    `pictures.ndjson` what they are, and `manifest.json`, which is written last, all counts and hashes. Each
    page of a table is as it was at one moment, and no two of them: nobody is to work there meanwhile. Raises
    `NoPlace`.
    """
    name, account_id = account
    _begin(folder, account_id)
    async with database.reading(account_id) as session:
        known = [each for each in await tables(session) if each.name not in KEPT]
    told, rows = {}, 0
    for table in known:
        made = _File(folder / "tables" / f"{table.name}.ndjson")
        if made.path.exists():
            made.read()
        else:
            await made.write(_lines(database, account_id, table))
        tell(f"{table.name}: {made.lines:,} rows")
        rows += made.lines
        told[table.name] = {"rows": made.lines, **made.told, "left_out": sorted(table.left_out)}
    pictures = _Pictures(database, files, account_id, folder)
    index = _File(folder / "pictures.ndjson")
    await index.write(pictures.lines())
    manifest = {
        "account": name,
        "account_id": str(account_id),
        "made_at": clock.now().isoformat(),
        "tables": told,
        "pictures": {"files": pictures.count, "missing": pictures.missing, "index": index.told},
    }
    await _File(folder / MANIFEST).write(_once(json.dumps(manifest, indent=2).encode() + b"\n"))
    (folder / _UNFINISHED).unlink()
    return Exported(len(known), rows, pictures.count, pictures.size, pictures.missing)


def _begin(folder: Path, account_id: UUID) -> None:
    """Make the folder, for the operator alone, or find it as an export of this account was cut in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    marked, mark = folder / _UNFINISHED, json.dumps({ACCOUNT: str(account_id)})
    if not any(folder.iterdir()):
        marked.write_text(mark)
    elif not marked.exists() or marked.read_text() != mark:
        raise NoPlace
    (folder / "tables").mkdir(mode=0o700, exist_ok=True)


async def _lines(database: Database, account_id: UUID, table: Table) -> AsyncIterator[bytes]:
    """Yield the rows of a table as lines, some at a time, in the order of their keys."""
    after: tuple[Any, ...] = ()
    while True:
        async with database.reading(account_id) as session:
            page = await _page(session, table, after)
        for row in page:
            yield row["line"].encode() + b"\n"
        if not page or not table.place:
            return
        after = place_of(table, page[-1])


async def _page(session: Session, table: Table, after: tuple[Any, ...]) -> list[Any]:
    """Return rows behind a place, as many as make a page."""
    # Of one row an account there is no place: it is the first, and the last.
    place = listed(table.place or (ACCOUNT,))
    behind = f"AND ({place}) > ({placed(table, 2)})" if after else ""
    statement = f"""
        SELECT line, {place} FROM (
            SELECT line, {place}, sum(octet_length(line)) OVER (
                ORDER BY {place} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS bytes
            FROM (
                SELECT {place}, (
                    SELECT row_to_json(shown)::text FROM (SELECT {listed(table.shown, "page.")}) AS shown
                ) AS line
                FROM (
                    SELECT {listed(table.columns)} FROM {table.name}
                    WHERE account_id = $1 {behind} ORDER BY {place} LIMIT {_ROWS}
                ) AS page
            ) AS written
        ) AS found
        WHERE coalesce(bytes, 0) < {_BYTES} ORDER BY {place}"""
    return list(await session.raw.fetch(statement, session.account_id, *after))


@dataclass
class _Pictures:
    """The originals of an account, copied one after the other."""

    database: Database
    files: Files
    account_id: UUID
    folder: Path
    count: int = 0
    size: int = 0
    missing: int = 0

    async def lines(self) -> AsyncIterator[bytes]:
        """Copy each, and yield what it is: its path, and its bytes and hash or that it is missing."""
        after = UUID(int=0)
        while True:
            async with self.database.reading(self.account_id) as session:
                page = await session.raw.fetch(_PICTURES, self.account_id, after, _ROWS)
            for row in page:
                yield json.dumps(await self._copied(row)).encode() + b"\n"
            if not page:
                return
            after = page[-1]["id"]

    async def _copied(self, row: Any) -> dict[str, Any]:
        suffix = _SUFFIXES[MediaType(row["media_type"])]
        path = Path("pictures") / str(row["session_id"]) / f"{row['id']}{suffix}"
        made = _File(self.folder / path)
        told = {"picture_id": str(row["id"]), "name": row["name"], "path": str(path)}
        try:
            if made.path.exists():
                made.read()
            else:
                made.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                place = Place(self.account_id, row["session_id"], row["id"])
                await made.write(self.files.read(place, Size.ORIGINAL))
        except FileGone:
            self.missing += 1
            return {**told, "path": None}
        self.count, self.size = self.count + 1, self.size + made.size
        return {**told, **made.told}


_PICTURES = """
SELECT id, session_id, name, media_type FROM pictures
WHERE account_id = $1 AND id > $2 AND state <> 'refused' ORDER BY id LIMIT $3
"""


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _settle(file: BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())
