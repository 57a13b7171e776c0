"""Card payments as tables: by whom cards are charged, what is to be paid, what was asked, and saved cards."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.cards.states import LIVE, AttemptState, IntentState


def _instant() -> Any:
    return DateTime(timezone=True)


def _among(name: str, states: tuple[str, ...]) -> str:
    return f"{name} IN ({', '.join(repr(str(each)) for each in states)})"


class CardMerchant(SQLModel, table=True):
    """By whom an account's cards are charged, as whom, and with which key: what is secret is sealed."""

    __tablename__ = "card_merchants"

    account_id: UUID = Field(primary_key=True)
    environment: str
    is_active: bool
    credentials: bytes = Field(sa_type=LargeBinary)
    transaction_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    key_made_at: datetime | None = Field(default=None, sa_type=_instant())
    changed_at: datetime = Field(sa_type=_instant())


class CardToken(SQLModel, table=True):
    """What charges a saved card, sealed; its client's record shows the rest of it, under the same id."""

    __tablename__ = "card_tokens"

    account_id: UUID = Field(primary_key=True)
    card_id: UUID = Field(primary_key=True)
    processor: str
    token: bytes = Field(sa_type=LargeBinary)
    merchant_print: bytes | None = Field(default=None, sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=_instant())


class CardAttempt(SQLModel, table=True):
    """One request to charge a card, kept before it was sent, and what has become of it.

    It is looked after at `due_at`; who does so claims it (`claim`) until then. `looks` were had at it, and
    `absences` of them found nothing. `is_booked` while it is what has paid its intent. It was sent to the
    merchant of `merchant_print`, whom alone it may be asked of. A refund `gives_back` a sale by reference.
    """

    __tablename__ = "card_attempts"
    __table_args__ = (
        CheckConstraint(
            "NOT is_booked OR " + _among("state", ("approved", "settled", "voiding", "manual")), name="booked"
        ),
        UniqueConstraint("account_id", "intent_id", "external_ref", "is_booked"),
        Index(
            "uq_card_attempts_live",
            "account_id",
            "intent_id",
            unique=True,
            postgresql_where=text(_among("state", LIVE)),
        ),
        Index("ix_card_attempts_due", "account_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_card_attempts_sent_at", "account_id", "sent_at"),
    )

    account_id: UUID = Field(primary_key=True)
    external_ref: str = Field(primary_key=True)
    intent_id: UUID
    state: str = Field(default=AttemptState.SENDING)
    minor: int = Field(sa_type=BigInteger)
    currency: str
    request_hash: bytes = Field(sa_type=LargeBinary)
    merchant_print: bytes | None = Field(default=None, sa_type=LargeBinary)
    gives_back: str | None = None
    is_booked: bool = Field(default=False)
    transaction_id: str | None = None
    authorization_code: str | None = None
    code: str | None = None
    is_hard: bool = False
    reversal: str | None = None
    sent_at: datetime = Field(sa_type=_instant())
    reversal_at: datetime | None = Field(default=None, sa_type=_instant())
    due_at: datetime | None = Field(default=None, sa_type=_instant())
    claim: UUID | None = None
    looks: int = 0
    absences: int = 0


class CardIntent(SQLModel, table=True):
    """What somebody wants to pay by card; its id is also that of the payment's record.

    `minor` is charged; `applied` of it pays the invoice, and the rest is a deposit. `paid_by` is the attempt
    that was booked: the database lets an intent be approved by no other. A refund `gives_back` another
    intent; its invoice is the credit memo.
    """

    __tablename__ = "card_intents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "intent_id", "paid_by", "is_paid"],
            [
                "card_attempts.account_id",
                "card_attempts.intent_id",
                "card_attempts.external_ref",
                "card_attempts.is_booked",
            ],
            name="fk_card_intents_paid_by",
        ),
        CheckConstraint("is_paid", name="paid"),
        CheckConstraint(
            "paid_by IS NOT NULL OR NOT " + _among("state", ("approved", "voiding")), name="approved"
        ),
        Index(
            "ix_card_intents_gives_back",
            "account_id",
            "gives_back",
            postgresql_where=text("gives_back IS NOT NULL"),
        ),
        Index(
            "ix_card_intents_expires_at",
            "account_id",
            "expires_at",
            postgresql_where=text("state = 'reserved'"),
        ),
        Index("ix_card_intents_state", "account_id", "state", "made_at"),
        Index("ix_card_intents_made_at", "account_id", "made_at", "intent_id"),
    )

    account_id: UUID = Field(primary_key=True)
    intent_id: UUID = Field(primary_key=True)
    state: str = Field(default=IntentState.RESERVED)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    gives_back: UUID | None = None
    user_id: UUID | None = None
    client_id: UUID | None = None
    invoice_id: UUID | None = None
    studio_id: UUID | None = None
    payment_method_id: UUID | None = None
    saved_card_id: UUID | None = None
    saves_card: bool = False
    minor: int = Field(sa_type=BigInteger)
    applied: int = Field(sa_type=BigInteger)
    currency: str
    is_simulated: bool = False
    brand: str | None = None
    last_four: str | None = None
    expiry: str | None = None
    code: str | None = None
    paid_by: str | None = None
    is_paid: bool = Field(default=True)
    day: date
    made_at: datetime = Field(sa_type=_instant())
    expires_at: datetime = Field(sa_type=_instant())
