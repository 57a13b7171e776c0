"""The manifest: all that can be synced, told from the registry."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args

from app.sync import registry, schemas
from app.sync.registry import Collection, FieldSpec

MINIMUM_SCHEMA_VERSION = 1


def manifest() -> schemas.Manifest:
    """Return collections, fields and limits as a client may rely on them."""
    return schemas.Manifest(
        schema_version=registry.SCHEMA_VERSION,
        minimum_schema_version=MINIMUM_SCHEMA_VERSION,
        limits=schemas.Limits(
            max_rows=schemas.MAX_ROWS,
            max_page_bytes=schemas.MAX_PAGE_BYTES,
            max_changes=schemas.MAX_CHANGES,
            max_push_bytes=schemas.MAX_PUSH_BYTES,
        ),
        collections=[_collection(each) for each in registry.collections()],
    )


def _collection(collection: Collection) -> schemas.CollectionAnswer:
    return schemas.CollectionAnswer(
        name=collection.name,
        number=collection.number,
        description=collection.description,
        writable=collection.is_writable,
        day=collection.day,
        fields=[_field(spec) for spec in collection.fields.values()],
    )


def _field(spec: FieldSpec) -> schemas.FieldAnswer:
    return schemas.FieldAnswer(
        name=spec.name,
        type=spec.kind,
        description=spec.info.description or "",
        example=spec.example,
        required=spec.info.is_required(),
        nullable=spec.is_nullable,
        read_only=spec.is_read_only,
        link=spec.link,
        choices=_choices(spec),
        since=spec.since,
        part=spec.part.name.lower() if spec.part else None,
    )


def _choices(spec: FieldSpec) -> list[str] | None:
    """Return the values of a choice, or of a list of choices."""
    return next(([each.value for each in kind] for kind in _kinds(spec.info.annotation)), None)


def _kinds(annotation: Any) -> Iterator[type[StrEnum]]:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield annotation
    for each in get_args(annotation):
        yield from _kinds(each)
