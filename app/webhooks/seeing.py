"""Seeing: what a webhook's key may see now, of the events that are to be told to it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.accounts.errors import SubscriptionInactive, UserInactive
from app.accounts.features import allows
from app.accounts.standing import KeyOver, Standing, standing_of_key
from app.core.db import Session
from app.core.principal import Level
from app.sync import registry
from app.sync.scope import Rule, Scope
from app.sync.stamping import states
from app.sync.target import rights_of
from app.webhooks.kinds import Kind, kinds


async def seen(session: Session, stands: Standing, events: Sequence[Any]) -> set[UUID]:
    """Return the ids of the events that somebody may hear of.

    Of a private record they hear who may see it; a deleted one has kept whose it was.
    """
    rights = await rights_of(session, stands.who, stands.clock)
    found: set[UUID] = set()
    restricted: dict[UUID, tuple[tuple[int, UUID], Rule]] = {}
    for each in events:
        kind = kinds().get(each["type"])
        if kind is None or not _may_hear(stands, kind, rights):
            continue
        rule = rights[registry.number_of(kind.collection)] if kind.collection else None
        if rule is None or rule.me is None:
            found.add(each["event_id"])
        elif each["record_id"] is not None:
            key = registry.number_of(kind.collection or ""), each["record_id"]
            restricted[each["event_id"]] = key, rule
    known = await states(session, {key for key, _ in restricted.values()}) if restricted else {}
    for event_id, (key, rule) in restricted.items():
        state = known[key]
        if state is not None and state.anchors is not None and rule.may_see(state.anchors):
            found.add(event_id)
    return found


async def seen_by_key(session: Session, key_id: UUID, events: Sequence[Any]) -> set[UUID]:
    """Return the ids of the events that a key may hear of now: none, if it is let in no more."""
    try:
        stands = await standing_of_key(session, key_id)
    except (KeyOver, SubscriptionInactive, UserInactive):
        return set()
    return await seen(session, stands, events)


def _may_hear(stands: Standing, kind: Kind, rights: Scope) -> bool:
    if kind.feature and not allows(stands.who, kind.feature, Level.VIEW_ONLY):
        return False
    return kind.collection is None or registry.number_of(kind.collection) in rights
