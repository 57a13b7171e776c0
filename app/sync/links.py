"""Which records a record refers to: links among its fields, and inside the elements it keeps."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, get_args
from uuid import UUID

from pydantic import BaseModel

from app.sync.fields import Link


def links_in(model: type[BaseModel], fields: Mapping[str, Any]) -> Iterator[tuple[str, str, UUID]]:
    """Yield the field, the collection and the id of each link in JSON values, as far as they can be read."""
    for name, (collection, element) in _linking(model).items():
        for value in _each(fields.get(name)) if name in fields else ():
            if collection is not None:
                record_id = _id(value)
                if record_id:
                    yield name, collection, record_id
            elif element is not None and isinstance(value, dict):
                yield from ((name, target, found) for _, target, found in links_in(element, value))


def renamed(value: Any, names: Mapping[UUID, UUID]) -> Any:
    """Return a JSON value in which some ids stand for others, each of which a list has once."""
    if isinstance(value, dict):
        return {key: renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        members = [renamed(each, names) for each in value]
        return value if members == value else list({str(each): each for each in members}.values())
    found = _id(value)
    return str(names[found]) if found and found in names else value


def linked_inside(annotation: Any) -> set[str]:
    """Return the collections that elements in a field, if it holds any, have links to."""
    element = element_of(annotation)
    return {collection for collection, _ in _linking(element).values() if collection} if element else set()


@cache
def linking(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields in which records may be named."""
    return frozenset(_linking(model))


@cache
def _linking(model: type[BaseModel]) -> dict[str, tuple[str | None, type[BaseModel] | None]]:
    """Return the fields that are links, with their collection, or hold elements, with their class."""
    found: dict[str, tuple[str | None, type[BaseModel] | None]] = {}
    for name, info in model.model_fields.items():
        collection = next((mark.collection for mark in info.metadata if isinstance(mark, Link)), None)
        element = element_of(info.annotation)
        if collection or element:
            found[name] = collection, element
    return found


def element_of(annotation: Any) -> type[BaseModel] | None:
    """Return the class of what a field keeps inside its record, if it does."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := element_of(each))), None)


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _id(value: Any) -> UUID | None:
    return _parsed(value) if isinstance(value, str) else None


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
