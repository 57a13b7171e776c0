"""Exports of hubs in the audit trail: who took which records out, and how many."""

from typing import Any
from uuid import UUID

import orjson

from app.audit.telling import Guard, guard
from app.audit.trail import Action, Entry, keep
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.desk.hubs import querying
from app.desk.hubs.errors import QueryTooSlow
from app.desk.hubs.hubs import Hub
from app.desk.hubs.querying import Query
from app.desk.hubs.schemas import Format

_SUBJECT = "hubs"
_ASKED = ("search", "filter", "saved_filter")
_LONGEST = 10_000
"""Characters of what was asked that are kept; of a longer filter there is the begin."""

# What people looked for may be what others must not view: it is for administrators.
guard(_SUBJECT, Guard(dict.fromkeys(_ASKED, "")))


async def how_many(database: Database, account_id: UUID, query: Query, seconds: float) -> int | None:
    """Return how many records a table will have; none where only its pages are found in time."""
    try:
        async with database.reading(account_id) as session:
            return await querying.count_all(session, query, seconds)
    except QueryTooSlow:
        return None


async def note_export(
    session: WriteSession, who: Principal, hub: Hub, query: Query, *, kind: Format, rows: int | None
) -> None:
    """Enter that a hub is exported: its columns, order and filter, and how many records, if that is known."""
    asked = {name: _short(value) if name in _ASKED else value for name, value in query.told.items()}
    told = {"hub": hub.name, "format": kind.value, **asked, "rows": rows}
    feature = hub.collection.feature or hub.collection.name
    await keep(session, who, Entry(feature, _SUBJECT, None, Action.EXPORTED, None, told))


def _short(value: Any) -> Any:
    text = orjson.dumps(value).decode()
    return value if len(text) <= _LONGEST else text[:_LONGEST]
