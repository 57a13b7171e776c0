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


class MerchantInUse(AppError):
    """The processor is still to be asked what became of `count` payments, which another would not know.

    As a rule that is over within five minutes, and at most in half an hour.
    """

    status = 409
    code = "card_merchant_in_use"
    title = "Card payments are still being found out about."


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


class AboveRefundable(AppError):
    """No more than `refundable` of this card can be given back so; nothing was begun.

    That is what the card has paid of the credit memo's sale, less what was given back of it by any means, and
    no more than the credit memo comes to. Of a deposit it is one that is still as large.
    """

    status = 409
    code = "amount_above_refundable"
    title = "The amount is more than can be given back to this card."


class CreditMemoRequired(AppError):
    """Money is given back from a credit memo of the sale, or of a deposit from a new one; this is none.

    Either it is another kind of invoice, of the type `invoice_type`, or there is none of this id.
    """

    status = 409
    code = "credit_memo_required"
    title = "Refunds are made from a credit memo."


class RefundAtDesk(AppError):
    """A phone gives nothing back: refunds are made at a desk."""

    status = 403
    code = "refund_at_desk"
    title = "This is done at a desk."


class CurrencyDiffers(AppError):
    """The company's amounts are in `currency`, and cards are charged in no other."""

    status = 409
    code = "currency_differs"
    title = "Cards are charged in the company's currency."


class RecordRefused(AppError):
    """A rule of the company does not let the payment be recorded, so it was not begun.

    `reason` is the code this has for payments that are recorded, such as `field_required`; `reasons` has the
    fields.
    """

    status = 409
    code = "card_payment_refused"
    title = "The company's rules do not let this payment be recorded."


class CardPaymentStands(AppError):
    """The payment is in a `state` in which this cannot be done; nothing was changed.

    That is one of a card payment, or `posted`: it is in the books; `changed`: it was applied in part;
    `given_back`: money of it was given back, or is on its way; `partial`: another amount stands than was
    asked; `refund`: it is one; `other_merchant`: it was charged by a merchant the company no longer has.
    """

    status = 409
    code = "card_payment_stands"
    title = "The card payment is not in a state for this."


class AlreadySettled(AppError):
    """The processor has settled the payment: it is refunded to its card, not voided."""

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


class ProcessorRefusedCredentials(AppError):
    """The processor does not take the company's credentials: wrong, or no longer good.

    Nothing was changed or charged. Who may set them sets them anew; where that is refused, `reason` has what
    the processor answered.
    """

    status = 409
    code = "processor_refused_credentials"
    title = "The processor of cards does not take the company's credentials."


class ProcessorUnavailable(AppError):
    """The processor does not answer; nothing was done, ask again after `Retry-After`."""

    status = 503
    code = "processor_unavailable"
    title = "The processor of cards does not answer."
