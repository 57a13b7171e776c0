"""Adding to the audit trail, in the transaction of what it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from app.accounts.features import Feature, declare
from app.audit import chain, store
from app.audit.store import Deed, Doer, Head
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Channel, Level, Principal

AUDIT = declare(
    Feature("audit", "Audit trail", "Who did what in the account.", Level.NO_ACCESS, is_guarded=True)
)


class Action(StrEnum):
    """What was done."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    MERGED = "merged"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    WIPED = "wiped"
    FORGOTTEN = "forgotten"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is done: with a record of a subject, what it was and what it is of all that changes."""

    feature: str
    subject: str
    record_id: UUID | None
    action: Action
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def keep(session: WriteSession, who: Principal, entry: Entry) -> None:
    """Add an entry to the trail; it stands if and only if what it tells of does."""
    deed = Deed(
        entry.feature,
        entry.subject,
        str(entry.record_id) if entry.record_id else None,
        entry.action.value,
        _text(entry.before),
        _text(entry.after),
    )
    await store.append(session, await following(session, doer_of(who), [deed]))


async def keep_of_itself(
    session: WriteSession, who: Principal, action: Action, after: Mapping[str, Any]
) -> Head:
    """Add an entry about the trail to it, and return what its head is then."""
    await keep(session, who, Entry(AUDIT, store.ITSELF, session.account_id, action, None, after))
    return await store.head_of(session)


async def following(session: WriteSession, doer: Doer, deeds: Sequence[Deed]) -> list[Any]:
    """Return the parameters by which deeds are added behind the last entry of a transaction."""
    if not deeds:
        return store.NOTHING
    head = await store.head_of(session)
    hashes = chain.linked(session.account_id, head, doer, deeds)
    session.audit_head = Head(head.position + len(deeds), hashes[-1])
    return store.told(head, doer, [(made, *deed) for made, deed in zip(hashes, deeds, strict=True)])


def doer_of(who: Principal) -> Doer:
    """Return who does something now; by an API key it is its owner."""
    channel = who.channel if who.key_id is None else Channel.KEY
    return Doer(clock.now(), who.user_id, who.initials, channel.value, who.device_id)


def _text(values: Mapping[str, Any] | None) -> bytes | None:
    return None if values is None else orjson.dumps(dict(values), default=str, option=orjson.OPT_SORT_KEYS)
