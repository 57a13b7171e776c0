"""Records a card payment is about, as far as whoever asks may see them."""

from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.revisions import go_on
from app.sync import registry
from app.sync.draft import SERVER, Draft
from app.sync.judging import Judge
from app.sync.schemas import OnConflict
from app.sync.target import rights_of


async def seen(work: Work[WriteSession], collection: str, record_id: UUID) -> dict[str, Any] | None:
    """Return the fields of a record; none that is not there, or that the user may not see."""
    go_on(work.session, work.clock)
    draft = await Draft.begin(work.session, work.who)
    judge = Judge(draft, SERVER, OnConflict.FAIL, await rights_of(work.session, work.who, work.clock))
    key = registry.number_of(collection), record_id
    await draft.load([key])
    state = draft.get(key)
    if state is None or state.values is None or not judge.may_see(key, state):
        return None
    return dict(state.values)
