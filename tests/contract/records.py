"""Records of any collection, right and wrong, made from its declaration alone."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from itertools import count
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from app.core.principal import Principal
from app.sync import registry
from app.sync.registry import Collection, FieldSpec
from app.sync.store import Write, write
from app.sync.tables import Kind
from app.sync.validation import InvalidFieldsError, canonical
from tests.accounts.studios import Studio
from tests.samples import named, required_links, sample

Fields = dict[str, Any]
SECRET = "Mumpitz"
NUMBER = 918273645
WRONG: dict[Kind, list[Any]] = {
    Kind.TEXT: [NUMBER, [SECRET]],
    Kind.INTEGER: [SECRET, str(NUMBER), True, NUMBER + 0.5],
    Kind.BOOLEAN: [SECRET, "true", 1],
    Kind.DATE: [SECRET, NUMBER, "2026-02-30", "2026-06-20T10:00:00Z"],
    Kind.TIME: [SECRET, NUMBER, "10:00:00+02:00", "25:00:00"],
    Kind.INSTANT: [SECRET, NUMBER, "2026-06-20T10:00:00"],
    Kind.ID: [SECRET, NUMBER],
    Kind.IDS: [SECRET, [SECRET], [NUMBER], {SECRET: SECRET}],
    Kind.CHOICE: [SECRET, NUMBER],
    Kind.TEXTS: [SECRET, [NUMBER]],
    Kind.OBJECT: [SECRET, [SECRET], NUMBER],
    Kind.OBJECTS: [SECRET, [SECRET], {}],
}
"""Values no field of a kind may have; `SECRET` and `NUMBER` are what an answer must never repeat."""

# What follows in a record when it is new, or when it loses its status: fields its writer may leave open.
FILLED_IN: dict[str, frozenset[str]] = {
    "clients": frozenset({"status_id", "status_due_date", "status_notes"}),
    "sessions": frozenset({"status_id", "status_due_date", "status_notes"}),
    "invoices": frozenset({"status_id", "status_due_date", "status_notes"}),
    "tasks": frozenset({"assigned_by_id", "start_date", "due_date"}),
    "text_messages": frozenset({"delivery_state"}),
}
# What follows when one field of a record is set.
FOLLOWING: dict[tuple[str, str], frozenset[str]] = {
    **{
        (name, "status_id"): frozenset({"status_due_date"})
        for name in ("clients", "sessions", "appointments", "tasks")
    },
    **{("sessions", name): frozenset({"is_rescheduled"}) for name in ("date", "start_time")},
    ("appointments", "session_id"): frozenset({"client_id"}),
}
_SERIES = frozenset({"status_id", "status_due_date", "is_confirmed", "is_cancelled", "is_detached"})
# Downwards: those the server gives go on behind the highest in use.
_numbers = count(500_000_000, -1)


def following(collection: Collection, name: str) -> frozenset[str]:
    """Return the fields that may change when another one is set."""
    found = FOLLOWING.get((collection.name, name), frozenset())
    if collection.name == "appointments" and name not in _SERIES:
        # The sample is one of a series, and edited by itself it no longer follows it.
        return found | {"is_detached"}
    return found


def as_sent(collection: Collection, sent: Fields) -> Fields:
    """Return what must be pulled as it was sent: all but what the server fills in."""
    filled = FILLED_IN.get(collection.name, frozenset())
    return {name: value for name, value in sent.items() if value is not None or name not in filled}


def every(**wanted: bool) -> pytest.MarkDecorator:
    """Run a test for every collection, or for all that are as wanted; a new one comes by itself."""
    found = [
        each
        for each in registry.collections()
        if all(getattr(each, name) == value for name, value in wanted.items())
    ]
    return pytest.mark.parametrize("collection", found, ids=lambda each: each.name)


def fresh(collection: Collection, **links: Any) -> Fields:
    """Return what a phone sends for a new record; what must be unique is."""
    unique = {
        spec.name: next(_numbers) if spec.kind is Kind.INTEGER else uuid4().hex
        for spec in collection.fields.values()
        if is_unique(spec) and not spec.is_read_only
    }
    return sample(collection.name, **unique, **links)


def whole(collection: Collection, **links: Any) -> Fields:
    """Return what the server writes for a new record: also the fields only it may set."""
    made = fresh(collection, **links)
    for spec in collection.fields.values():
        if spec.is_read_only and not spec.link:
            made[spec.name] = spec.example
            if is_unique(spec):
                made[spec.name] = next(_numbers) if spec.kind is Kind.INTEGER else uuid4().hex
    return made


def is_unique(spec: FieldSpec) -> bool:
    """Say whether no two records may share its value."""
    extra = spec.info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("x-unique"))


def written(name: str) -> list[Write]:
    """Return the server's writes of a record and of all it must refer to, parents first."""
    made, links = _parents(name)
    return [*made, Write(name, uuid4(), whole(named(name), **links))]


