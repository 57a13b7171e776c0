"""The gateway port: what any processor of cards can be asked, and the few things that may come of it.

A processor is a class that keeps these promises. It is told amounts, references of ours and tokens, never the
number of a card. What it cannot tell for certain is `Unknown`, and never taken for a failure.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from app.studio.saved_cards import CardBrand


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in minor units of a currency, such as cents."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Token:
    """What stands for a card at the processor; it never shows itself."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown of a card."""

    brand: CardBrand
    last_four: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a processor says of money it has booked; a token where the card may be charged again."""

    transaction_id: str
    authorization_code: str | None = None
    card: Card | None = None
    token: Token | None = None


class Why(StrEnum):
    """Why a processor has declined, as far as it matters here."""

    ISSUER = "issuer"
    REQUEST = "request"
    ABSENT = "absent"
    NOT_REVERSIBLE = "not_reversible"
    ALIKE = "alike"
    """It takes it for another of the same card and amount just before, and does not know it by itself."""


@dataclass(frozen=True, slots=True)
class Approved:
    """It is booked, or taken back, as asked."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Partial:
    """Another amount was booked than was asked, as a rule less: it pays nothing, and is to be voided."""

    minor: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing was booked, for certain; after a hard refusal the same card is of no use."""

    code: str
    is_hard: bool = False
    why: Why = Why.ISSUER


@dataclass(frozen=True, slots=True)
class NotSent:
    """It failed before the first byte of it was sent, for certain.

    With `refuses_merchant` that is because the processor does not take the merchant's credentials.
    """

    reason: str
    refuses_merchant: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been booked or not: only the processor knows."""

    reason: str


DUPLICATE_WITHIN_A_MINUTE = "duplicate_within_a_minute"
"""The code of what is declined because it is `Why.ALIKE`."""
Outcome = Approved | Partial | Declined | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The processor knows a sale or a refund by our reference: how much was booked, what became of it."""

    outcome: Approved | Declined
    minor: int
    is_voided: bool = False
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """The processor was asked and knows no such sale, or not yet."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The processor could not be asked; `refuses_merchant` as of `NotSent`."""

    reason: str
    refuses_merchant: bool = False


Look = Found | Absent | Unavailable


@dataclass(frozen=True, slots=True)
class Stored:
    """A card was verified and may be charged from now on."""

    token: Token
    card: Card


@dataclass(frozen=True, slots=True)
class HostedField:
    """Where a client types a card in: a page of the processor's, opened with a manifest for one checkout."""

    address: str
    device_id: str
    manifest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Charge:
    """A sale to be made under a reference of ours, of at most 20 characters, that no other has.

    `expiry` is that of the card as MM/YYYY, where it is known.
    """

    external_ref: str
    amount: Amount
    token: Token
    expiry: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A sale or a refund as it was made: by our reference, and by the processor's where it was ever told."""

    external_ref: str
    amount: Amount
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to be given back of a sale, under a reference of ours as a sale has it."""

    external_ref: str
    amount: Amount
    sale: Booked


MayGo = Callable[[], bool]
"""Says, right before the first byte of a request that moves money, whether it may still be sent."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A transaction that was settled, by both references; negative when it was given back."""

    external_ref: str
    transaction_id: str
    minor: int


class Gateway(Protocol):
    """A processor as one merchant speaks to it.

    `merchant_print` tells apart where and as whom cards are charged: what was asked of one merchant is known
    to no other. It is the same as long as passwords alone change.
    """

    is_simulated: bool
    merchant_print: bytes

    async def try_credentials(self) -> NotSent | Unknown | None:
        """Ask whether the processor takes the merchant's credentials; none where it does. No money moves."""

    async def client_session(self, amount: Amount, day: date) -> HostedField | Unavailable:
        """Return where a card is typed in for one checkout, without us."""

    async def verify_and_store(self, token: Token) -> Stored | Declined | NotSent | Unknown:
        """Verify the card behind a temporary token, and return one that may be charged again."""

    async def sale(self, charge: Charge, may_go: MayGo) -> Outcome:
        """Charge a card at once; what may go no longer when its first byte would be sent is `NotSent`."""

    async def void(self, sale: Booked) -> Outcome:
        """Take back a sale or a refund that is not settled: by the processor's reference, else by ours."""

    async def refund(self, refund: Refund, may_go: MayGo) -> Outcome:
        """Give money of a sale back to its card, under a reference of its own; else as a sale."""

    async def lookup(self, external_ref: str) -> Look:
        """Ask what has become of a sale or a refund by our reference."""

    async def close_batch(self) -> Outcome:
        """Have all that is booked settled."""

    async def settled(self, day: date) -> list[Settled] | Unavailable:
        """Return what was settled on a day."""
