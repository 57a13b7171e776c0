"""The manifest: all that can be synced, told from the registry."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from app.sync import registry, schemas
from app.sync.commands import Command, commands
from app.sync.fields import Element, Link
from app.sync.limits import limits_of_sync
from app.sync.registry import Collection, FieldSpec
from app.sync.tables import kind_of

T = TypeVar("T")


@cache
def manifest(minimum_schema_version: int) -> schemas.Manifest:
    """Return collections, fields and limits as a client may rely on them; made once, all being declared."""
    return schemas.Manifest(
        schema_version=registry.schema_version(),
        minimum_schema_version=minimum_schema_version,
        limits=limits_of_sync(),
        collections=[_collection(each) for each in registry.collections()],
        commands=[_command(each) for each in commands()],
    )


def _collection(collection: Collection) -> schemas.CollectionAnswer:
    return schemas.CollectionAnswer(
        name=collection.name,
        number=collection.number,
        description=collection.description,
        writable=collection.is_writable,
        feature=collection.feature,
        part_features={part.name.lower(): key for part, key in collection.part_features.items()},
        day=collection.day,
        since=collection.since,
        fields=[_field(spec) for spec in collection.fields.values()],
    )


def _command(command: Command) -> schemas.CommandAnswer:
    return schemas.CommandAnswer(
        name=command.name,
        collections=list(command.collections),
        description=command.description,
        level=command.level,
        needs=dict(command.needs),
        fields=[_member(info.alias or name, info) for name, info in command.takes.model_fields.items()],
    )


def _field(spec: FieldSpec) -> schemas.FieldAnswer:
    elements = list(_kinds(spec.info.annotation, Element))
    return schemas.FieldAnswer(
        **_member(spec.name, spec.info).model_dump(),
        read_only=spec.is_read_only,
        since=spec.since,
        part=spec.part.name.lower() if spec.part else None,
        members=[_member(*each) for each in elements[0].model_fields.items()] if elements else None,
    )


def _member(name: str, info: FieldInfo) -> schemas.MemberAnswer:
    kind, is_nullable = kind_of(info.annotation)
    marks = list(_marks(info))
    choices = next(_kinds(info.annotation, StrEnum), None)
    return schemas.MemberAnswer(
        name=name,
        type=kind,
        description=info.description or "",
        example=(info.examples or [None])[0],
        required=info.is_required(),
        nullable=is_nullable,
        link=next((mark.collection for mark in marks if isinstance(mark, Link)), None),
        choices=[each.value for each in choices] if choices else None,
        max_length=_bound(marks, "max_length"),
        minimum=_bound(marks, "ge"),
        maximum=_bound(marks, "le"),
        default=None if info.is_required() else info.get_default(call_default_factory=True),
    )


def _bound(marks: Iterable[object], name: str) -> Any:
    return next((bound for mark in marks if (bound := getattr(mark, name, None)) is not None), None)


def _marks(info: FieldInfo) -> Iterator[object]:
    """Yield what a field is marked with, also where it may be null; not what marks a list's entries."""
    yield from _unfolded(info.metadata)
    annotation = info.annotation
    if get_origin(annotation) in (Union, UnionType):
        for arm in get_args(annotation):
            yield from _unfolded(getattr(arm, "__metadata__", ()))


def _unfolded(marks: Iterable[object]) -> Iterator[object]:
    for mark in marks:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)


def _kinds(annotation: Any, base: type[T]) -> Iterator[type[T]]:
    """Yield the classes of a kind that a value, or each entry of a list, may be of."""
    if isinstance(annotation, type) and issubclass(annotation, base):
        yield annotation
    for each in get_args(annotation):
        yield from _kinds(each, base)