def _parents(name: str) -> tuple[list[Write], dict[str, str]]:
    made: list[Write] = []
    links = {}
    for field, parent in required_links(name):
        made += written(parent)
        links[field] = str(made[-1].record_id)
    return made, links


async def by_server(studio: Studio, *writes: Write) -> None:
    """Carry out writes as the server itself."""
    account_id = studio.account.account_id
    async with studio.database.writing(account_id) as session:
        await write(session, Principal.system(account_id), writes)


async def planted(studio: Studio, name: str, **related: str) -> UUID:
    """Have the server write a record with all it must refer to, and return its id.

    `related` names records, by field, that it refers to in place of new ones: those of a record to be.
    """
    writes = written(name)
    own = {field: related[field] for field, _ in required_links(name) if field in related}
    last = writes[-1]
    writes[-1] = Write(name, last.record_id, {**(last.fields or {}), **own})
    await by_server(studio, *writes)
    return last.record_id


async def parents_of(studio: Studio, collection: Collection) -> dict[str, str]:
    """Have the server write what a new record must refer to, and return the links."""
    made, links = _parents(collection.name)
    await by_server(studio, *made)
    return links


def is_valid(collection: Collection, fields: Mapping[str, Any]) -> bool:
    """Say whether a record keeps the rules of its collection."""
    try:
        canonical(collection, fields)
    except InvalidFieldsError:
        return False
    return True


def another_value(collection: Collection, record: Fields, spec: FieldSpec) -> Any:
    """Return a value a field without a link may have instead of the one it has."""
    present = canonical(collection, record)[spec.name]
    alike = [each for each in collection.fields.values() if each.kind is spec.kind]
    for value in (*_others(spec, present), *(record.get(each.name) for each in alike)):
        changed = {**record, spec.name: value}
        if is_valid(collection, changed) and canonical(collection, changed)[spec.name] != present:
            return value
    raise AssertionError(f"no other value found for {collection.name}.{spec.name}")


def _others(spec: FieldSpec, present: Any) -> Iterator[Any]:
    yield from _OTHERS.get(spec.kind, lambda _: iter(()))(present if present is not None else spec.example)
    yield from (spec.example, None, [])
    for kind in get_args(spec.info.annotation) or (spec.info.annotation,):
        yield from getattr(kind, "__members__", {}).values()


_OTHERS: dict[Kind, Any] = {
    Kind.TEXT: lambda value: (f"{value}x", f"{value[:-1]}0", f"{value[:-1]}1"),
    Kind.INTEGER: lambda value: (value + 1, value - 1, -value),
    Kind.BOOLEAN: lambda value: (not value,),
    Kind.DATE: lambda value: [str(date.fromisoformat(value) + timedelta(days)) for days in (1, -1)],
    Kind.TIME: lambda value: [str(time.fromisoformat(value).replace(minute=minute)) for minute in (7, 53)],
    Kind.ID: lambda _: (str(uuid4()),),
    Kind.IDS: lambda _: ([str(uuid4())],),
    Kind.TEXTS: lambda value: ([*value, *value], value[:-1]),
    Kind.OBJECT: lambda value: [{**value, name: f"{value[name]}x"} for name in value],
}


def contains(whole: Any, part: Any) -> bool:
    """Say whether a JSON value has all that another one has; elements may have their defaults beside."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(whole) == len(part)
            and all(contains(*pair) for pair in zip(whole, part, strict=True))
        )
    return bool(whole == part)
