"""Looking after balances: comparing what invoices tell with their payments, and setting what differs."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from app.core.db import Database, Session
from app.core.principal import Principal
from app.studio.money import store
from app.studio.money.balances import settled
from app.sync import records, registry
from app.sync.fields import Values
from app.sync.registry import Collection as Synced
from app.sync.store import Write, write

Wrong = Mapping[UUID, Mapping[str, Any]]
"""What invoices should tell that tell something else."""


async def verify(database: Database, who: Principal) -> int:
    """Return how many invoices tell another balance than their payments come to."""
    async with database.reading(who.account_id) as session:
        return sum([len(wrong) async for wrong in _differing(session)])


async def rebuild(database: Database, who: Principal) -> int:
    """Set what differs, page by page, which phones hear of; return how many invoices that were."""
    mended = 0
    async with database.reading(who.account_id) as session:
        async for found in _differing(session):
            async with database.writing(who.account_id) as turn:
                # They may have been paid since they were found to differ.
                wrong = await _wrong(turn, await records.some(turn, _numbered("invoices"), list(found)))
                await write(turn, who, [Write("invoices", each, told) for each, told in wrong.items()])
            mended += len(wrong)
    return mended


async def _differing(session: Session) -> AsyncIterator[Wrong]:
    async for page in records.scan(session, _numbered("invoices")):
        if wrong := await _wrong(session, page):
            yield wrong


async def _wrong(session: Session, invoices: Mapping[UUID, Values]) -> Wrong:
    named = await store.payments_of(session, invoices)
    known = await records.some(session, _numbered("payments"), [payment for payment, _ in named])
    paid: dict[UUID, list[Values]] = {}
    for payment, invoice in named:
        paid.setdefault(invoice, []).append(known[payment])
    told = {each: settled(fields, paid.get(each, [])) for each, fields in invoices.items()}
    return {each: figures for each, figures in told.items() if not figures.items() <= invoices[each].items()}


def _numbered(name: str) -> Synced:
    return registry.numbered(registry.number_of(name))
