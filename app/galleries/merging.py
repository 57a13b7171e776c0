"""What clients have ordered and put into carts when they are merged: it is whoever stayed's."""

from collections.abc import Sequence
from uuid import UUID

from app.core.db import WriteSession
from app.galleries import order_store
from app.galleries.carts import MOST_LINES, keep_lines, lines_in
from app.galleries.visits import Visit
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last


async def merged(draft: Draft, written: Sequence[Written]) -> list[tuple[UUID, UUID]]:
    """Return which records were merged, of those written, and which has taken the place of each."""
    gone = [each.key for each in written if each.after is None]
    await draft.load_survivors(gone)
    ways = [(key[1], draft.survivor(key)[1]) for key in gone]
    return [(one, other) for one, other in ways if one != other]


@at_last("clients")
async def follow_clients(draft: Draft, written: Sequence[Written]) -> None:
    """Let orders and carts follow their clients, so that what is cancelled later fills the right cart."""
    for gone, stays in await merged(draft, written):
        await order_store.give_orders(draft.session, gone, stays)
        await _give_carts(draft.session, gone, stays)


async def _give_carts(session: WriteSession, gone: UUID, stays: UUID) -> None:
    """Put what is in carts behind what whoever stayed has in theirs, as far as there is room."""
    for cart in await order_store.carts_of(session, gone):
        visit, theirs = Visit(cart.gallery_id, stays), Visit(cart.gallery_id, gone)
        lines = {each.id: each for each in await lines_in(session, theirs)}
        lines = {each.id: each for each in await lines_in(session, visit)} | lines
        await keep_lines(session, visit, list(lines.values())[:MOST_LINES])
        await session.delete(cart)
        await session.flush()
