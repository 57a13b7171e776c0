"""What a route of a hub depends on: which hub it is about, and how long it may take."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from app.desk.hubs.hubs import HUBS, Hub
from app.desk.hubs.schemas import MOST, USUAL, PageRequest
from app.http.errors import NotFound


async def _hub(hub: Annotated[str, Path(description="The name of a hub.", examples=["sessions"])]) -> Hub:
    if hub not in HUBS:
        raise NotFound
    return HUBS[hub]


async def _seconds(request: Request) -> float:
    return float(request.app.state.hub_seconds)


async def _asked(  # noqa: PLR0917 - one for each word of the address
    columns: Annotated[
        str | None,
        Query(
            max_length=4_000,
            description="The paths of fields to show, with commas between; none for the hub's own.",
            examples=["session_number,client.last_name,web_expire_date"],
        ),
    ] = None,
    sort: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="The path of the field to list by, with a minus before it to begin with the last.",
            examples=["-web_expire_date"],
        ),
    ] = None,
    search: Annotated[
        str | None,
        Query(max_length=200, description="Words, each of which a key must have in it.", examples=["doe"]),
    ] = None,
    filter_id: Annotated[
        UUID | None,
        Query(
            description="A saved filter that the records must meet.",
            examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
        ),
    ] = None,
    page: Annotated[
        str | None,
        Query(
            max_length=4_000,
            description="The `next_page` of the page before; none for the first one.",
            examples=["WyI5ZjFj"],
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="The most records in the page.", examples=[USUAL])
    ] = USUAL,
) -> PageRequest:
    named = [each.strip() for each in columns.split(",")] if columns else None
    return PageRequest.model_construct(
        columns=named, sort=sort, search=search, filter=None, filter_id=filter_id, page=page, limit=limit
    )


HubOf = Annotated[Hub, Depends(_hub)]
SecondsOf = Annotated[float, Depends(_seconds)]
AskedOf = Annotated[PageRequest, Depends(_asked)]
