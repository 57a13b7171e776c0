"""A small world that grows: what three versions of the app declare, over tables that only ever gain."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import CreateColumn
from sqlmodel import SQLModel

from app.core import clock
from app.core.roles import APP_ROLE
from app.studio import trimming
from app.sync import feed, fields, registry
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import Count, Day, Id, Line, Link, Name, Paragraphs, Part
from app.sync.registry import Record, collection
from app.sync.scope import Rule

if TYPE_CHECKING:
    from tests.sync.conftest import Phone

ALBUMS, PRINTS = "growing_albums", "growing_prints"
WINDOW = 10
SLOT = 8
NEWEST = 3
SINCE = {
    (ALBUMS, "rating"): 2,
    (ALBUMS, "cover"): 2,
    (ALBUMS, "tags"): 2,
    (ALBUMS, "memo"): 2,
    (ALBUMS, "mood"): 3,
    (PRINTS, "place"): 3,
}
"""The fields that later versions introduced."""
EMPTY: dict[str, dict[str, Any]] = {
    ALBUMS: {"notes": None, "rating": 0, "cover": None, "tags": [], "memo": None, "mood": "calm"},
    PRINTS: {"place": None},
}
"""What a record has in a field that is not there."""
_BOOKKEEPING = {"id", "revision", *fields.BOOKKEEPING}
_DIALECT = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy's dialects have no types here


def declare(version: int) -> None:
    """Declare the world as one version of the app has it."""
    _forget()

    class Album(Record):
        """Pictures that belong together."""

        title: Name = fields.field("What it is called.", example="Spring")
        taken_on: Day | None = fields.field("When.", example="2026-05-04", default=None)
        notes: Paragraphs | None = fields.field("More.", example="Blurred.", default=None, part=Part.NOTES)

    class AlbumOfTwo(Album):
        """Pictures that belong together."""

        rating: Count = fields.field("How good it is.", example=3, default=0, since=2)
        cover: Line | None = fields.field("What is on it.", example="A tree", default=None, since=2)
        tags: list[Line] = fields.field("Words.", example=["tree"], default=[], since=2)
        memo: Paragraphs | None = fields.field(
            "Remember.", example="Sort it.", default=None, part=Part.NOTES, since=2
        )

    class AlbumOfThree(AlbumOfTwo):
        """Pictures that belong together."""

        mood: Line = fields.field("How it feels.", example="gay", default="calm", since=3)

    class Print(Record):
        """A picture on paper."""

        album_id: Annotated[Id, Link(ALBUMS, is_parent=True)] = fields.field(
            "Where from.", example="5d0e7a52-0a11-4c0b-9f43-6f3c1a800001"
        )
        ordered_on: Day = fields.field("When.", example="2026-05-04")
        place: Line | None = fields.field("Where it hangs.", example="Hall", default=None, since=3)

    class PrintOfTwo(Record):
        """A picture on paper."""

        album_id: Annotated[Id, Link(ALBUMS, is_parent=True)] = fields.field(
            "Where from.", example="5d0e7a52-0a11-4c0b-9f43-6f3c1a800001"
        )
        ordered_on: Day = fields.field("When.", example="2026-05-04")

    album = {1: Album, 2: AlbumOfTwo, 3: AlbumOfThree}[version]
    collection(ALBUMS, number=30_001, stamp=Stamp(day="taken_on"), rule=_window)(album)
    if version >= 2:
        stamp = Stamp(day="ordered_on", slot=SLOT)
        collection(PRINTS, number=30_002, stamp=stamp, rule=_window, since=2)(
            Print if version >= 3 else PrintOfTwo
        )
    registry.check()


def _window(given: Circumstances) -> Rule:
    return trimming.rule(given, lo=given.ago(WINDOW))


def _forget() -> None:
    for name in (PRINTS, ALBUMS):
        known = registry._by_name.pop(name, None)
        if known is not None:
            del registry._by_number[known.number]
            SQLModel.metadata.remove(known.table)
    registry.check()


@dataclass
class World:
    """The toy collections in a real database, as the version of the app that runs now declares them."""

    owner_url: str
    version: int = 0
    tables: dict[str, set[str]] = field(default_factory=dict)

    async def become(self, version: int) -> None:
        """Run another version of the app from now on; a newer one migrates first."""
        declare(version)
        self.version = version
        for name in (ALBUMS, PRINTS):
            if known := registry.named(name):
                await self._migrate(name, known)

    async def _migrate(self, name: str, known: registry.Collection) -> None:
        columns = {
            column.name: str(CreateColumn(column).compile(dialect=_DIALECT)) for column in known.table.c
        }
        if name not in self.tables:
            await self._execute(
                f"CREATE TABLE {name} ({', '.join(columns.values())}, PRIMARY KEY (account_id, id))"
                f"; GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {APP_ROLE}"
            )
        for column in columns.keys() - self.tables.get(name, columns.keys()):
            await self._execute(f"ALTER TABLE {name} ADD COLUMN {columns[column]}")
        self.tables[name] = self.tables.get(name, set()) | columns.keys()

    async def end(self) -> None:
        """Leave nothing behind."""
        _forget()
        for name in self.tables:
            await self._execute(f"DROP TABLE {name}")

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


def ago(days: int) -> str:
    """Return a day so many days before today, where the phones are."""
    return str(clock.today("America/New_York") - timedelta(days=days))


async def truth(session: Any, version: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what a phone of a schema version should hold, told from the tables alone."""
    since = ago(WINDOW)
    held: dict[tuple[str, str], dict[str, Any]] = {}
    printed: set[str] = set()
    for row in await _rows(session, PRINTS) if version >= 2 else ():
        if row["ordered_on"] >= since:
            printed.add(row["album_id"])
            held[PRINTS, row["id"]] = _known(PRINTS, row, version)
    for row in await _rows(session, ALBUMS):
        if row["taken_on"] is None or row["taken_on"] >= since or row["id"] in printed:
            held[ALBUMS, row["id"]] = _known(ALBUMS, row, version)
    return held


