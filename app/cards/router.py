"""`/v1/card-payments`: what phones and desks charge cards for; the card itself never comes here."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.accounts.errors import PermissionDenied
from app.accounts.features import require
from app.accounts.guards import GUARDED, Reading, Writing
from app.cards import answers, charging, gate, refunding, reserving, resolving, store
from app.cards.errors import (
    AboveRefundable,
    AlreadySettled,
    AmountAboveBalance,
    CardPaymentDiffers,
    CardPaymentNotFound,
    CardPaymentStands,
    CardsCountry,
    CardsNotConfigured,
    CardsSwitchedOff,
    CreditMemoRequired,
    CurrencyDiffers,
    InvoiceNotPayable,
    NothingToPay,
    ProcessorRefusedCredentials,
    ProcessorUnavailable,
    RecordRefused,
    RefundAtDesk,
    TokenRequired,
)
from app.cards.gateway import Amount, Token
from app.cards.guards import Counter, CounterOf
from app.cards.refunding import Returned
from app.cards.reserving import Wanted
from app.cards.schemas import (
    CardPaymentAnswer,
    CardPaymentPage,
    CardPaymentRequest,
    CardResolution,
    ChargeRequest,
    RefundRequest,
    ResolutionRequest,
)
from app.cards.states import IntentState
from app.cards.till import TillOf
from app.core.db import Session
from app.core.errors import AppError
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.sync.visible import some_seen


class CardRoute(JsonRoute):
    """A route whose body is as short as a payment is."""

    max_bytes: ClassVar[int] = 8_000


router = APIRouter(prefix="/v1/card-payments", tags=["cards"], route_class=CardRoute)

_ID = "2b6d1f0e-8a37-4c55-9d21-6f3c1a560001"
PaymentId = Annotated[UUID, Path(description="The id of a card payment.", examples=[_ID])]
GATE: Sequence[type[AppError]] = (CardsCountry, CardsNotConfigured, CardsSwitchedOff, PermissionDenied)
_FOUND = (CardPaymentNotFound, PermissionDenied)
_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": CardPaymentAnswer, "description": "It was reserved before; this is how it stands."}
}


@router.post(
    "",
    operation_id="cards_reserve",
    summary="Reserve a card payment",
    status_code=201,
    responses=_BEFORE
    | refusals_of(
        *GUARDED,
        *GATE,
        NothingToPay,
        CardPaymentDiffers,
        AmountAboveBalance,
        InvoiceNotPayable,
        CurrencyDiffers,
        RecordRefused,
        *BODY,
    ),
)
async def reserve(
    body: Sent[CardPaymentRequest], counter: CounterOf, response: Response
) -> CardPaymentAnswer:
    """Hold an invoice's balance, or begin a deposit, before a card is seen; sent again it is the same.

    The payment is `processing` from now on, on every device. A card that is not saved is then typed in or
    read at `hosted_field`, which gives the temporary token to charge. What nobody charges is let go after
    half an hour.
    """
    wanted = Wanted(
        intent_id=body.id,
        invoice_id=body.invoice_id,
        client_id=body.client_id,
        minor=body.amount,
        currency=body.currency,
        saved_card_id=body.saved_card_id,
        payment_method_id=body.payment_method_id,
        rest_as_deposit=body.rest_as_deposit,
        save_card=body.save_card,
    )
    async with counter.writing() as work:
        known = await store.intent(work.session, wanted.intent_id)
        intent = await reserving.reserve(work, counter.till, wanted)
    response.status_code = 200 if known else 201
    return await _shown(counter, intent.intent_id)


@router.get(
    "",
    operation_id="cards_list",
    summary="List card payments",
    responses=refusals_of(*GUARDED, PermissionDenied),
)
async def list_payments(
    work: Reading,
    state: Annotated[
        IntentState | None,
        Query(description="Those in one state, such as `unresolved`; none for all.", examples=["unresolved"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="The most payments.", examples=[50])] = 50,
) -> CardPaymentPage:
    """List card payments, the latest first: those that are `unresolved` wait for somebody to look."""
    require(work.who, gate.PAYMENTS, Level.VIEW_ONLY)
    found = await store.intents(work.session, state, limit)
    ids = [each.intent_id for each in found]
    shown = await some_seen(work, gate.PAYMENTS, ids)
    attempts, refunded = (
        await store.latest_attempts(work.session, ids),
        await store.refunds_of(work.session, ids),
    )
    return CardPaymentPage(
        payments=[
            answers.told(each, attempts.get(each.intent_id), refunded.get(each.intent_id, 0))
            for each in found
            if each.intent_id in shown
        ]
    )


@router.get(
    "/{payment_id}",
    operation_id="cards_read",
    summary="Read a card payment",
    responses=refusals_of(*GUARDED, *_FOUND),
)
async def read(payment_id: PaymentId, counter: CounterOf) -> CardPaymentAnswer:
    """Tell how a card payment or a refund stands: what a phone asks that was closed, or lost an answer.

    The id of the deposit that holds the rest of one tells it too; all else is done under the payment's own.
    """
    return await _shown(counter, payment_id)


@router.post(
    "/{payment_id}/charge",
    operation_id="cards_charge",
    summary="Charge a card",
    responses=refusals_of(
        *GUARDED,
        *GATE,
        CardPaymentNotFound,
        CardPaymentStands,
        AmountAboveBalance,
        TokenRequired,
        *BODY,
    ),
)
async def charge(payment_id: PaymentId, body: Sent[ChargeRequest], counter: CounterOf) -> CardPaymentAnswer:
    """Charge what was reserved, once, however often this is sent; it takes seconds, and two minutes at most.

    Whoever sends it again while it is under way is told `charging`, and asks how it stands a little later. An
    answer of the processor that is lost is found out by this server: never by another charge.
    """
    counter.count()
    token = Token(body.token) if body.token else None
    await charging.charge(counter.till, counter.writing, payment_id, token, body.expiry)
    return await _plain(counter, payment_id)


@router.post(
    "/{payment_id}/cancel",
    operation_id="cards_cancel",
    summary="Cancel a card payment",
    responses=refusals_of(*GUARDED, *_FOUND, CardPaymentStands),
)
async def cancel(payment_id: PaymentId, work: Writing) -> CardPaymentAnswer:
    """Let go of what was reserved and not charged."""
    await reserving.cancel(work, payment_id)
    return await _told(work.session, payment_id)


@router.post(
    "/{payment_id}/void",
    operation_id="cards_void",
    summary="Void a card payment",
    responses=refusals_of(*GUARDED, *_FOUND, CardsNotConfigured, CardPaymentStands, AlreadySettled),
)
async def void(payment_id: PaymentId, counter: CounterOf) -> CardPaymentAnswer:
    """Take an approved payment back before the processor has settled it, as a rule on the same day.

    What is settled is refunded from a credit memo.
    """
    counter.count()
    await charging.void(counter.till, counter.writing, payment_id)
    return await _plain(counter, payment_id)


@router.post(
    "/{payment_id}/refund",
    operation_id="cards_refund",
    summary="Refund a card payment",
    responses=refusals_of(
        *GUARDED,
        *_FOUND,
        CardsNotConfigured,
        NothingToPay,
        CardPaymentDiffers,
        CardPaymentStands,
        AboveRefundable,
        CreditMemoRequired,
        CurrencyDiffers,
        RecordRefused,
        RefundAtDesk,
        *BODY,
    ),
)
async def refund(payment_id: PaymentId, body: Sent[RefundRequest], counter: CounterOf) -> CardPaymentAnswer:
    """Give money back to the card it came from, once, however often this is sent; answered with the refund.

    It is given back from a credit memo: at most what that comes to, and what this card has paid of its sale
    and was not given back. The refund is a payment of its own, `processing` until the processor has answered,
    and is read and resolved like any card payment. What is not settled yet is given back whole or not at all.
    """
    counter.count()
    wanted = Returned(body.id, payment_id, body.credit_memo_id, body.amount, body.currency)
    await refunding.refund(counter.till, counter.writing, wanted)
    return await _plain(counter, body.id)


@router.post(
    "/{payment_id}/resolve",
    operation_id="cards_resolve",
    summary="Resolve a card payment",
    responses=refusals_of(*GUARDED, *_FOUND, CardPaymentStands, *BODY),
)
async def resolve(
    payment_id: PaymentId, body: Sent[ResolutionRequest], work: Writing, till: TillOf
) -> CardPaymentAnswer:
    """Say of an `unresolved` payment what the processor's own books tell, if one may set up processing."""
    is_charged = body.outcome is CardResolution.CHARGED
    await resolving.resolve(work, till, payment_id, is_charged=is_charged)
    return await _told(work.session, payment_id)


