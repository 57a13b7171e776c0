"""`/v1/card-merchant` and `/v1/saved-cards`: by whom cards are charged, and which are kept."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.cards import answers, charging, gate, merchants, saving, store
from app.cards.errors import (
    EnvironmentRefused,
    MerchantInUse,
    MerchantNotFound,
    NothingToPay,
    ProcessorRefusedCredentials,
    ProcessorUnavailable,
    TokenDeclined,
)
from app.cards.gateway import Amount, Declined, Gateway, NotSent, Stored, Token
from app.cards.guards import Counter, CounterOf
from app.cards.merchants import MERCHANTS, NewMerchant
from app.cards.router import GATE, CardRoute
from app.cards.schemas import (
    HostedFieldAnswer,
    MerchantAnswer,
    MerchantRequest,
    SavedCardAnswer,
    SavedCardFieldRequest,
    SavedCardRequest,
)
from app.cards.transit.adapter import Credentials
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.sync.visible import seen

router = APIRouter(prefix="/v1", tags=["cards"], route_class=CardRoute)

_CLIENT = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_CARD = "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001"


@router.get(
    "/card-merchant",
    operation_id="cards_read_merchant",
    summary="Read by whom cards are charged",
    responses=refusals_of(*GUARDED, PermissionDenied, MerchantNotFound),
)
async def read_merchant(
    work: Annotated[Work[Session], reading_of(MERCHANTS, Level.VIEW_ONLY)],
) -> MerchantAnswer:
    """Tell whether credentials are kept and where cards are charged; the credentials are never told."""
    return answers.merchant(await merchants.read(work.session))


@router.put(
    "/card-merchant",
    operation_id="cards_set_merchant",
    summary="Set by whom cards are charged",
    responses=refusals_of(
        *GUARDED, PermissionDenied, EnvironmentRefused, MerchantInUse, ProcessorRefusedCredentials, *BODY
    ),
)
async def set_merchant(body: Sent[MerchantRequest], counter: CounterOf) -> MerchantAnswer:
    """Set the credentials at the processor, all of them anew; the next charge is made with them.

    They are tried there first, where they are active and the company's cards would be charged by them: what
    the processor does not take is refused, and nothing changed. `is_accepted` tells that it took them; where
    it is false it did not answer, or was not asked.

    Another merchant, device or environment is refused while the processor is still to be asked what became of
    a payment: only the one it was sent to knows. What was charged at the one of before is not voided or
    refunded here any more, and cards saved there are not charged.
    """
    counter.count()
    credentials = Credentials(
        merchant_id=body.merchant_id,
        user_id=body.user_id,
        password=body.password,
        device_id=body.device_id,
        developer_id=body.developer_id,
    )
    new = NewMerchant(body.environment, body.is_active, credentials)
    return answers.merchant(await merchants.set_up(counter.till, counter.writing, new))


@router.delete(
    "/card-merchant",
    operation_id="cards_remove_merchant",
    summary="Forget by whom cards are charged",
    status_code=204,
    responses=refusals_of(*GUARDED, PermissionDenied, MerchantNotFound, MerchantInUse),
)
async def remove_merchant(
    work: Annotated[Work[WriteSession], writing_of(MERCHANTS, Level.ADD_MODIFY_DELETE)],
) -> None:
    """Forget the credentials; refused while the processor is still to be asked what became of a payment."""
    await merchants.remove(work.session, work.who)


@router.post(
    "/saved-card-fields",
    operation_id="cards_open_field",
    summary="Open the hosted field to save a card",
    responses=refusals_of(
        *GUARDED, *GATE, NothingToPay, ProcessorRefusedCredentials, ProcessorUnavailable, *BODY
    ),
)
async def open_field(body: Sent[SavedCardFieldRequest], counter: CounterOf) -> HostedFieldAnswer:
    """Tell where a client's card is typed in to be saved, without charging it."""
    gateway, currency, zone = await _for(counter, body.client_id)
    return answers.field_of(await answers.hosted_field(gateway, Amount(0, currency), zone))


@router.post(
    "/saved-cards",
    operation_id="cards_save",
    summary="Save a card",
    status_code=201,
    responses=refusals_of(
        *GUARDED,
        *GATE,
        NothingToPay,
        TokenDeclined,
        ProcessorRefusedCredentials,
        ProcessorUnavailable,
        *BODY,
    ),
)
async def save(body: Sent[SavedCardRequest], counter: CounterOf) -> SavedCardAnswer:
    """Have the processor verify a card, and keep it for a client; the same again is the same card."""
    counter.count()
    gateway, *_ = await _for(counter, body.client_id)
    outcome = await gateway.verify_and_store(Token(body.token))
    if isinstance(outcome, Declined):
        raise TokenDeclined(processor_code=outcome.code)
    if isinstance(outcome, NotSent) and outcome.refuses_merchant:
        raise ProcessorRefusedCredentials
    if not isinstance(outcome, Stored):
        raise ProcessorUnavailable
    async with counter.writing() as work:
        card_id = await saving.add(
            work.session,
            work.who,
            counter.till,
            body.client_id,
            card=outcome.card,
            token=outcome.token,
            merchant_print=gateway.merchant_print,
        )
    if card_id is None:
        raise NothingToPay(target="client_id")
    return SavedCardAnswer(id=card_id, client_id=body.client_id)


@router.delete(
    "/saved-cards/{card_id}",
    operation_id="cards_forget",
    summary="Forget a saved card",
    status_code=204,
    responses=refusals_of(*GUARDED, PermissionDenied, NothingToPay),
)
async def forget(
    card_id: Annotated[UUID, Path(description="One of the client's `saved_cards`.", examples=[_CARD])],
    work: Annotated[Work[WriteSession], writing_of(gate.PAYMENTS, Level.ADD_MODIFY)],
    client_id: Annotated[
        UUID | None, Query(description="Whose card it must be; none for whoever's it is.", examples=[_CLIENT])
    ] = None,
) -> None:
    """Forget a card of a client, and what charges it."""
    whose = client_id or await store.client_of(work.session, card_id)
    is_seen = whose and await seen(work, "clients", whose)
    if not whose or not is_seen or not await saving.remove(work.session, work.who, whose, card_id):
        raise NothingToPay(target="saved_card_id")


async def _for(counter: Counter, client_id: UUID) -> tuple[Gateway, str, str]:
    """Return the way to the processor, the currency and the zone, for a client whoever asks may see."""
    async with counter.writing() as work:
        _, settings = await gate.admitted(work.session, work.who, counter.till)
        if not await seen(work, "clients", client_id):
            raise NothingToPay(target="client_id")
        gateway = await charging.gateway(work.session, counter.till)
        return gateway, str(settings["currency"]), work.who.time_zone