def _known(name: str, row: dict[str, Any], version: int) -> dict[str, Any]:
    strange = {each for table, each in SINCE if table == name and SINCE[table, each] > version}
    return {each: value for each, value in row.items() if each not in {"account_id", *_BOOKKEEPING, *strange}}


async def _rows(session: Any, table: str) -> list[dict[str, Any]]:
    sql = f"SELECT to_jsonb(t)::text AS record FROM {table} t WHERE account_id = $1"
    return [orjson.loads(row["record"]) for row in await session.raw.fetch(sql, session.account_id)]


def told(record: dict[str, Any], name: str, version: int) -> dict[str, Any]:
    """Return a held record as an app reads it: what is not there has its default.

    What the app does not know is no matter of its own, as long as nothing but defaults was left there.
    """
    known = {**EMPTY[name], **{each: value for each, value in record.items() if each not in _BOOKKEEPING}}
    strange = {each for each in known if SINCE.get((name, each), 1) > version}
    assert all(known[each] == EMPTY[name][each] for each in strange)
    return {each: value for each, value in known.items() if each not in strange}


def album(**given: Any) -> dict[str, Any]:
    """Return the fields of an album."""
    return {"title": "Spring", "taken_on": ago(1), "notes": None, **given}


async def check(phone: "Phone") -> None:
    """Compare what a phone holds with the tables, as far as its version and its account's know them."""
    async with phone.database.reading(phone.who.account_id) as session:
        version = min(phone.schema_version or NEWEST, await feed.schema_of(session))
        wanted = await truth(session, version)
    held = {key: told(each, key[0], version) for key, each in phone.records.items()}
    assert held == wanted


def puts(pages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (name, record["id"])
        for page in pages
        for name, changes in page["changes"].items()
        for record in changes["put"]
    ]


class CutError(Exception):
    """What a test stops an upgrade with."""
