"""What was paid on a sale stays there while money of it is on its way back to a card."""

from collections.abc import Sequence

from app.cards import store
from app.core.principal import Channel
from app.studio.money.refusals import WrongState
from app.studio.payments import PaymentState
from app.sync.draft import Draft
from app.sync.reactions import Work, Written, on_write


def _leaves(written: Written) -> str | None:
    """Return the invoice that money which was paid on it is about to leave, if that is what is written."""
    before = written.before or {}
    is_paid = before.get("state") == PaymentState.APPROVED and before["amount"] > 0
    return before["invoice_id"] if is_paid and written.changes("invoice_id", "state") else None


async def _returning(draft: Draft, writes: Sequence[Written]) -> set[str]:
    left = [each for written in writes if (each := _leaves(written))]
    return {str(each) for each in await store.returning(draft.session, left)} if left else set()


@on_write("payments", asks=_returning)
def hold(written: Written, work: Work) -> None:
    """Refuse to take off or void what was paid on a sale while a refund of it is not answered yet.

    It counts once it is answered: it would be given back twice. What the house itself writes is so.
    """
    invoice = _leaves(written)
    if invoice and work.who.channel is not Channel.SYSTEM and invoice in (work.answer or ()):
        raise WrongState({"state": "A refund of it to a card is under way."})
