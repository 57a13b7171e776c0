"""Card payments as they go over the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.cards.processors import Environment
from app.cards.states import IntentState
from app.core.ids import NIL
from app.http.schemas import Answer, Wire
from app.studio.saved_cards import CardBrand

_ID = "2b6d1f0e-8a37-4c55-9d21-6f3c1a560001"
_CLIENT = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_CARD = "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001"
_REFUND = "2b6d1f0e-8a37-4c55-9d21-6f3c1a560002"
_MEMO = "2b6d1f0e-8a37-4c55-9d21-6f3c1a550003"
_INSTANT = "2026-05-04T09:30:00Z"
MOST = 9_999_999_99
"""The most a card is charged at once, in cents: what the processor has room for."""
_Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9]+$")]
_Secret = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[\x20-\x7e]+$")]
TokenText = Annotated[str, StringConstraints(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9]+$")]


class CardPaymentRequest(Wire):
    """What is to be paid by card: an invoice, or a client's deposit."""

    id: UUID = Field(
        description="Made up by the client; the payment has it, and a repeat is known by it.", examples=[_ID]
    )
    invoice_id: UUID | None = Field(
        None, description="The invoice to pay; none for a deposit of the client.", examples=[None]
    )
    client_id: UUID | None = Field(
        None, description="Whose deposit it is; none where an invoice is paid.", examples=[_CLIENT]
    )
    amount: int = Field(description="What is charged, in minor units.", examples=[5000], ge=1, le=MOST)
    currency: str = Field(
        description="The company's currency, so that nobody is mistaken.",
        examples=["USD"],
        pattern="^[A-Z]{3}$",
    )
    saved_card_id: UUID | None = Field(
        None, description="One of the client's `saved_cards`; none for another card.", examples=[None]
    )
    payment_method_id: UUID | None = Field(
        None, description="The payment method it is booked under.", examples=[None]
    )
    rest_as_deposit: bool = Field(
        False,
        description="What is more than the balance becomes the client's deposit instead of being refused.",
        examples=[False],
    )
    save_card: bool = Field(
        False, description="Whether the card is kept for the client once it is charged.", examples=[False]
    )

    @model_validator(mode="after")
    def _is_for_one(self) -> "CardPaymentRequest":
        if self.id == NIL:
            raise PydanticCustomError("nil_id", "The id of all zeros is nobody's.")
        if (self.invoice_id is None) == (self.client_id is None):
            raise PydanticCustomError("one_target", "Either an invoice is paid or a client's deposit.")
        return self


class ChargeRequest(Wire):
    """By what a card is charged: never its number."""

    token: TokenText | None = Field(
        None,
        description="The temporary token the hosted field gave; none where a saved card is charged.",
        examples=["T4x1cQ0mAa8rZ2pW"],
    )
    expiry: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])/20\d\d$")] | None = Field(
        None,
        description="When the card expires, MM/YYYY, as the hosted field gave it; else it is not saved.",
        examples=["08/2031"],
    )


class HostedFieldAnswer(Answer):
    """Where the card is typed in or read, without this server."""

    address: str = Field(
        description="The processor's page or script, good for one checkout on this day.",
        examples=["https://stagegw.transnox.com/transit-tsep-web/jsView/88800000165301?1f3a…"],
    )
    device_id: str = Field(description="The merchant's device at the processor.", examples=["88800000165301"])
    manifest: str = Field(
        description="What says for whom the card is typed in; part of the address.", examples=["1f3a9c…"]
    )


class ShownCard(Answer):
    """What may be shown of a card."""

    brand: CardBrand = Field(description="Whose card it is, by brand.", examples=["visa"])
    last_four: str | None = Field(description="The last four digits.", examples=["4242"])
    expiry: str | None = Field(description="Month and year it expires.", examples=["08/28"])


