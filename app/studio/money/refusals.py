"""Why money does not move: each a stable code, with the figure it fails at."""

from collections.abc import Mapping
from typing import Any

from app.studio.invoices import InvoiceType
from app.sync.refusals import ChangeRefused


class AboveBalance(ChangeRefused):
    """The amount is more than is left: `fields` has the figure in minor units, such as `balance_due`.

    Of what is agreed it is what is `not_agreed` yet, of a refund what the credit memo has to give: `credit`.
    Of a line that is taken back it is the `quantity` that is left.
    """

    code = "above_balance"
    message = "This is more than there is left."


def not_owed(invoice: Mapping[str, Any], **figures: int) -> ChangeRefused:
    """Return why an invoice does not owe as much: what it is, where it never owes any, or the figures."""
    why = _NEVER_OWED.get(invoice["invoice_type"])
    if why:
        return WrongState({"invoice_type": invoice["invoice_type"], "amount": why})
    told = {name: str(amount) for name, amount in figures.items()}
    return AboveBalance({"amount": AboveBalance.message, **told})


_NEVER_OWED = {
    InvoiceType.ESTIMATE: "An estimate owes nothing: it is converted to a sale first.",
    InvoiceType.CREDIT_MEMO: "A credit memo owes nothing: it is refunded, or set off.",
}


class AboveCaptured(ChangeRefused):
    """The amount is more than the client has paid and not been given back: `fields` has it in `captured`."""

    code = "above_captured"
    message = "This is more than the client has paid."


class BelowPaid(ChangeRefused):
    """The total would fall below what is settled already, which `fields` has in `paid` and `written_off`.

    A card is being charged for what it has in `processing` besides, or given it back where that is negative;
    credit memos have taken back `credited`.
    """

    code = "below_paid"
    message = "More than this is paid already."


class CreditMemoNeeded(ChangeRefused):
    """Money is given back from a credit memo alone: make one of the invoice, and refund from that."""

    code = "credit_memo_needed"
    message = "Refunds are made from a credit memo."


class WrongCurrency(ChangeRefused):
    """The amount is in another currency than the company's, which `fields` has in `currency`."""

    code = "wrong_currency"
    message = "The company keeps its books in another currency."


class WrongState(ChangeRefused):
    """The invoice or payment is not one this is done to: `fields` names what it is."""

    code = "wrong_state"
    message = "This cannot be done with it as it is."


class CardNeedsConnection(ChangeRefused):
    """A phone cannot record a card payment: cards are charged, which needs a connection."""

    code = "card_needs_connection"
    message = "A card is charged over a connection, and not recorded."


class NotOnPhone(ChangeRefused):
    """What gives money away or takes it back is done at a desk."""

    code = "not_on_a_phone"
    message = "This is done at a desk."
