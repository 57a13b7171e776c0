"""Judging: whether what a trigger was raised by is still so, and meets its filter; behind the commit."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from app.accounts.editions import has_edition
from app.automations.acting import SPOILT
from app.automations.triggers import store
from app.automations.triggers.days import FORGIVEN, base_of, base_on
from app.automations.triggers.kinds import Kind, Paused, State, Why
from app.automations.triggers.raising import is_as_wanted
from app.automations.triggers.saving import LEAST, calendar, filter_row
from app.automations.triggers.store import Ended, Open, Watch
from app.core import clock
from app.core.db import Database, Session
from app.desk.hubs import compiling
from app.desk.hubs import store as hubs
from app.desk.hubs.compiling import Order, Sought
from app.desk.hubs.errors import QueryTooSlow
from app.desk.hubs.fields import View, find
from app.desk.hubs.filters import Comparison, Group, Operator, Reader
from app.desk.hubs.saved import read_filter
from app.studio.sessions import GalleryState
from app.sync import records, registry
from app.sync.compile import compile_rights
from app.sync.fields import Values

log = logging.getLogger("studio.triggers")
AT_ONCE = 200
"""How many occurrences are judged together."""
SECONDS = 10.0
"""How long a filter may take for so many records."""

Verdicts = dict[UUID, Why | None]
"""Why nothing comes of occurrences, or None where something does; those of paused triggers have none."""


async def judge_raised(database: Database, account_id: UUID) -> int:
    """Look at occurrences that were raised: they wait from now on, or nothing comes of them."""
    async with database.reading(account_id) as session:
        found = await store.raised(session, AT_ONCE)
    if found:
        ended = await _judged(database, account_id, found)
        async with database.writing(account_id) as session:
            await store.end(session, ended, clock.now(), among=(State.RAISED,))
    return len(found)


async def _judged(database: Database, account_id: UUID, found: Sequence[Open]) -> list[Ended]:
    """Return what comes of those that were raised; one that cannot be judged fails alone."""
    try:
        verdicts = await judge(database, account_id, found, is_by_itself=True)
    except SPOILT:
        if len(found) > 1:
            return [it for each in found for it in await _judged(database, account_id, [each])]
        log.warning("occurrence %s cannot be judged", found[0].occurrence_id, exc_info=True)
        return [Ended(found[0].occurrence_id, State.FAILED, Why.REFUSED)]
    return [Ended(key, State.SKIPPED if why else State.WAITING, why) for key, why in verdicts.items()]


async def judge(
    database: Database, account_id: UUID, found: Sequence[Open], *, is_by_itself: bool
) -> Verdicts:
    """Return what comes of occurrences now; a trigger whose filter cannot be asked is paused.

    What somebody does by hand may be late, but for reminders of days that are past.
    """
    async with database.reading(account_id) as session:
        watches = await store.watches_of(session, {each.trigger_id for each in found})
        has_triggers = await has_edition(session, LEAST)
        there = await _records(session, found)
        today = clock.today(await store.zone(session))
    verdicts: Verdicts = {}
    asked: dict[UUID, list[Open]] = {}
    for each in found:
        watch, record = watches.get(each.trigger_id), there.get((each.collection, each.record_id))
        if watch is None:
            continue
        why = _why(watch, each, record, today) if has_triggers else Why.EDITION
        if why is None and is_by_itself and clock.now() > each.due_at + FORGIVEN:
            why = Why.OVER
        verdicts[each.occurrence_id] = why
        if why is None and watch.filter_id is not None:
            asked.setdefault(each.trigger_id, []).append(each)
    for trigger_id, those in asked.items():
        met = await _meeting(database, account_id, watches[trigger_id], those)
        for each in those:
            if met is None:
                del verdicts[each.occurrence_id]
            elif each.record_id not in met:
                verdicts[each.occurrence_id] = Why.FILTERED
    return verdicts


async def _records(session: Session, found: Iterable[Open]) -> Mapping[tuple[int, UUID], Values]:
    by_number: dict[int, set[UUID]] = {}
    for each in found:
        by_number.setdefault(each.collection, set()).add(each.record_id)
    there: dict[tuple[int, UUID], Values] = {}
    for number, ids in by_number.items():
        some = await records.some(session, registry.numbered(number), list(ids))
        there |= {(number, record_id): fields for record_id, fields in some.items()}
    return there


def _why(watch: Watch, occurrence: Open, record: Values | None, today: date) -> Why | None:
    """Return why nothing comes of an occurrence, as far as its record tells."""
    if record is None:
        return Why.RECORD_GONE
    if watch.kind is Kind.TEXT_KEYWORD:
        return None
    if not is_as_wanted(watch, record):
        return Why.NO_LONGER_SO
    if watch.on_field is not None:
        return _why_of_day(watch, occurrence.key, record, today)
    is_so = {
        Kind.SESSION_GALLERY: record.get("gallery_state") == GalleryState.ONLINE,
        Kind.EMAIL_DELIVERY: record.get("delivery_state") == watch.value,
    }
    return None if is_so.get(watch.kind, True) else Why.NO_LONGER_SO


def _why_of_day(watch: Watch, key: str, record: Values, today: date) -> Why | None:
    field, base = base_of(key)
    value = record[field] if field == watch.on_field else None
    if not value or base_on(field, date.fromisoformat(value), base, 0) != base:
        return Why.NO_LONGER_SO
    return Why.OVER if watch.offset_days < 0 and base < today else None


async def _meeting(
    database: Database, account_id: UUID, watch: Watch, found: Sequence[Open]
) -> set[UUID] | None:
    """Return the records that meet the filter of a trigger; None where it cannot be asked."""
    number = watch.spec.collection.number
    ids = tuple(each.record_id for each in found if each.collection == number)
    met = await _asked(database, account_id, watch, ids)
    if not isinstance(met, Paused):
        return met
    async with database.writing(account_id) as session:
        await store.pause(session, watch.trigger_id, watch.version, met)
    return None


async def _asked(
    database: Database, account_id: UUID, watch: Watch, ids: tuple[UUID, ...]
) -> set[UUID] | Paused:
    hub = watch.spec.hub
    async with database.reading(account_id) as session:
        row = await filter_row(session, watch.filter_id) if watch.filter_id else None
        # A trigger goes on as it was saved, whatever its author may see by now.
        rights = compile_rights(None, registry.schema_version())
        reader = Reader(hub.collection, View(rights), await calendar(session))
        condition = read_filter(reader, row) if row and row.hub == hub.name else None
        key = find(hub.of, "id")
        if condition is None or key is None:
            return Paused.FILTER_GONE
        wanted = Group(is_all=True, members=(condition, Comparison(key, Operator.IN, ids)))
        statement = compiling.page(
            account_id,
            Sought(hub.collection, rights, wanted),
            (),
            Order(key),
            len(ids),
            most_bytes=1_000_000,
            after=None,
            is_blank=False,
        )
        try:
            async with hubs.within(session, SECONDS):
                rows = await hubs.fetch(session, statement)
        except QueryTooSlow:
            return Paused.FILTER_TOO_SLOW
        return {row["id"] for row in rows}
