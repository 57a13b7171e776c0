"""`/v1/web-price-lists`: what galleries sell, maintained at a desk."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.accounts.errors import PermissionDenied, VersionChanged
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.galleries import price_lists
from app.galleries.order_errors import (
    PriceListInUse,
    PriceListLimitReached,
    PriceListNameTaken,
    PriceListNotFound,
)
from app.galleries.order_schemas import PriceListAnswer, PriceListRequest, PriceListsAnswer
from app.galleries.price_lists import OfferedProduct, PriceList
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.sync.registry import LISTS

router = APIRouter(prefix="/v1/web-price-lists", tags=["web_price_lists"], route_class=JsonRoute)

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
ListId = Annotated[UUID, Path(description="A price list.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(LISTS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(LISTS, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(LISTS, Level.ADD_MODIFY_DELETE)]
_CHANGE = (VersionChanged, PreconditionRequired, PriceListInUse)


@router.get(
    "",
    operation_id="web_price_lists_list",
    summary="List price lists",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_all(work: Viewing) -> PriceListsAnswer:
    """List all price lists by name, without their products."""
    found = await price_lists.listed(work.session)
    return PriceListsAnswer.model_validate({"price_lists": found})


@router.get(
    "/{list_id}",
    operation_id="web_price_lists_read",
    summary="Read a price list",
    responses=TAGGED | refusals_of(PriceListNotFound, PermissionDenied, *GUARDED),
)
async def read(list_id: ListId, work: Viewing, response: Response) -> PriceListAnswer:
    """Read a price list with its products."""
    return _tagged(await price_lists.read(work.session, list_id), response)


@router.put(
    "/{list_id}",
    operation_id="web_price_lists_set",
    summary="Set a price list",
    responses=TAGGED
    | refusals_of(
        PriceListNotFound,
        PriceListNameTaken,
        PriceListLimitReached,
        *_CHANGE,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def put(
    list_id: ListId,
    body: Sent[PriceListRequest],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> PriceListAnswer:
    """Set a price list whole, with all its products.

    `If-Match` names the version that was read; that of a new list, under an id of the caller's own, is `"0"`.
    Prices hold from then on: what was ordered stays as it was, and who has a cart is shown it anew. A list a
    gallery sells by that is online keeps its name. Lists can be prepared while galleries are switched off.
    """
    wanted = PriceList(
        id=list_id,
        name=body.name,
        shipping=body.shipping,
        is_active=body.is_active,
        version=0,
        products=tuple(OfferedProduct(**each.model_dump()) for each in body.products),
    )
    return _tagged(await price_lists.put(work.session, work.who, wanted, expected), response)


@router.delete(
    "/{list_id}",
    operation_id="web_price_lists_remove",
    summary="Remove a price list",
    status_code=204,
    responses=refusals_of(PriceListNotFound, *_CHANGE, PermissionDenied, *GUARDED),
)
async def remove(list_id: ListId, work: Deleting, expected: ExpectedVersion) -> None:
    """Remove the version of a price list that `If-Match` names, unless an online gallery sells by it."""
    await price_lists.remove(work.session, work.who, list_id, expected)


def _tagged(found: PriceList, response: Response) -> PriceListAnswer:
    response.headers["ETag"] = etag(found.version)
    return PriceListAnswer.model_validate(found)