class CardPaymentAnswer(Answer):
    """How a card payment stands, or a refund of one."""

    id: UUID = Field(description="Its id, also that of the payment.", examples=[_ID])
    state: IntentState = Field(
        description="`reserved`: to be charged; `charging`: what became of it is not known yet; `approved`;"
        " `declined`; `failed`: it was not charged; `cancelled`; `voiding`, `voided`; `unresolved`: only the"
        " processor's own books tell, and somebody has to look. Of a refund, what is charged is given back.",
        examples=["approved"],
    )
    is_final: bool = Field(description="Whether nothing more becomes of it by itself.", examples=[True])
    amount: int = Field(description="What is charged, in minor units.", examples=[5000])
    currency: str = Field(description="The currency of it.", examples=["USD"])
    invoice_id: UUID | None = Field(description="The invoice it pays.", examples=[None])
    client_id: UUID | None = Field(description="Who pays.", examples=[_CLIENT])
    applied: int = Field(description="How much of it pays the invoice; the rest is a deposit.", examples=[0])
    deposit_id: UUID | None = Field(
        description="The payment that holds the rest, where an invoice is paid by a part.", examples=[None]
    )
    card: ShownCard | None = Field(description="What is known of the card.")
    saved_card_id: UUID | None = Field(
        description="The saved card that was charged, or is saved now.", examples=[_CARD]
    )
    refund_of: UUID | None = Field(
        description="The payment it gives back, of a refund; its invoice is the credit memo.",
        examples=[None],
    )
    refunded: int = Field(
        description="How much of it was given back to the card, or is on its way.", examples=[0]
    )
    authorization_code: str | None = Field(description="What the processor answered.", examples=["A71B22"])
    code: str | None = Field(
        description="Why it was not charged: the processor's code, or `not_sent` (it may be charged again),"
        " `processor_refused_credentials` (so, too, once they are set anew), `not_charged`, `partial` (the"
        " card has too little), `duplicate_within_a_minute` (it was charged as much just before), `expired`,"
        " `cancelled`. While `hosted_field` is missing: `processor_unavailable`,"
        " `processor_refused_credentials` or `cards_not_configured`; ask again later.",
        examples=[None],
    )
    may_try_again: bool = Field(
        description="Whether the same card may be tried again, by another payment.", examples=[False]
    )
    is_simulated: bool = Field(
        description="Whether a simulator was asked: no money has moved.", examples=[False]
    )
    expires_at: datetime | None = Field(
        description="When it is let go unless it is charged by then; none once it was.", examples=[_INSTANT]
    )
    hosted_field: HostedFieldAnswer | None = Field(
        description="Where the card is typed in; told as long as a card that is not saved is to be charged,"
        " and the processor gives it: else `code` says why it does not."
    )


class CardPaymentPage(Answer):
    """Card payments, the latest first."""

    payments: list[CardPaymentAnswer] = Field(description="The payments.", examples=[[]])


class CardResolution(StrEnum):
    """What the processor's own books say."""

    CHARGED = "charged"
    NOT_CHARGED = "not_charged"


class RefundRequest(Wire):
    """What is to be given back to the card."""

    id: UUID = Field(
        description="Made up by the client; the refund's payment has it, and a repeat is known by it.",
        examples=[_REFUND],
    )
    credit_memo_id: UUID = Field(
        description="The credit memo of the sale it is given back from. Of a deposit, the id of a new one,"
        " which comes to nothing and has deposit and refund on it.",
        examples=[_MEMO],
    )
    amount: int = Field(description="What is given back, in minor units.", examples=[5000], ge=1, le=MOST)
    currency: str = Field(
        description="The currency it was charged in.", examples=["USD"], pattern="^[A-Z]{3}$"
    )

    @model_validator(mode="after")
    def _has_ids(self) -> "RefundRequest":
        if NIL in (self.id, self.credit_memo_id):
            raise PydanticCustomError("nil_id", "The id of all zeros is nobody's.")
        return self


class ResolutionRequest(Wire):
    """What somebody has found out at the processor."""

    outcome: CardResolution = Field(
        description="Whether the card was charged, and stands charged.", examples=["charged"]
    )


class MerchantRequest(Wire):
    """By whom cards are charged from now on; nothing of it but the first two is ever told back."""

    environment: Environment = Field(
        description="`production`, the processor's `staging`, or this server's `simulator`.",
        examples=["simulator"],
    )
    is_active: bool = Field(True, description="Whether cards are charged now.", examples=[True])
    merchant_id: _Word = Field(description="The merchant's id at TSYS.", examples=["888000001653"])
    user_id: _Secret = Field(description="The user TransIT knows.", examples=["TA32150"])
    password: _Secret = Field(description="The user's password.", examples=["a-long-word"])
    device_id: _Word = Field(description="The device cards are charged on.", examples=["88800000165301"])
    developer_id: _Word = Field(
        description="The id the processor certified the app under.", examples=["003227G001"]
    )


class MerchantAnswer(Answer):
    """That credentials are kept, and what for."""

    environment: Environment = Field(description="Where cards are charged.", examples=["simulator"])
    is_active: bool = Field(description="Whether cards are charged now.", examples=[True])
    is_accepted: bool = Field(
        description="Whether the processor has taken these credentials since; else they were not tried yet.",
        examples=[True],
    )
    changed_at: datetime = Field(description="Since when.", examples=[_INSTANT])


class SavedCardRequest(Wire):
    """A card to be kept for a client, without charging it."""

    client_id: UUID = Field(description="Whose card it is.", examples=[_CLIENT])
    token: TokenText = Field(
        description="The temporary token the hosted field gave.", examples=["T4x1cQ0mAa8rZ2pW"]
    )


class SavedCardFieldRequest(Wire):
    """For whom a card is to be typed in."""

    client_id: UUID = Field(description="Whose card it is.", examples=[_CLIENT])


class SavedCardAnswer(Answer):
    """A saved card; it stands in the client's `saved_cards` from now on."""

    id: UUID = Field(description="Its id.", examples=[_CARD])
    client_id: UUID = Field(description="Whose card it is.", examples=[_CLIENT])
