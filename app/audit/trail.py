"""Adding to the audit trail, in the transaction of what it tells of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from app.accounts.features import Feature, declare
from app.audit import chain, store
from app.audit.store import Row
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Level, Principal

AUDIT = declare(
    Feature("audit", "Audit trail", "Who did what in the account.", Level.NO_ACCESS, is_guarded=True)
)


class Action(StrEnum):
    """What was done."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is done: with a record of a subject, what it was and what it is of all that changes."""

    feature: str
    subject: str
    record_id: UUID | None
    action: Action
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def keep(session: WriteSession, who: Principal, *entries: Entry) -> None:
    """Add entries to the trail; they stand if and only if what they tell of does."""
    now = clock.now()
    rows = [
        Row(
            now,
            who.user_id,
            who.initials,
            who.channel.value,
            who.device_id,
            entry.feature,
            entry.subject,
            entry.record_id,
            entry.action.value,
            _text(entry.before),
            _text(entry.after),
        )
        for entry in entries
    ]
    head = await store.read_head(session)
    await store.append(session, chain.linked(session.account_id, head, rows))


def _text(values: Mapping[str, Any] | None) -> str | None:
    if values is None:
        return None
    return orjson.dumps(dict(values), default=str, option=orjson.OPT_SORT_KEYS).decode()