async def _shown(counter: Counter, payment_id: UUID) -> CardPaymentAnswer:
    """Return how a payment stands, with the hosted field as long as a card is to be typed in."""
    async with counter.reading() as work:
        intent = await reserving.find_by_part(work, payment_id, Level.VIEW_ONLY)
        attempt = await store.latest_attempt(work.session, intent.intent_id)
        refunded = (await store.refunds_of(work.session, [intent.intent_id])).get(intent.intent_id, 0)
        zone = work.who.time_zone
        is_typed = intent.saved_card_id is None and intent.gives_back is None
        if intent.state != IntentState.RESERVED or not is_typed:
            return answers.told(intent, attempt, refunded)
        try:
            gateway = await charging.gateway(work.session, counter.till)
        except CardsNotConfigured as missing:
            return answers.told(intent, attempt, refunded, missing)
    try:
        hosted = await answers.hosted_field(gateway, Amount(intent.minor, intent.currency), zone)
    except (ProcessorUnavailable, ProcessorRefusedCredentials) as missing:
        # What was reserved is reserved: how it stands does not depend on the processor.
        return answers.told(intent, attempt, refunded, missing)
    return answers.told(intent, attempt, refunded, hosted)


async def _plain(counter: Counter, payment_id: UUID) -> CardPaymentAnswer:
    """Return how a payment stands after something was done about it."""
    async with counter.reading() as work:
        return await _told(work.session, payment_id)


async def _told(session: Session, payment_id: UUID) -> CardPaymentAnswer:
    intent = await store.intent(session, payment_id)
    if intent is None:
        raise CardPaymentNotFound
    refunded = (await store.refunds_of(session, [payment_id])).get(payment_id, 0)
    return answers.told(intent, await store.latest_attempt(session, payment_id), refunded)
