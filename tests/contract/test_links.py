"""A link to nowhere is refused, wherever in a record it stands and whoever writes it."""

from collections.abc import Iterator
from typing import Any, get_args
from uuid import uuid4

import asyncpg
import pytest
from pydantic import BaseModel

from app.sync.fields import Link
from app.sync.registry import Collection
from app.sync.store import Write
from app.sync.tables import Kind
from app.sync.validation import InvalidFieldsError
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, Record, change
from tests.contract.records import by_server, every, fresh, parents_of, planted, whole


@every(is_writable=True)
async def test_a_phone_s_link_to_nowhere_is_refused(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    parents = await parents_of(studio, collection)
    record_id = await planted(studio, collection.name)
    dangling = [(field, values) for field, values in _dangling(collection) for _ in range(2)]
    created = (
        change("create", collection.name, uuid4(), **fresh(collection, **{**parents, **values}))
        for _, values in dangling[::2]
    )
    patched = (change("patch", collection.name, record_id, **values) for _, values in dangling[1::2])
    results = await phone.push(*(each for pair in zip(created, patched, strict=True) for each in pair))
    assert [(each["code"], list(each["fields"])) for each in results] == [
        ("unknown_reference", [field]) for field, _ in dangling
    ]


@every(is_writable=True)
async def test_a_phone_s_link_to_a_deleted_record_is_refused(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    parents = await parents_of(studio, collection)
    for spec in collection.links:
        gone = await planted(studio, spec.link or "")
        await by_server(studio, Write.delete(spec.link or "", gone))
        value = [str(gone)] if spec.kind is Kind.IDS else str(gone)
        sent = fresh(collection, **{**parents, spec.name: value})
        [result] = await phone.push(change("create", collection.name, uuid4(), **sent))
        assert (result["code"], list(result["fields"])) == ("unknown_reference", [spec.name])


@every()
async def test_the_server_s_own_link_to_nowhere_is_refused(collection: Collection, studio: Studio) -> None:
    parents = await parents_of(studio, collection)
    for spec in collection.links:
        value = [str(uuid4())] if spec.kind is Kind.IDS else str(uuid4())
        fields = whole(collection, **{**parents, spec.name: value})
        with pytest.raises((asyncpg.ForeignKeyViolationError, InvalidFieldsError)):
            await by_server(studio, Write(collection.name, uuid4(), fields))


def _dangling(collection: Collection) -> Iterator[tuple[str, Record]]:
    """Yield each field with a link, or with elements that have one, and a value that leads nowhere."""
    for spec in collection.fields.values():
        if spec.is_read_only:
            continue
        if spec.link:
            yield spec.name, {spec.name: [str(uuid4())] if spec.kind is Kind.IDS else str(uuid4())}
        for name, is_list in _links_inside(spec.info.annotation):
            element = spec.example[0] if spec.kind is Kind.OBJECTS else spec.example
            broken = {**element, name: [str(uuid4())] if is_list else str(uuid4())}
            yield spec.name, {spec.name: [broken] if spec.kind is Kind.OBJECTS else broken}


def _links_inside(annotation: Any) -> Iterator[tuple[str, bool]]:
    """Yield the links of the elements a field holds, and whether each is a set."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, info in kind.model_fields.items():
                if any(isinstance(mark, Link) for mark in info.metadata):
                    yield name, "list" in str(info.annotation)
