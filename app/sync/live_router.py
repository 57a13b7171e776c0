"""The doors for waiting: the live stream, and the long poll for who cannot keep a stream."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from app.accounts.errors import ClientTooOld, TokenExpired
from app.accounts.guards import GUARDED, Caller
from app.accounts.standing import admit, refuse_old
from app.accounts.tokens import Claims
from app.core.errors import AppError
from app.http.errors import Unavailable, retry_after
from app.http.problems import refusals_of
from app.http.schemas import Answer
from app.http.unit_of_work import gone
from app.sync.errors import TooManyStreams
from app.sync.live.stream import LiveResponse, Pace, seconds_until
from app.sync.live.watcher import End, Known, Position, Watcher
from app.sync.live.watchers import LONGEST_WAIT, Watchers

router = APIRouter(prefix="/v1/sync", tags=["sync"])

_LARGEST = 2**53 - 1

_EVENTS = """\
: waiting
retry: 4711

event: poke
data: {"revision":18,"scope_version":5}
id: 18-5

event: end
data: {"reason":"renew","retry_after":3.2}
retry: 3200

"""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream of server-sent events: `poke`, and at last `end` or `refused`.",
        "content": {"text/event-stream": {"schema": {"type": "string", "examples": [_EVENTS]}}},
    }
}


class WaitAnswer(Answer):
    """Where the account is."""

    revision: int = Field(description="How far the account has come.", examples=[18])
    scope_version: int = Field(
        description="Grows with preferences and rights; the `scope.version` of a page.", examples=[5]
    )
    has_changed: bool = Field(
        description="Whether this is news to who asked; false when the time is over.", examples=[True]
    )


async def _watchers(request: Request) -> Watchers:
    return cast("Watchers", request.app.state.watchers)


async def _pace(request: Request) -> Pace:
    return cast("Pace", request.app.state.pace)


async def _known(
    revision: Annotated[
        int | None,
        Query(
            ge=0,
            le=_LARGEST,
            description="The `revision` of the last page that was stored, not one written into a program:"
            " with any other, and without, there is always news, at once.",
            examples=[17],
        ),
    ] = None,
    scope_version: Annotated[
        int | None, Query(ge=0, le=_LARGEST, description="The `scope.version` of that page.", examples=[5])
    ] = None,
) -> Known:
    return Known(revision, scope_version)


async def _resumed(
    asked: Annotated[Known, Depends(_known)],
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^[0-9]{1,15}-[0-9]{1,15}$",
            description="The id of the last event, as browsers send it by themselves; newer than the query.",
            examples=["17-5"],
        ),
    ] = None,
) -> Known:
    return asked if last_event_id is None else Known(*map(int, last_event_id.split("-")))


WatchersOf = Annotated[Watchers, Depends(_watchers)]


async def _enter(request: Request, claims: Claims) -> tuple[Watcher, Position]:
    """Enter a caller before the account is read, so that nothing falls between the two.

    The session ends here: nothing of the database is held while somebody waits. Whoever enters somebody
    has them leave.
    """
    state = request.app.state
    watcher = state.watchers.enter(claims)
    try:
        async with state.database.reading(claims.account_id, gone=await gone(request)) as session:
            work = await admit(session, state.keys, claims)
        refuse_old(work.schema_version, state.minimum_schema_version)
    except BaseException:
        state.watchers.leave(watcher)
        raise
    return watcher, Position.of(work.clock)


@router.get(
    "/live",
    operation_id="sync_live",
    summary="Be told when to pull",
    response_class=StreamingResponse,
    responses={**_STREAM, **refusals_of(*GUARDED, TooManyStreams, ClientTooOld)},
)
async def live(
    *,
    request: Request,
    claims: Caller,
    watchers: WatchersOf,
    known: Annotated[Known, Depends(_resumed)],
    pace: Annotated[Pace, Depends(_pace)],
) -> LiveResponse:
    """Keep a stream of pokes: each says that the account has moved and how far, never what has changed.

    A caller who is behind is poked at once. The stream ends after some minutes, with the token, and when a
    request would be refused: the last event says why.
    """
    watcher, position = await _enter(request, claims)
    watcher.begin(known, position)
    return LiveResponse(watchers, watcher, pace)


@router.get(
    "/wait",
    operation_id="sync_wait",
    summary="Wait until there is something to pull",
    responses=refusals_of(*GUARDED, TooManyStreams, ClientTooOld),
)
async def wait(
    *,
    request: Request,
    claims: Caller,
    watchers: WatchersOf,
    known: Annotated[Known, Depends(_known)],
    seconds: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT, description="How long to wait at most.", examples=[25])
    ] = 25,
) -> WaitAnswer:
    """Answer as soon as the account has moved beyond what is known, at once if it has already.

    Whatever is not where the account stands counts: a `revision` it has not come to is answered at once, too.
    It is of before a backup was restored, and the pull says what is to be done.
    """
    watcher, position = await _enter(request, claims)
    until_token_ends = seconds_until(claims.expires_at)
    try:
        watcher.begin(known, position)
        happened = await watcher.next(min(seconds, until_token_ends))
    finally:
        watchers.leave(watcher)
    if isinstance(happened, AppError):
        raise happened
    if happened is End.RESTART:
        raise Unavailable(headers=retry_after(1, 11))
    if happened is None and until_token_ends < seconds:
        raise TokenExpired
    reached = happened if isinstance(happened, Position) else position
    return WaitAnswer(
        revision=reached.revision, scope_version=reached.scope_version, has_changed=reached is happened
    )
