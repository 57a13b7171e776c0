"""Saved cards: what charges them is sealed here, what may be shown stands in their client's record."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.cards import store
from app.cards.gateway import Card, Token
from app.cards.models import CardMerchant, CardToken
from app.cards.processors import TSYS
from app.cards.till import Till
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.vault import SealBroken
from app.sync import records, registry
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last
from app.sync.store import Write, write

log = logging.getLogger("studio.cards")
_ALIKE = ("brand", "last_four", "expiry_month", "expiry_year")


def purpose(card_id: UUID) -> str:
    """Return what a card's token is sealed for."""
    return f"card token {card_id}"


async def cards_of(session: Session, client_id: UUID) -> list[dict[str, Any]] | None:
    """Return the saved cards of a client as they are shown; none where there is no such client."""
    found = await records.find(session, "clients", client_id)
    return list(found["saved_cards"]) if found else None


async def add(
    session: WriteSession,
    who: Principal,
    till: Till,
    client_id: UUID,
    *,
    card: Card,
    token: Token,
    merchant_print: bytes | None,
) -> UUID | None:
    """Keep a card for a client, and return its id; one that is there already is charged by the newer token.

    The token is good at the merchant of the print alone. Of a client who was merged meanwhile it is the card
    of whoever stayed. None where the card is not known well enough to be shown, or the client is gone.
    """
    client_id = await _living(session, who, client_id)
    cards = await cards_of(session, client_id)
    if cards is None or None in (card.last_four, card.expiry_month, card.expiry_year):
        return None
    shown = {
        "brand": card.brand.value,
        "last_four": card.last_four,
        "expiry_month": card.expiry_month,
        "expiry_year": card.expiry_year,
    }
    alike = (each for each in cards if all(each[name] == shown[name] for name in _ALIKE))
    same = next((each for each in alike if not each["is_inactive"]), None)
    card_id = UUID(same["id"]) if same else new_id()
    sealed = till.vault.seal(session.account_id, purpose(card_id), token.secret)
    kept = await store.token(session, card_id) or CardToken(
        account_id=session.account_id, card_id=card_id, processor=TSYS.value, token=b"", made_at=clock.now()
    )
    kept.token, kept.merchant_print = sealed, merchant_print
    session.add(kept)
    await session.flush()
    if same is None:
        entry = {
            "id": str(card_id),
            "payment_method_id": None,
            **shown,
            "is_default": not any(each["is_default"] for each in cards),
            "is_inactive": False,
        }
        await write(session, who, [Write("clients", client_id, {"saved_cards": [*cards, entry]})])
    return card_id


async def remove(session: WriteSession, who: Principal, client_id: UUID, card_id: UUID) -> bool:
    """Forget a card of a client, and what charges it; say whether it was there."""
    cards = await cards_of(session, client_id) or []
    left = [each for each in cards if each["id"] != str(card_id)]
    if len(left) == len(cards):
        return False
    if kept := await store.token(session, card_id):
        await store.remove_token(session, kept)
    if left and not any(each["is_default"] for each in left):
        left[0] = {**left[0], "is_default": True}
    await write(session, who, [Write("clients", client_id, {"saved_cards": left})])
    return True


@at_last("clients")
async def forget(draft: Draft, written: Sequence[Written]) -> None:
    """Forget what charges cards no client has any more; those of a merged client are whoever stayed's."""
    had = {card["id"] for each in written for card in (each.before or {}).get("saved_cards", ())}
    have = {card["id"] for each in written for card in (each.after or {}).get("saved_cards", ())}
    if gone := had - have:
        await store.remove_tokens(draft.session, [UUID(each) for each in gone])


async def usable(session: Session, till: Till, merchant: CardMerchant, card_id: UUID) -> Token | None:
    """Return what charges a saved card; none where that is nothing, another merchant's, or does not open."""
    kept = await store.token(session, card_id)
    try:
        if kept is None or not till.is_of(merchant, kept.merchant_print, kept.made_at):
            return None
        return Token(till.vault.open(session.account_id, purpose(card_id), kept.token))
    except SealBroken:
        log.exception("a saved card of account %s does not open", session.account_id)
        return None


async def _living(session: WriteSession, who: Principal, client_id: UUID) -> UUID:
    """Return who has taken the place of a client who was merged, and of any other the client."""
    key = registry.number_of("clients"), client_id
    draft = await Draft.begin(session, who)
    await draft.load([key])
    await draft.load_survivors([key])
    return draft.survivor(key)[1]
