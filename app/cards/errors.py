"""Why cards are not charged: the refusals of card payments."""

from app.core.errors import AppError


class CardsCountry(AppError):
    """Cards are charged for companies in the United States; the company is in `country`."""

    status = 403
    code = "cards_not_in_country"
    title = "Cards are not charged in this country."


class CardsNotConfigured(AppError):
    """The company has no processor that charges here, no credentials at it, or has put it out of use."""

    status = 403
    code = "cards_not_configured"
    title = "No processor of cards is set up."


class CardsSwitchedOff(AppError):
    """The company's preference that phones may charge cards (`is_card_reader_enabled`) is off."""

    status = 403
    code = "cards_switched_off"
    title = "The company has its phones charge no cards."


class CardPaymentNotFound(AppError):
    """There is no such card payment in the account, or none the caller may see."""

    status = 404
    code = "card_payment_not_found"
    title = "There is no such card payment."


class NothingToPay(AppError):
    """`target` names what there is not, or the caller may not see: an invoice, a client or a saved card."""

    status = 404
    code = "card_target_not_found"
    title = "There is nothing of this id to pay, or to pay with."


class MerchantNotFound(AppError):
    """The account has no processor's credentials."""

    status = 404
    code = "card_merchant_not_found"
    title = "No credentials are kept."


class CardPaymentDiffers(AppError):
    """The id was used for something else, a card payment or another one; each has an id of its own."""

    status = 409
    code = "card_payment_differs"
    title = "This id was used for another payment."


class AmountAboveBalance(AppError):
    """More than `balance_due` is not owed, what waits to be charged counted as paid; nothing was reserved.

    With `rest_as_deposit` the rest is taken as the client's deposit.
    """

    status = 409
    code = "amount_above_balance"
    title = "The amount is more than the invoice's balance."


class InvoiceNotPayable(AppError):
    """An estimate and a credit memo are not paid by card."""

    status = 409
    code = "invoice_not_payable"
    title = "This invoice is not paid by card."


class CurrencyDiffers(AppError):
    """The company's amounts are in `currency`, and cards are charged in no other."""

    status = 409
    code = "currency_differs"
    title = "Cards are charged in the company's currency."


class CardPaymentStands(AppError):
    """The payment is in a `state` in which this cannot be done; nothing was changed."""

    status = 409
    code = "card_payment_stands"
    title = "The card payment is not in a state for this."


class AlreadySettled(AppError):
    """The processor has settled the payment: it is given back on the processor's own pages, not voided."""

    status = 409
    code = "card_payment_settled"
    title = "The card payment has been settled."


class TokenRequired(AppError):
    """A saved card is charged without a token, any other by the one the hosted field gave."""

    status = 409
    code = "card_token_required"
    title = "What stands for the card does not fit the payment."


class TokenDeclined(AppError):
    """The processor does not take the card, or the token was used before; `processor_code` says why."""

    status = 409
    code = "card_declined"
    title = "The processor does not take this card."


class EnvironmentRefused(AppError):
    """This server does not charge cards in such an environment: simulators serve development alone."""

    status = 409
    code = "card_environment_refused"
    title = "This server does not use such a processor."


class ProcessorUnavailable(AppError):
    """The processor does not answer; nothing was done, ask again after `Retry-After`."""

    status = 503
    code = "processor_unavailable"
    title = "The processor of cards does not answer."
