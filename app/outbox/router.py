"""`/v1/letters`, `/v1/outbox` and `/v1/letter-blocks`: what is to be sent, was, or could not be."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.outbox import list_store, listing, store
from app.outbox.blocks import key_of
from app.outbox.errors import (
    LetterBlockNotFound,
    LetterNotEnded,
    LetterNotFound,
    LetterNotSendable,
    LetterNotWaiting,
    LetterWasSent,
    LetterWordsGone,
)
from app.outbox.list_store import Wanted
from app.outbox.rights import OUTBOX
from app.outbox.schemas import (
    BlockAnswer,
    BlockedAddress,
    BlockPage,
    BlockRequest,
    LaneAnswer,
    LetterPage,
    OutboxAnswer,
    WholeLetterAnswer,
)
from app.outbox.states import Block, Channel, Purpose, State
from app.outbox.words import sentence_of

router = APIRouter(prefix="/v1", tags=["outbox"], route_class=JsonRoute)

_ID = "9c2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_LATELY = timedelta(days=30)
LetterId = Annotated[UUID, Path(description="A letter.", examples=[_ID])]
Viewing = Annotated[Work[Session], reading_of(OUTBOX, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(OUTBOX, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(OUTBOX, Level.ADD_MODIFY_DELETE)]
Limit = Annotated[int, Query(ge=1, le=200, description="The most entries in the page.", examples=[50])]


@router.get(
    "/letters",
    operation_id="outbox_list",
    summary="List letters",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_letters(
    work: Viewing,
    *,
    state: Annotated[State | None, Query(description="Those in a state.", examples=["failed"])] = None,
    channel: Annotated[Channel | None, Query(description="Those of a channel.", examples=["email"])] = None,
    client_id: Annotated[UUID | None, Query(description="Those about a client.", examples=[_ID])] = None,
    purpose: Annotated[
        Purpose | None, Query(description="Those written for a purpose.", examples=["typed"])
    ] = None,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page of letters before.", examples=[_ID])
    ] = None,
    limit: Limit = 50,
) -> LetterPage:
    """List emails and texts that wait, are being sent, were, or could not be, the newest first.

    Those about clients the user may not see are left out, so that a page may have fewer than it could.
    """
    wanted = Wanted(state, channel, client_id, purpose, page, limit)
    letters, following = await listing.listed(work, wanted)
    return LetterPage(letters=letters, next_page=following)


@router.get(
    "/letters/{letter_id}",
    operation_id="outbox_read",
    summary="Read a letter",
    responses=refusals_of(LetterNotFound, PermissionDenied, *GUARDED),
)
async def read(letter_id: LetterId, work: Viewing) -> WholeLetterAnswer:
    """Read a letter with what it says, unless that is secret."""
    return await listing.read(work, letter_id)


@router.post(
    "/letters/{letter_id}/resend",
    operation_id="outbox_resend",
    summary="Send a letter again",
    responses=refusals_of(
        LetterNotFound,
        LetterNotEnded,
        LetterWasSent,
        LetterWordsGone,
        LetterNotSendable,
        PermissionDenied,
        *GUARDED,
    ),
)
async def resend(letter_id: LetterId, work: Modifying) -> WholeLetterAnswer:
    """Have a letter wait once more that failed, was blocked or was cancelled; what was sent stays so."""
    return await listing.resend(work, letter_id)


@router.post(
    "/letters/{letter_id}/cancel",
    operation_id="outbox_cancel",
    summary="Cancel a letter",
    responses=refusals_of(LetterNotFound, LetterNotWaiting, PermissionDenied, *GUARDED),
)
async def cancel(letter_id: LetterId, work: Modifying) -> WholeLetterAnswer:
    """Cancel a letter that waits; its email or text is a draft again."""
    return await listing.stop(work, letter_id)


@router.get(
    "/outbox",
    operation_id="outbox_stand",
    summary="Read how letters go",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def stand(work: Viewing) -> OutboxAnswer:
    """Tell of each channel what waits, why nothing goes where nothing does, and how many went."""
    now = clock.now()
    this = now.date().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    months: tuple[date, date] = (this, last)
    lanes = []
    for row in await list_store.lanes(work.session, now - _LATELY, months):
        is_closed = row["closed_until"] is not None and row["closed_until"] > now
        code = row["closed_code"] if is_closed else None
        lanes.append(
            LaneAnswer(
                channel=row["channel"],
                waiting=row["waiting"],
                sending=row["sending"],
                failed=row["failed"],
                blocked=row["blocked"],
                closed_until=row["closed_until"] if is_closed else None,
                code=code,
                message=sentence_of(code),
                sent_this_month=row["this_month"],
                sent_last_month=row["last_month"],
            )
        )
    return OutboxAnswer(lanes=lanes)


@router.get(
    "/letter-blocks",
    operation_id="outbox_list_blocks",
    summary="List blocked addresses",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_blocks(
    work: Viewing,
    channel: Annotated[Channel, Query(description="The channel.", examples=["email"])] = Channel.EMAIL,
    page: Annotated[
        BlockedAddress | None,
        Query(description="The `next_page` of the page before.", examples=["laura@hartley.example"]),
    ] = None,
    limit: Limit = 50,
) -> BlockPage:
    """List the addresses nothing goes to any more, and why."""
    found = await list_store.blocks(work.session, channel, page, limit + 1)
    shown = [BlockAnswer.model_validate(dict(each)) for each in found[:limit]]
    return BlockPage(blocks=shown, next_page=shown[-1].address if len(found) > limit else None)


@router.post(
    "/letter-blocks",
    operation_id="outbox_block",
    summary="Block an address",
    responses=refusals_of(PermissionDenied, *GUARDED, *BODY),
)
async def block(body: Sent[BlockRequest], work: Modifying) -> BlockAnswer:
    """Have no email go to an address any more; one that is blocked stays so, for the reason it has."""
    key, reason = key_of(body.address), Block.BY_HAND.value
    await store.block(work.session, "email", key, reason=reason, at=clock.now(), by_id=work.who.user_id)
    return BlockAnswer.model_validate(dict(await list_store.blocked(work.session, "email", key)))


@router.delete(
    "/letter-blocks",
    operation_id="outbox_unblock",
    summary="Unblock an address",
    status_code=204,
    responses=refusals_of(LetterBlockNotFound, PermissionDenied, *GUARDED),
)
async def unblock(
    work: Deleting,
    address: Annotated[BlockedAddress, Query(description="The address.", examples=["laura@hartley.example"])],
    channel: Annotated[Channel, Query(description="The channel.", examples=["email"])] = Channel.EMAIL,
) -> None:
    """Have letters go to an address again."""
    if not await list_store.unblock(work.session, channel, key_of(address)):
        raise LetterBlockNotFound
