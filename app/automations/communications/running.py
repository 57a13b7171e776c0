"""Running: what was started is made, so many at a time, each once whenever it is cut."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from app.automations import reaching
from app.automations.acting import SPOILT, Errand, Order, client_of, links_of, make
from app.automations.communications import store
from app.automations.communications.models import Communication, CommunicationState
from app.automations.communications.saving import basis_of
from app.automations.made import Made
from app.automations.reaching import Act, Person, way_to
from app.automations.saying import Words, words_for
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.outbox import list_store as letters
from app.outbox.posting import cancel
from app.outbox.states import Purpose
from app.sync import records
from app.sync.fields import Values
from app.sync.store import UNFIT
from app.templates import store as templates

log = logging.getLogger("studio.communications")
AT_ONCE = 200
"""How many are made in one transaction: others have their turn in between."""
MOST_STEPS = 20
"""After how many of these another account has its turn."""


async def next_due(session: Session) -> datetime | None:
    """Return when a communication of the account is next to be carried on; none where none is."""
    return await store.next_due(session)


async def carry_on(database: Database, account_id: UUID, *, public_url: str | None = None) -> None:
    """Carry on what was started in an account, in short transactions; what is left then is due at once.

    Links in letters begin with `public_url`. It may be cut anywhere, and be done by two at once: what is made
    and that it was made are one transaction. One that fails holds up none of the others.
    """
    failed: dict[UUID, Exception] = {}
    for _ in range(MOST_STEPS):
        async with database.reading(account_id) as session:
            found = await store.due(session, clock.now(), failed)
        if found is None:
            break
        try:
            await _step(database, account_id, found, public_url)
        except Exception as error:  # noqa: BLE001 - it is raised when the others have had their turn
            log.warning("communication %s is left for the next time", found)
            failed[found] = error
    for each in failed.values():
        raise each


async def _step(database: Database, account_id: UUID, communication_id: UUID, public_url: str | None) -> None:
    """Make so many of a communication, or cancel what was made of one that was cancelled."""
    async with database.reading(account_id) as session:
        row = await store.communication(session, communication_id)
        is_cancelled = row is not None and row.state == CommunicationState.CANCELLED
        ids = list(await store.to_do(session, communication_id, AT_ONCE))
    if is_cancelled:
        await _clear(database, account_id, communication_id)
    elif row is not None:
        await _carry_out(database, account_id, row, ids, public_url)


async def _words(
    session: Session, row: Communication, ids: Sequence[UUID], public_url: str | None
) -> Mapping[UUID, Words]:
    template = await templates.template(session, row.template_id) if row.template_id else None
    subject = made_of(row).subject
    return await words_for(
        session, basis_of(row), ids, template=template, subject=subject, public_url=public_url
    )


async def _carry_out(
    database: Database, account_id: UUID, row: Communication, ids: Sequence[UUID], public_url: str | None
) -> None:
    """Make what is next, filled in apart from any transaction that writes; if one fails, each by itself."""
    try:
        async with database.reading(account_id) as session:
            words = await _words(session, row, ids, public_url)
        async with database.writing(account_id) as session:
            return await _make(session, row.communication_id, ids, words)
    except SPOILT as error:
        if not ids:
            raise
        if len(ids) > 1:
            for each in ids:
                await _carry_out(database, account_id, row, [each], public_url)
            return None
        is_defect = not isinstance(error, UNFIT)
    log.warning("nothing can be made for record %s", ids[0], exc_info=is_defect)
    async with database.writing(account_id) as session:
        await store.mark(session, row.communication_id, [_mark(ids[0], code="refused")])
    return None


async def _make(
    session: WriteSession, communication_id: UUID, ids: Sequence[UUID], words: Mapping[UUID, Words]
) -> None:
    """Make something for records that still have nothing, and write that down; end where none is left."""
    row = await store.communication(session, communication_id)
    if row is None or row.state not in (CommunicationState.SCHEDULED, CommunicationState.RUNNING):
        return
    row.state = CommunicationState.RUNNING.value
    clients = await store.to_do(session, communication_id, len(ids), ids) if ids else {}
    if clients:
        orders, marks = await _orders(session, row, clients, words)
        ground = await templates.ground(session)
        who = Principal.system(session.account_id, ground.company_name, ground.time_zone)
        await make(session, who, await _errand(session, row), orders)
        await store.mark(session, communication_id, marks)
    if not await store.to_do(session, communication_id, 1):
        row.state, row.ended_at = CommunicationState.DONE.value, clock.now()
    session.add(row)
    await session.flush()


async def _orders(
    session: Session,
    row: Communication,
    clients: Mapping[UUID, UUID | None],
    words: Mapping[UUID, Words],
) -> tuple[list[Order], list[dict[str, Any]]]:
    """Return what is to be made for some records as they are now, and what is to be written down of each."""
    basis, orders, marks = basis_of(row), list[Order](), list[dict[str, Any]]()
    found = await records.some(session, basis.collection, list(clients))
    people = await reaching.clients(session, {each for each in clients.values() if each})
    for record_id, client_id in clients.items():
        record, said = found.get(record_id), words.get(record_id)
        person = people.get(client_id) if client_id else Person("")
        if record is None or said is None or person is None:
            marks.append(_mark(record_id, code="record_gone"))
        elif client_of(basis, record_id, record) != client_id:
            # Somebody has looked at the list: nobody else than who stood there is written to.
            marks.append(_mark(record_id, code="no_longer_so"))
        else:
            order = _order(row, record_id, record, person, said)
            code = order.way.code or said.unfit(order.way.action)
            if code is None:
                orders.append(order)
            marks.append(_mark(record_id, code=code) if code else _mark(record_id, order))
    return orders, marks


def _order(row: Communication, record_id: UUID, record: Values, person: Person, words: Words) -> Order:
    return Order(
        made_id=uuid5(row.communication_id, str(record_id)),
        way=way_to(person, Act(row.action), Act(row.fallback) if row.fallback else None),
        person=person,
        links=links_of(basis_of(row), record_id, record),
        words=words,
    )


def _mark(record_id: UUID, order: Order | None = None, code: str | None = None) -> dict[str, Any]:
    made = (
        {"made_id": order.made_id, "action": order.way.action, "address": order.way.address} if order else {}
    )
    return {"record_id": record_id, "made_id": None, "action": None, "address": None, "code": code, **made}


async def _errand(session: Session, row: Communication) -> Errand:
    template = await templates.template(session, row.template_id) if row.template_id else None
    email_type_id = template.email_type_id if template else None
    if email_type_id and not await templates.is_email_type(session, email_type_id):
        email_type_id = None
    return Errand(
        purpose=Purpose.COMMUNICATION,
        made=made_of(row),
        is_bulk=True,
        email_type_id=email_type_id,
        category=row.category,
        file_ids=tuple(template.file_ids) if template else (),
        communication_id=row.communication_id,
        made_by=row.made_by,
    )


async def _clear(database: Database, account_id: UUID, communication_id: UUID) -> None:
    """Cancel letters of a communication that was cancelled itself, until none waits any more."""
    async with database.writing(account_id) as session:
        waiting = await letters.waiting_of(session, communication_id, AT_ONCE)
        await cancel(session, waiting)
        row = await store.communication(session, communication_id)
        if row is not None and len(waiting) < AT_ONCE:
            row.ended_at = clock.now()
            session.add(row)
            await session.flush()


def made_of(row: Communication) -> Made:
    """Return what its calls and tasks are called, and who is to see to them."""
    return Made.model_validate(row.made, strict=False) if row.made else Made()
