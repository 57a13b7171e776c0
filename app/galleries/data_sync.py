"""The data sync: orders that are ready become invoices, prepaid ones go online, and what was done is kept."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from app.accounts.store import read_account
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.beat import UnfinishedError
from app.core.db import Database, WriteSession
from app.core.ids import timed_id
from app.core.principal import Principal
from app.galleries import (
    merging,  # noqa: F401 - lets orders and carts follow clients who are merged
    order_store,
    prepaid,  # noqa: F401 - lets prepaid orders wait to go online
    unpaid,  # noqa: F401 - lets orders follow their payments
)
from app.galleries.downloading import download, house_of
from app.galleries.order_errors import WebOrderNotFound, WebOrderStands, WebOrderTargetNotFound
from app.galleries.order_models import DataSyncRun, OrderState, WebOrder
from app.http.errors import InternalError
from app.http.failures import translate
from app.studio.invoices import PrepaidUploadState
from app.sync import records, registry
from app.sync.draft import Draft

T = TypeVar("T")
log = logging.getLogger("studio.beat")
MOST_AT_ONCE = 200
"""How many orders, and how many prepaid invoices, are looked at in one run; the others wait for the next."""
MOST_RUNS = 500
"""How many runs are kept."""
MOST_ERRORS = 100
"""How many errors of a run are kept."""
_SUBJECT = "web_orders"
_FAILED = "failed"


@dataclass(slots=True)
class _Counts:
    """What came of a run."""

    began_at: datetime
    downloaded: int = 0
    held: int = 0
    uploaded: int = 0
    is_whole: bool = True
    errors: list[dict[str, str]] = field(default_factory=list)

    def take(self, order: WebOrder) -> None:
        """Count an order that is an invoice now, or held."""
        is_held = order.state == OrderState.HELD
        self.held += is_held
        self.downloaded += not is_held
        if order.code:
            self.note(order.code, web_order_number=order.number)

    def note(self, code: str, **about: str) -> None:
        """Keep an error, as far as there is room."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"code": code, **about})


@dataclass(frozen=True, slots=True)
class GivenTo:
    """Whom a held order is given to, and from which session it is to be: none for no session."""

    client_id: UUID
    session_id: UUID | None


async def run(database: Database, who: Principal, *, is_asked: bool) -> DataSyncRun | None:
    """Download what is ready and upload what is prepaid, each in a transaction of its own.

    Somebody who asks has held orders tried again too. What nobody asked for and found nothing to do leaves no
    trace. One that fails holds up none of the others.
    """
    states = [OrderState.READY, OrderState.HELD] if is_asked else [OrderState.READY]
    async with database.reading(who.account_id) as session:
        orders = await order_store.waiting(session, states, MOST_AT_ONCE)
        prepaid = await order_store.to_upload(session, MOST_AT_ONCE)
    if not (orders or prepaid or is_asked):
        return None
    counts = _Counts(clock.now())
    for each in orders:
        if order := await _apart(database, who, counts, partial(_take, who=who, order_id=each)):
            counts.take(order)
    for each in prepaid:
        if await _apart(database, who, counts, partial(_upload, who=who, invoice_id=each)):
            counts.uploaded += 1
    async with database.writing(who.account_id) as session:
        kept = DataSyncRun(
            account_id=who.account_id,
            id=timed_id(counts.began_at),
            user_id=who.user_id,
            began_at=counts.began_at,
            ended_at=clock.now(),
            downloaded=counts.downloaded,
            held=counts.held,
            uploaded=counts.uploaded,
            remaining=await order_store.count_ready(session),
            errors=counts.errors,
        )
        await order_store.keep_run(session, kept, MOST_RUNS)
    if not (counts.is_whole or is_asked):
        raise UnfinishedError
    return kept


async def run_by_itself(database: Database, house: Principal) -> None:
    """Run in one account because it is time, where the company is."""
    async with database.reading(house.account_id) as session:
        account = await read_account(session)
    zone = account.time_zone if account else house.time_zone
    await run(database, Principal.system(house.account_id, house.account_name, zone), is_asked=False)


async def take_one(
    session: WriteSession, who: Principal, order_id: UUID, given_to: GivenTo | None
) -> WebOrder:
    """Download one order that waits, also one that is held; a held one may be given to another client first.

    An order that is an invoice already is returned as it is.
    """
    order = await order_store.order(session, order_id)
    if order is None:
        raise WebOrderNotFound
    if given_to is not None:
        await _give(session, who, order, given_to)
    await download(session, who, order)
    return order


async def _apart(
    database: Database,
    who: Principal,
    counts: _Counts,
    work: Callable[[WriteSession], Awaitable[T]],
) -> T | None:
    """Return what came of one thing, once it is committed; what fails is left for the next run."""
    try:
        async with database.writing(who.account_id) as session:
            done = await work(session)
    except Exception as error:
        counts.is_whole = False
        counts.note(_FAILED)
        log.warning(
            "a web order of account %s is left for the next run: %s",
            who.account_id,
            type(error).__name__,
            exc_info=isinstance(translate(error), InternalError),
        )
        return None
    return done


async def _take(session: WriteSession, who: Principal, order_id: UUID) -> WebOrder | None:
    """Return an order of which something has come here: nothing has where another was faster."""
    order = await order_store.order(session, order_id)
    return order if order and await download(session, who, order) else None


async def _upload(session: WriteSession, who: Principal, invoice_id: UUID) -> bool:
    """Let a prepaid order go online, posted or not, and say so; nothing is done where another was faster."""
    key = registry.number_of("invoices"), invoice_id
    draft = await Draft.begin(session, house_of(who))
    await draft.load([key])
    if draft.fields(key).get("prepaid_upload_state") != PrepaidUploadState.PENDING:
        return False
    draft.amend(key, {"prepaid_upload_state": PrepaidUploadState.UPLOADED.value})
    await draft.flush()
    return True


async def _give(session: WriteSession, who: Principal, order: WebOrder, given_to: GivenTo) -> None:
    if order.state != OrderState.HELD:
        raise WebOrderStands(state=order.state)
    if await records.find(session, "clients", given_to.client_id) is None:
        raise WebOrderTargetNotFound(target="client_id")
    if given_to.session_id:
        booked = await records.find(session, "sessions", given_to.session_id)
        if booked is None or booked["client_id"] != str(given_to.client_id):
            raise WebOrderTargetNotFound(target="session_id")
    before = _told(order)
    order.client_id, order.session_id = given_to.client_id, given_to.session_id
    session.add(order)
    await session.flush()
    await keep(session, who, Entry("invoices", _SUBJECT, order.id, Action.CHANGED, before, _told(order)))


def _told(order: WebOrder) -> dict[str, object]:
    return {"number": order.number, "client_id": order.client_id, "session_id": order.session_id}
