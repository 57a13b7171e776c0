"""Processing: what waits is looked at once more and done, in short transactions, each of them whole."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from app.automations.acting import SPOILT, make
from app.automations.triggers import store
from app.automations.triggers.judging import judge, judge_raised
from app.automations.triggers.kinds import State, Why
from app.automations.triggers.noting import Note, note
from app.automations.triggers.planning import Plan, plan
from app.automations.triggers.raising import raising_nothing
from app.automations.triggers.store import Ended, Open
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.sync import registry
from app.sync.store import UNFIT

log = logging.getLogger("studio.triggers")
AT_ONCE = 20
"""How many occurrences are done in one transaction: others have their turn in between."""
MOST_STEPS = 10
"""After how many of these another account has its turn."""


async def process_due(database: Database, account_id: UUID, public_url: str | None) -> None:
    """Do what is done by itself and is due; what is left after so many steps is due at once."""
    for _ in range(MOST_STEPS):
        async with database.reading(account_id) as session:
            found = await store.due(session, clock.now(), AT_ONCE)
        if not found or not await _process(database, account_id, found, public_url, by=None):
            return


async def process(
    database: Database, account_id: UUID, ids: Sequence[UUID], public_url: str | None, *, by: UUID | None
) -> dict[UUID, Ended]:
    """Do what somebody wants done, whether or not it is due, and return what has become of each that waited.

    What was only just raised is looked at before.
    """
    await judge_raised(database, account_id)
    done: dict[UUID, Ended] = {}
    for begin in range(0, len(ids), AT_ONCE):
        async with database.reading(account_id) as session:
            some = await store.some(session, ids[begin : begin + AT_ONCE])
        found = [each for each in some.values() if each.state is State.WAITING]
        done |= await _process(database, account_id, found, public_url, by=by)
    return done


async def _process(
    database: Database, account_id: UUID, found: Sequence[Open], public_url: str | None, *, by: UUID | None
) -> dict[UUID, Ended]:
    """Do some of what waits; where one of them cannot be done, each by itself, so that it fails alone."""
    if not found:
        return {}
    try:
        return await _done(database, account_id, found, public_url, by)
    except SPOILT as error:
        if len(found) > 1:
            done: dict[UUID, Ended] = {}
            for each in found:
                done |= await _process(database, account_id, [each], public_url, by=by)
            return done
        is_defect = not isinstance(error, UNFIT)
    [spoilt] = found
    log.warning("occurrence %s cannot be made", spoilt.occurrence_id, exc_info=is_defect)
    ended = Ended(spoilt.occurrence_id, State.FAILED, Why.REFUSED)
    async with database.writing(account_id) as session:
        await store.end(session, [ended], clock.now(), by=by, among=(State.WAITING,))
    return {ended.occurrence_id: ended}


async def _done(
    database: Database, account_id: UUID, found: Sequence[Open], public_url: str | None, by: UUID | None
) -> dict[UUID, Ended]:
    verdicts = await judge(database, account_id, found, is_by_itself=by is None)
    good = [each for each in found if each.occurrence_id in verdicts and not verdicts[each.occurrence_id]]
    async with database.reading(account_id) as session:
        plans = await plan(session, good, public_url)
        versions = await _versions(session, found)
    skipped = [
        Plan(each, Ended(each.occurrence_id, State.SKIPPED, why)) for each, why in _skipped(found, verdicts)
    ]
    async with database.writing(account_id) as session:
        done = await _make(session, [*skipped, *plans], versions, by)
    return {each.occurrence_id: each for each in done}


def _skipped(found: Iterable[Open], verdicts: Mapping[UUID, Why | None]) -> list[tuple[Open, Why]]:
    return [(each, why) for each in found if (why := verdicts.get(each.occurrence_id))]


async def _versions(session: Session, found: Iterable[Open]) -> dict[UUID, int]:
    watches = await store.watches_of(session, {each.trigger_id for each in found})
    return {trigger_id: each.version for trigger_id, each in watches.items()}


async def _make(
    session: WriteSession, plans: Sequence[Plan], versions: Mapping[UUID, int], by: UUID | None
) -> list[Ended]:
    """Make what still waits, of triggers that are as they were and for records and clients that are there."""
    ids = [each.occurrence.occurrence_id for each in plans]
    waiting = await store.still_waiting(session, ids, versions)
    there = await _there(session, plans)
    good = [each for each in plans if _is_good(each, waiting, there)]
    zone = await store.zone(session)
    who = Principal.system(session.account_id, time_zone=zone)
    orders = sorted((pair for each in good for pair in each.orders), key=lambda pair: repr(pair[0]))
    with raising_nothing():
        for _, alike in groupby(orders, key=lambda pair: repr(pair[0])):
            of = list(alike)
            await make(session, who, of[0][0], [order for _, order in of])
        if notes := [
            Note(each.occurrence.collection, each.occurrence.record_id, each.happened)
            for each in good
            if each.happened
        ]:
            await note(session, notes)
    ended = [each.ended for each in good]
    await store.end(session, ended, clock.now(), by=by, among=(State.WAITING,))
    return ended


async def _there(session: WriteSession, plans: Iterable[Plan]) -> set[tuple[int, UUID]]:
    """Return those of the records and clients of some plans that there are."""
    clients = registry.number_of("clients")
    keys = {(each.occurrence.collection, each.occurrence.record_id) for each in plans}
    keys |= {(clients, client_id) for each in plans for client_id in each.clients}
    found: set[tuple[int, UUID]] = set()
    for number in {number for number, _ in keys}:
        ids = [record_id for of, record_id in keys if of == number]
        there = await store.there(session, registry.numbered(number), ids)
        found |= {(number, record_id) for record_id in there}
    return found


def _is_good(each: Plan, waiting: set[UUID], there: set[tuple[int, UUID]]) -> bool:
    """Say whether something may be written down: that one is skipped or failed needs no record."""
    if each.occurrence.occurrence_id not in waiting:
        return False
    if each.ended.state is not State.PROCESSED:
        return True
    clients = registry.number_of("clients")
    keys = {(clients, client_id) for client_id in each.clients}
    return {(each.occurrence.collection, each.occurrence.record_id), *keys} <= there
