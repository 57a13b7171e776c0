"""Orders that wait for a payment by card: they become orders with it, or go back into the cart."""

from collections.abc import Sequence
from uuid import UUID

from app.core.db import WriteSession
from app.core.events import announce
from app.galleries import order_store
from app.galleries.carts import keep_lines, lines_in
from app.galleries.events import WebOrderReceived
from app.galleries.order_models import OrderState, WebOrder
from app.galleries.ordering import lines_of
from app.galleries.visits import Visit
from app.studio.payments import PaymentState
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Written, at_last

_CODE = "payment_failed"


@at_last("payments")
async def follow_payments(draft: Draft, written: Sequence[Written]) -> None:
    """Let orders follow their payments, in the transaction in which it is known what became of them."""
    moved = {each.key[1]: each.after for each in written if _has_ended(each)}
    if not moved:
        return
    for order in await order_store.unpaid(draft.session, moved.keys()):
        payment = moved[order.payment_id] if order.payment_id else None
        is_paid = payment is not None and payment["state"] == PaymentState.APPROVED
        if is_paid:
            order.state = OrderState.READY.value
        else:
            await _cancel(draft.session, order)
        draft.session.add(order)
        await draft.session.flush()
        if is_paid:
            await announce(draft.session, draft.work.who, WebOrderReceived(order.id))


def _has_ended(written: Written) -> bool:
    """Say whether a payment that was being charged is no longer."""
    after: Values = written.after or {}
    was, now = (fields.get("state") for fields in (written.before or {}, after))
    return was == PaymentState.PROCESSING and now != was


async def _cancel(session: WriteSession, order: WebOrder) -> None:
    """Put what was ordered back into the cart, in front of what has come there since."""
    order.state, order.code = OrderState.CANCELLED.value, _CODE
    visit = Visit(order.gallery_id, order.ordered_by_id)
    back = lines_of(order)
    known: set[UUID] = {each.id for each in back}
    await keep_lines(
        session, visit, [*back, *(e for e in await lines_in(session, visit) if e.id not in known)]
    )
