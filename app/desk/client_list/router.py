"""`/v1/client-list`: clients by name, narrowed by each letter that is typed, for phones and desks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, Reading
from app.desk.client_list.listing import read_index, read_list
from app.desk.client_list.schemas import (
    ClientIndexAnswer,
    ClientListAnswer,
    ClientListQuery,
    ClientSearch,
)
from app.desk.errors import PageMalformed
from app.http.compression import JsonText
from app.http.problems import refusals_of

router = APIRouter(prefix="/v1/client-list", tags=["client_list"])


@router.get(
    "",
    operation_id="client_list_page",
    summary="List clients by name",
    response_model=ClientListAnswer,
    responses=refusals_of(PermissionDenied, PageMalformed, *GUARDED),
)
async def show_list(work: Reading, asked: Annotated[ClientListQuery, Query()]) -> Response:
    """List clients as a phone shows them: by last name, narrowed by each letter that is typed.

    Who has no last name stands under the first name, else under the company or the organization. Case,
    accents and signs count neither in the order nor in the search.
    """
    found = await read_list(work, asked)
    return JsonText(found.model_dump_json().encode())


@router.get(
    "/letters",
    operation_id="client_list_letters",
    summary="Count clients by letter",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def show_index(work: Reading, asked: Annotated[ClientSearch, Query()]) -> ClientIndexAnswer:
    """Tell how many clients stand under each letter: the index from A to Z beside the list."""
    return await read_index(work, asked.search)
