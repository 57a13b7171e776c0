"""How card payments are told."""

from app.cards import payments
from app.cards.errors import ProcessorRefusedCredentials, ProcessorUnavailable
from app.cards.gateway import Amount, Gateway, HostedField, Unavailable
from app.cards.models import CardAttempt, CardIntent, CardMerchant
from app.cards.processors import Environment
from app.cards.schemas import CardPaymentAnswer, HostedFieldAnswer, MerchantAnswer, ShownCard
from app.cards.sending import opened
from app.cards.settling import is_ended
from app.cards.states import IntentState
from app.core import clock
from app.core.errors import AppError
from app.studio.saved_cards import CardBrand


def told(
    intent: CardIntent,
    attempt: CardAttempt | None,
    refunded: int,
    hosted: HostedField | AppError | None = None,
) -> CardPaymentAnswer:
    """Return how a card payment stands; of a hosted field there is not just now, `code` tells why."""
    is_reserved = intent.state == IntentState.RESERVED
    is_over = intent.state in {IntentState.DECLINED, IntentState.FAILED, IntentState.CANCELLED}
    shown = (
        ShownCard(brand=CardBrand(intent.brand), last_four=intent.last_four, expiry=intent.expiry)
        if intent.brand
        else None
    )
    return CardPaymentAnswer(
        id=intent.intent_id,
        state=IntentState(intent.state),
        is_final=is_ended(intent),
        amount=intent.minor,
        currency=intent.currency,
        invoice_id=intent.invoice_id,
        client_id=intent.client_id,
        applied=intent.applied,
        deposit_id=payments.rest_id(intent),
        refund_of=intent.gives_back,
        refunded=refunded,
        card=shown,
        saved_card_id=intent.saved_card_id,
        authorization_code=attempt.authorization_code if attempt else None,
        code=hosted.code if isinstance(hosted, AppError) else intent.code,
        may_try_again=is_over and not (attempt and attempt.is_hard),
        is_simulated=intent.is_simulated,
        expires_at=intent.expires_at if is_reserved else None,
        hosted_field=field_of(hosted) if isinstance(hosted, HostedField) else None,
    )


def field_of(hosted: HostedField) -> HostedFieldAnswer:
    """Return where a card is typed in."""
    return HostedFieldAnswer(address=hosted.address, device_id=hosted.device_id, manifest=hosted.manifest)


def merchant(found: CardMerchant) -> MerchantAnswer:
    """Return that credentials are kept, and nothing of them."""
    return MerchantAnswer(
        environment=Environment(found.environment),
        is_active=found.is_active,
        # A key is given for nothing but them, and goes with them.
        is_accepted=found.key_made_at is not None,
        changed_at=found.changed_at,
    )


async def hosted_field(gateway: Gateway, amount: Amount, time_zone: str) -> HostedField:
    """Ask for the hosted field of one checkout, or refuse because the processor gives none."""
    found = await opened(gateway, amount, clock.today(time_zone))
    if isinstance(found, Unavailable):
        raise ProcessorRefusedCredentials if found.refuses_merchant else ProcessorUnavailable
    return found
