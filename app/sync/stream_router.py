"""The door to a pull as one stream of lines."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from app.accounts.errors import ClientTooOld
from app.accounts.guards import GUARDED
from app.http.compression import encoder, encoding_for, headers_for
from app.http.problems import refusals_of
from app.http.streams import UNBUFFERED, PatientResponse
from app.sync.router import NOTICING, OF_PULLS, AskingOf
from app.sync.schemas import CollectionName, PullRequest
from app.sync.streaming import BYTES, ROWS, Source, lines

router = APIRouter(prefix="/v1/sync", tags=["sync"])

_MEDIA_TYPE = "application/x-ndjson"
_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line; a page ends with its `page`, and the last one is consistent.",
        "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/StreamLine"}}},
    }
}


async def _asked(
    cursor: Annotated[
        str | None,
        Query(
            max_length=4_000,
            description="The cursor of the last page that was stored; none for a first sync.",
            examples=[None],
        ),
    ] = None,
    collections: Annotated[
        list[CollectionName] | None,
        Query(
            max_length=200,
            description="The collections wanted; none for those of the cursor, without a cursor for all.",
            examples=[None],
        ),
    ] = None,
    digests: Annotated[
        bool,
        Query(description="On the consistent page, also tell what the device must hold.", examples=[False]),
    ] = False,
) -> PullRequest:
    return PullRequest(
        cursor=cursor, collections=collections, digests=digests, max_rows=ROWS, max_bytes=BYTES
    )


@router.get(
    "/pull.ndjson",
    dependencies=[NOTICING],
    operation_id="sync_pull_stream",
    summary="Get all that changed as one stream",
    response_class=StreamingResponse,
    responses={**_LINES, **refusals_of(*GUARDED, *OF_PULLS, ClientTooOld)},
)
async def stream_changes(
    request: Request, asking: AskingOf, asked: Annotated[PullRequest, Depends(_asked)]
) -> PatientResponse:
    """Get every page from a cursor to a consistent point in one answer: the fastest way through a first sync.

    Each line is a record to put, one to delete or to evict, or the `page` that ends those before it: store
    them and its cursor in one local transaction. A stream that breaks off is begun again with the last cursor
    stored. What would be refused on the way is the last line, `refused`, with the members of a problem.
    """
    first = await Source(asking, asked).read(asked.cursor)
    # Once the answer has begun it is the answer that hears of who hangs up.
    source = Source(replace(asking, gone=None), asked)
    encoding = encoding_for(request.scope)
    return PatientResponse(
        lines(source, first, encoder(encoding), request.state.request_id),
        media_type=_MEDIA_TYPE,
        headers={**headers_for(encoding), **UNBUFFERED},
    )
