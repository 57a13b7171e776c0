"""Records somebody asks about, as far as they may see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.core.db import Session
from app.sync import registry
from app.sync.fields import Values
from app.sync.stamping import states
from app.sync.target import rights_of


async def seen(work: Work[Any], collection: str, record_id: UUID) -> dict[str, Any] | None:
    """Return the fields of a record; none that is not there, or that the user may not see."""
    found = await some_seen(work, collection, [record_id])
    return dict(found[record_id]) if record_id in found else None


async def some_seen(work: Work[Any], collection: str, ids: Sequence[UUID]) -> dict[UUID, Values]:
    """Return the fields of some records, those that are there and that the user may see."""
    session: Session = work.session
    number = registry.number_of(collection)
    rule = (await rights_of(session, work.who, work.clock)).get(number)
    if rule is None or not ids:
        return {}
    found = await states(session, [(number, each) for each in ids])
    return {
        key[1]: state.values
        for key, state in found.items()
        if state and state.values is not None and (state.anchors is None or rule.may_see(state.anchors))
    }
