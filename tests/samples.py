"""A believable record of any collection, made from the examples of its declaration."""

from typing import Any
from uuid import UUID, uuid4

from app.sync import registry
from app.sync.registry import Collection
from app.sync.tables import Kind


def named(name: str) -> Collection:
    """Return a collection that must exist."""
    found = registry.named(name)
    assert found is not None
    return found


def sample(name: str, **fields: Any) -> dict[str, Any]:
    """Return the fields a device would send for a new record, links only where they are required."""
    made: dict[str, Any] = {}
    for spec in named(name).fields.values():
        if spec.is_read_only:
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
