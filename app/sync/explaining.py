"""Explaining: why a record belongs on a device or does not, for people who ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Session
from app.sync import feed, registry
from app.sync.anchors import Anchors, Stamp
from app.sync.feed import FeedRow
from app.sync.fields import Values
from app.sync.registry import Collection
from app.sync.scope import Condition, Rule, Scope

_TITLES = ("display_name", "subject", "company_name", "description")
"""Fields that name a record to people, the best first, unless it has a person's name."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for a record and what against: the right to it, what it must meet, kinds of children."""

    may_see: bool
    conditions: Mapping[Condition, bool]
    holders: Mapping[int, bool]

    @property
    def is_in(self) -> bool:
        """Say whether the record belongs on the device, as `Rule.admits` does."""
        return self.may_see and (all(self.conditions.values()) or any(self.holders.values()))


def explain(rule: Rule, anchors: Anchors) -> Explanation:
    """Return why a rule admits a record with these anchors, or does not."""
    return Explanation(rule.may_see(anchors), dict(rule.conditions(anchors)), dict(rule.holders(anchors)))


def parents_off(collection: Collection, scope: Scope) -> list[Collection]:
    """Return the parents for which a collection is off, none where its own rule says so."""
    named = {spec.link: registry.named(spec.link or "") for spec in collection.parents}
    return [parent for parent in named.values() if parent is not None and parent.number not in scope]


async def find(session: Session, collection: Collection, record_id: UUID) -> FeedRow | None:
    """Return a record, or its tombstone, as the feed has it."""
    key = (collection.number, record_id)
    return (await feed.states(session, [key])).get(key)


async def names_of(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    """Return what people call the labels and owners behind some of the account's numbers."""
    names = await feed.names_of(session, numbers)
    ids = [UUID(name) for name in names.values() if name not in registry.label_names()]
    titles = {str(record_id): title for record_id, title in (await titles_of(session, ids)).items()}
    return {number: titles.get(name, name) for number, name in names.items()}


async def titles_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what people call records others are labelled with, or belong to, as far as they have a name."""
    rows = await feed.states(session, [(target, each) for each in ids for target in _anchoring()])
    found = ((row.key[1], title_of(row.values)) for row in rows.values() if row.values)
    return {record_id: title for record_id, title in found if title}


def title_of(values: Values) -> str | None:
    """Return what people call a record, if it has anything of the kind."""
    person = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    titles = (values.get(name) for name in _TITLES)
    return values.get("display_name") or person or next(filter(None, titles), None)


def _anchoring() -> set[int]:
    """Return the numbers of the collections whose records others are labelled with, or belong to."""
    anchors = ((each, name) for each in registry.collections() for name in _named(each.stamp))
    links = {each.fields[name].link for each, name in anchors if name in each.fields}
    return {target.number for link in links if (target := registry.named(link or ""))}


def _named(stamp: Stamp) -> tuple[str, ...]:
    return *stamp.label_names, *stamp.owners
