"""The door to the feed: all that changes, for other programs, asked for page by page."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.accounts.errors import DeskRequired
from app.accounts.guards import AT_A_DESK, GUARDED
from app.http.problems import refusals_of
from app.sync.router import NOTICING, OF_PULLS, AskingOf, page_of
from app.sync.schemas import MAX_PAGE_BYTES, MAX_ROWS, PullAnswer, PullRequest

router = APIRouter(prefix="/v1/feed", tags=["feed"])

_NAMES = r"^[a-z_]{1,63}(,[a-z_]{1,63})*$"


async def _asked(
    cursor: Annotated[
        str | None,
        Query(
            max_length=30_000,
            description="The cursor of the last page that was stored; none to begin.",
            examples=[None],
        ),
    ] = None,
    max_rows: Annotated[
        int, Query(ge=1, le=MAX_ROWS, description="The most records in the page.", examples=[2_000])
    ] = 2_000,
    max_bytes: Annotated[
        int,
        Query(
            ge=1_000,
            le=MAX_PAGE_BYTES,
            description="About how large the page may be; it always has at least one record.",
            examples=[1_000_000],
        ),
    ] = 1_000_000,
    collections: Annotated[
        str | None,
        Query(
            max_length=4_000,
            pattern=_NAMES,
            description="The collections wanted, with commas; none for those of the cursor, else for all."
            " Those whose records may not be viewed are left out, and nothing says so.",
            examples=["clients,sessions"],
        ),
    ] = None,
    digests: Annotated[
        bool,
        Query(description="On a consistent page, also tell what there must be.", examples=[False]),
    ] = False,
) -> PullRequest:
    names = None if collections is None else collections.split(",")
    return PullRequest(
        cursor=cursor, max_rows=max_rows, max_bytes=max_bytes, collections=names, digests=digests
    )


@router.get(
    "",
    operation_id="feed_read",
    summary="Follow all that changes",
    dependencies=[AT_A_DESK, NOTICING],
    response_model=PullAnswer,
    responses=refusals_of(*GUARDED, *OF_PULLS, DeskRequired),
)
async def read_feed(asking: AskingOf, asked: Annotated[PullRequest, Depends(_asked)]) -> Response:
    """Get one page of what changed since a cursor, of all that who asks may see: no window, no preference.

    Without a cursor everything comes once, a page at a time; go on while `has_more`, then ask again with the
    last cursor, or wait at `GET /v1/sync/wait`. Store a page together with its cursor. `evict` is what may be
    seen no more and still exists; when rights change the difference comes, and nothing is begun anew.
    """
    whole = replace(asking, is_whole=True)
    pulled, stands = await whole.pull(asked)
    return page_of(whole, asked, pulled, stands, pulled.as_json())
