"""Why money does not move: each a stable code, with the figure it fails at."""

from app.sync.refusals import ChangeRefused


class AboveBalance(ChangeRefused):
    """The amount is more than is left: `fields` has the figure in minor units, such as `balance_due`.

    Of a line that is taken back it is the `quantity` that is left.
    """

    code = "above_balance"
    message = "This is more than there is left."


class AboveCaptured(ChangeRefused):
    """The amount is more than the client has paid and not been given back: `fields` has it in `captured`."""

    code = "above_captured"
    message = "This is more than the client has paid."


class BelowPaid(ChangeRefused):
    """The total would fall below what is settled already, which `fields` has in `paid`.

    A card is being charged for what it has in `processing` besides; credit memos have taken back `credited`.
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
