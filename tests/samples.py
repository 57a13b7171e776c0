"""A believable record of any collection, made from the examples of its declaration."""

from typing import Any
from uuid import UUID, uuid4

from app.core.db import Database
from app.core.principal import Principal
from app.sync import preference_store, registry
from app.sync.narrowing import Limit, Narrows
from app.sync.preference_store import Change
from app.sync.preferences import registered
from app.sync.registry import Collection
from app.sync.tables import Kind


def named(name: str) -> Collection:
    """Return a collection that must exist."""
    found = registry.named(name)
    assert found is not None
    return found


def sample(name: str, **fields: Any) -> dict[str, Any]:
    """Return the fields a device would send for a new record, links only where they are required.

    What no two records may share is left to the test.
    """
    made: dict[str, Any] = {}
    for spec in named(name).fields.values():
        if spec.is_read_only or (spec.is_unique and spec.is_nullable):
            continue
        if spec.link is None:
            made[spec.name] = spec.example
        elif spec.kind is Kind.IDS:
            made[spec.name] = []
        elif spec.is_nullable:
            made[spec.name] = None
    return {**made, **fields}


def required_links(name: str) -> list[tuple[str, str]]:
    """Return the fields that must name another record, and its collection."""
    return [
        (spec.name, spec.link)
        for spec in named(name).links
        if spec.link and spec.kind is Kind.ID and not spec.is_nullable
    ]


def family(name: str) -> list[tuple[str, UUID, dict[str, Any]]]:
    """Return a record with all it must refer to, parents first."""
    made: list[tuple[str, UUID, dict[str, Any]]] = []
    links = {}
    for field, parent in required_links(name):
        members = family(parent)
        made += members
        links[field] = str(members[-1][1])
    return [*made, (name, uuid4(), sample(name, **links))]


def widest() -> dict[str, Any]:
    """Return preferences under which a phone holds everything, whatever the day."""
    chosen: dict[str, Any] = {}
    for key, info in registered().model_fields.items():
        limit = Limit.of(info)
        if limit.narrows is Narrows.LESS:
            chosen[key] = limit.no_limit
        elif limit.narrows in (Narrows.TO_FALSE, Narrows.TO_TRUE):
            chosen[key] = limit.narrows is Narrows.TO_FALSE
    return chosen


async def widen(database: Database, account_id: UUID) -> None:
    """Let the phones of an account hold everything, whatever the day."""
    async with database.writing(account_id) as session:
        change = Change(None, {}, widest(), is_resync=False)
        await preference_store.keep(session, Principal.system(account_id), change)
