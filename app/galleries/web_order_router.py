"""`/v1/web-orders`: what clients have ordered in galleries, and the data sync that makes invoices of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PermissionDenied
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.galleries import data_sync, order_store
from app.galleries.data_sync import GivenTo
from app.galleries.order_errors import WebOrderNotFound, WebOrderStands, WebOrderTargetNotFound
from app.galleries.order_models import DataSyncRun, OrderState, WebOrder
from app.galleries.order_schemas import (
    DataSyncError,
    DataSyncLog,
    DataSyncRunAnswer,
    DownloadRequest,
    PaymentOption,
    WebOrderAnswer,
    WebOrderLineAnswer,
    WebOrderPage,
)
from app.galleries.ordering import lines_of
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf

INVOICES = "invoices"
router = APIRouter(prefix="/v1/web-orders", tags=["web_orders"], route_class=JsonRoute)

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
OrderId = Annotated[UUID, Path(description="A web order.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(INVOICES, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(INVOICES, Level.ADD_ONLY)]


@router.get(
    "",
    operation_id="web_orders_list",
    summary="List web orders",
    responses=refusals_of(WebOrderNotFound, PermissionDenied, *GUARDED),
)
async def list_orders(
    work: Viewing,
    state: Annotated[
        OrderState | None, Query(description="Only those in this state.", examples=["held"])
    ] = None,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page before.", examples=[_ID])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=100, description="The most orders in the page.", examples=[50])
    ] = 50,
) -> WebOrderPage:
    """List what clients have ordered, the latest first, for who may view invoices."""
    last = await order_store.order(work.session, page) if page else None
    if page and last is None:
        raise WebOrderNotFound
    found = await order_store.orders(work.session, state, last, limit + 1)
    shown = [_told(each) for each in found[:limit]]
    return WebOrderPage(web_orders=shown, next_page=shown[-1].id if len(found) > limit else None)


@router.get(
    "/data-sync",
    operation_id="web_orders_log",
    summary="Read what the data sync has done",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def log(
    work: Viewing,
    limit: Annotated[int, Query(ge=1, le=100, description="The most runs.", examples=[50])] = 50,
) -> DataSyncLog:
    """List the runs somebody asked for, and those that found something to do by themselves; 500 are kept."""
    return DataSyncLog(runs=[_run(each) for each in await order_store.runs(work.session, limit)])


@router.post(
    "/data-sync",
    operation_id="web_orders_sync",
    summary="Run the data sync",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def sync(claims: Caller, keys: KeysOf, database: DatabaseOf) -> DataSyncRunAnswer:
    """Make invoices of all orders that are ready, try the held ones again, and let prepaid orders go online.

    The same is done about every 15 minutes by itself, but for the held ones. It needs `add_only` of
    `invoices`. Each order becomes one invoice, however often and by how many at once this is asked; 200 are
    looked at in one run, and `remaining` says how many were ready behind it.
    """
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
    require(work.who, INVOICES, Level.ADD_ONLY)
    done = await data_sync.run(database, work.who, is_asked=True)
    if done is None:
        raise TypeError("a run that was asked for is kept")
    return _run(done)


@router.get(
    "/{order_id}",
    operation_id="web_orders_read",
    summary="Read a web order",
    responses=refusals_of(WebOrderNotFound, PermissionDenied, *GUARDED),
)
async def read(order_id: OrderId, work: Viewing) -> WebOrderAnswer:
    """Read what a client has ordered, and what became of it."""
    found = await order_store.order(work.session, order_id)
    if found is None:
        raise WebOrderNotFound
    return _told(found)


@router.post(
    "/{order_id}/data-sync",
    operation_id="web_orders_download",
    summary="Download a web order",
    responses=refusals_of(
        WebOrderNotFound, WebOrderStands, WebOrderTargetNotFound, PermissionDenied, *GUARDED, *BODY
    ),
)
async def download(order_id: OrderId, body: Sent[DownloadRequest], work: Adding) -> WebOrderAnswer:
    """Make an invoice of one order that is ready or held, once, however often it is asked.

    A held order may be given to another client first, with a session of theirs or without. What cannot become
    an invoice is answered as `held`, with its `code`: it is never dropped.
    """
    given = body.given_to
    target = GivenTo(given.client_id, given.session_id) if given else None
    return _told(await data_sync.take_one(work.session, work.who, order_id, target))


def _told(order: WebOrder) -> WebOrderAnswer:
    return WebOrderAnswer(
        id=order.id,
        web_order_number=order.number,
        state=OrderState(order.state),
        code=order.code,
        placed_at=order.placed_at,
        downloaded_at=order.downloaded_at,
        client_id=order.client_id,
        client_name=order.client_name,
        session_id=order.session_id,
        payment=PaymentOption.NOW if order.payment_id else PaymentOption.LATER,
        payment_id=order.payment_id,
        subtotal=order.subtotal,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        lines=[WebOrderLineAnswer(**each.model_dump()) for each in lines_of(order)],
    )


def _run(run: DataSyncRun) -> DataSyncRunAnswer:
    return DataSyncRunAnswer(
        id=run.id,
        user_id=run.user_id,
        began_at=run.began_at,
        ended_at=run.ended_at,
        downloaded=run.downloaded,
        held=run.held,
        uploaded=run.uploaded,
        remaining=run.remaining,
        errors=[
            DataSyncError(code=each["code"], web_order_number=each.get("web_order_number"))
            for each in run.errors
        ],
    )
