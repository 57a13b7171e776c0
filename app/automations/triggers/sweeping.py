"""Sweeping: each day the records are looked through whose day it is for a trigger."""

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from app.automations.triggers import store
from app.automations.triggers.days import base_on, due_at, key_of, month_days_of, unswept
from app.automations.triggers.kinds import ANNIVERSARIES
from app.automations.triggers.store import Raised, Watch
from app.core import clock
from app.core.db import Database, Session
from app.core.ids import NIL
from app.desk.hubs import compiling
from app.desk.hubs import store as hubs
from app.desk.hubs.compiling import Order, Place, Sought
from app.desk.hubs.fields import find
from app.desk.hubs.filters import Comparison, Condition, Group, Operator, Span
from app.sync import registry
from app.sync.compile import compile_rights

log = logging.getLogger("studio.triggers")
BATCH = 500
"""How many records are written down in one transaction: others have their turn in between."""
_SECONDS = 30.0
_PAGE_BYTES = 1_000_000
_Found = list[tuple[UUID, date]]
"""Records, each with the day of it that a trigger goes by."""


async def sweep(database: Database, account_id: UUID) -> bool:
    """Write down whose day it is for triggers of an account, of days nobody has looked through.

    A trigger for which that fails holds up none of the others; say whether none did.
    """
    # What is written behind this holds the clock later, and so knows of today: the rest is read below.
    async with database.writing(account_id) as session:
        zone = await store.zone(session)
        today = clock.today(zone)
        watches = await store.watches_by_days(session, today)
    is_whole = True
    for watch in watches:
        try:
            await _sweep(database, account_id, watch, today, zone)
        except Exception:
            log.exception("the days of trigger %s are left for the next time", watch.trigger_id)
            is_whole = False
    return is_whole


async def _sweep(database: Database, account_id: UUID, watch: Watch, today: date, zone: str) -> None:
    days = list(unswept(watch.swept_to, today))
    async for found in _batches(database, account_id, watch, days):
        raised = [one for record_id, value in found for one in _raised(watch, record_id, value, days, zone)]
        async with database.writing(account_id) as session:
            await store.keep_swept(session, watch, raised, clock.now())
    async with database.writing(account_id) as session:
        await store.mark_swept(session, watch, today)


def _raised(watch: Watch, record_id: UUID, value: date, days: Sequence[date], zone: str) -> list[Raised]:
    """Return what a record raises a trigger by on some days, but for what was before the trigger."""
    field, found = watch.on_field or "", list[Raised]()
    for day in days:
        base, due = base_on(field, value, day, watch.offset_days), due_at(day, watch.at_time, zone)
        if base is not None and due >= watch.since:
            number = watch.spec.collection.number
            found.append(Raised(watch.trigger_id, number, record_id, key_of(field, base), due))
    return found


async def _batches(
    database: Database, account_id: UUID, watch: Watch, days: Sequence[date]
) -> AsyncIterator[_Found]:
    """Yield the records whose day one of some is, in order of id."""
    bases = [day - timedelta(days=watch.offset_days) for day in days]
    after, is_whole = NIL, not bases
    while not is_whole:
        async with database.reading(account_id) as session:
            if watch.on_field in ANNIVERSARIES:
                month_days = {each for base in bases for each in month_days_of(base)}
                found = await store.anniversaries(session, watch, month_days, after, BATCH)
            else:
                found = await _page(session, watch, Span(min(bases), max(bases)), after)
        if found:
            yield found
            after = found[-1][0]
        is_whole = len(found) < BATCH


async def _page(session: Session, watch: Watch, span: Span, after: UUID) -> _Found:
    """Return so many records behind an id whose day lies in a span, and that are as the trigger wants."""
    spec, rights = watch.spec, compile_rights(None, registry.schema_version())
    key, field = find(spec.about, "id"), find(spec.about, watch.on_field or "")
    if key is None or field is None:
        raise TypeError("triggers go by fields there are")
    tests: list[Condition] = [Comparison(field, Operator.BETWEEN, span)]
    for name, wanted in ((spec.type_field, watch.type_id), ("status_id", watch.status_id)):
        if name and wanted and (column := find(spec.about, name)):
            tests.append(Comparison(column, Operator.EQUALS, wanted))
    statement = compiling.page(
        session.account_id,
        Sought(spec.collection, rights, Group(is_all=True, members=tuple(tests))),
        (field,),
        Order(key),
        BATCH,
        most_bytes=_PAGE_BYTES,
        after=Place(after, after),
        is_blank=False,
    )
    async with hubs.within(session, _SECONDS):
        rows = await hubs.fetch(session, statement)
    return [(row["id"], row["c0"]) for row in rows]
