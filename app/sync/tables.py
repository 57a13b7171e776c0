"""The typed table of a collection, built from its declaration."""

import types
from collections.abc import Iterable, Mapping
from datetime import date, time
from enum import Enum, StrEnum
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Time,
    Uuid,
    column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from app.sync.fields import Link


class Kind(StrEnum):
    """What a field holds, in the words of the manifest."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    INSTANT = "instant"
    ID = "id"
    IDS = "ids"
    CHOICE = "choice"
    TEXTS = "texts"
    OBJECT = "object"
    OBJECTS = "objects"


_SCALARS: dict[type, Kind] = {
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    str: Kind.TEXT,
    AwareDatetime: Kind.INSTANT,
    date: Kind.DATE,
    time: Kind.TIME,
    UUID: Kind.ID,
}

COLUMN_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.INTEGER: BigInteger(),
    Kind.BOOLEAN: Boolean(),
    Kind.DATE: Date(),
    Kind.TIME: Time(),
    Kind.INSTANT: DateTime(timezone=True),
    Kind.ID: Uuid(),
    Kind.IDS: ARRAY(Uuid()),
    Kind.CHOICE: Text(),
    Kind.TEXTS: ARRAY(Text()),
    Kind.OBJECT: JSONB(),
    Kind.OBJECTS: JSONB(),
}


def kind_of(annotation: Any) -> tuple[Kind, bool]:
    """Return what an annotation holds and whether it may be null."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = (each for each in get_args(annotation) if each is not type(None))
        return kind_of(inner)[0], True
    if get_origin(annotation) is dict:
        return Kind.OBJECT, False
    if get_origin(annotation) is list:
        return _list_kind(get_args(annotation)[0]), False
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Kind.CHOICE, False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Kind.OBJECT, False
    return _SCALARS[annotation], False


def build_table(
    name: str, fields: Mapping[str, FieldInfo], since: int, found_by: Iterable[str] = ()
) -> Table:
    """Return the table of a collection: key, fields, bookkeeping, a foreign key and an index per link.

    It has an index per field its records are found by, too. What is null is in none of them: nobody looks for
    records by what they do not have, and most links of most records are empty.

    A field introduced after `since` keeps its default in the database too: for the rows that are there when
    its column is added, and for those an older version of the app goes on to write.
    """
    columns = {key: _column(key, info, since) for key, info in fields.items()}
    links = [
        (key, mark.collection)
        for key, info in fields.items()
        for mark in info.metadata
        if _is_row(info, mark)
    ]
    foreign = [
        ForeignKeyConstraint(["account_id", key], [f"{parent}.account_id", f"{parent}.id"])
        for key, parent in links
    ]
    indexes = [_index(f"ix_{name}_{key}", columns[key]) for key in (*(key for key, _ in links), *found_by)]
    unique = [
        _index(f"uq_{name}_{key}", columns[key], is_unique=True)
        for key, info in fields.items()
        if _is_unique(info)
    ]
    return Table(
        name,
        SQLModel.metadata,
        Column("account_id", Uuid(), nullable=False),
        Column("id", Uuid(), nullable=False),
        *columns.values(),
        *bookkeeping(),
        PrimaryKeyConstraint("account_id", "id"),
        *foreign,
        *indexes,
        *unique,
    )


def _index(name: str, found: Column[Any], *, is_unique: bool = False) -> Index:
    where = column(found.name).is_not(None) if found.nullable else None
    return Index(name, "account_id", found.name, unique=is_unique, postgresql_where=where)


def bookkeeping() -> list[Column[Any]]:
    """Return the columns the store keeps on every record: when it was made and changed, and by which user."""
    return [
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("created_by", Uuid(), nullable=True),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("updated_by", Uuid(), nullable=True),
    ]


def _is_row(info: FieldInfo, mark: object) -> bool:
    """Only a single link is a foreign key; a set of links is checked by the store."""
    return isinstance(mark, Link) and kind_of(info.annotation)[0] is Kind.ID


def _is_unique(info: FieldInfo) -> bool:
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("x-unique"))


def _column(name: str, info: FieldInfo, since: int) -> Column[Any]:
    kind, is_nullable = kind_of(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    is_late = int(str(extra.get("x-since", 1))) > since
    default = None if info.is_required() or not is_late else info.get_default(call_default_factory=True)
    return Column(name, COLUMN_TYPES[kind], nullable=is_nullable, server_default=_literal(kind, default))


def _literal(kind: Kind, default: Any) -> str | None:
    """Return a default as the text of a value in PostgreSQL; lists and objects are empty ones."""
    if default is None:
        return None
    if kind in (Kind.IDS, Kind.TEXTS):
        return "{}"
    return default if isinstance(default, str) else orjson.dumps(default).decode().strip('"')


def _list_kind(item: Any) -> Kind:
    inner, _ = kind_of(item)
    return {Kind.ID: Kind.IDS, Kind.OBJECT: Kind.OBJECTS, Kind.TEXT: Kind.TEXTS, Kind.CHOICE: Kind.TEXTS}[
        inner
    ]
