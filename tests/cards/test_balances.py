"""What a card payment does to balances, and that no number of a card is ever taken for what stands for it."""

from collections.abc import AsyncIterator

import pytest

from app.core import clock
from tests.cards.paying import VISA, Shop, amount, now


@pytest.fixture(autouse=True)
async def _held(shop: Shop) -> AsyncIterator[None]:
    """Hold the clock, which a test moves."""
    clock.hold(now())
    await shop.sign_in()
    yield
    clock.hold(None)


async def test_an_invoice_is_paid_when_the_card_is_charged_and_owed_again_when_it_is_voided(
    shop: Shop,
) -> None:
    minor = amount()
    invoice = await shop.invoice(minor)
    reserved = await shop.reserved(minor, invoice_id=str(invoice))
    waiting = await shop.record("invoices", invoice)
    assert (waiting["balance_due"], waiting["paid"]) == (minor, 0)
    await shop.charge(reserved["id"], await shop.token(reserved))
    paid = await shop.record("invoices", invoice)
    assert (paid["balance_due"], paid["paid"]) == (0, minor)
    assert "JD" in paid["status_notes"]
    await shop.told("POST", f"card-payments/{reserved['id']}/void")
    owed = await shop.record("invoices", invoice)
    assert (owed["balance_due"], owed["paid"]) == (minor, 0)


async def test_what_is_found_out_later_settles_the_balance_in_the_name_of_who_charged(shop: Shop) -> None:
    minor = amount()
    invoice = await shop.invoice(minor)
    reserved = await shop.reserved(minor, invoice_id=str(invoice))
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    assert (await shop.record("invoices", invoice))["balance_due"] == minor
    await shop.later(minutes=1)
    paid = await shop.record("invoices", invoice)
    assert paid["balance_due"] == 0
    assert "JD" in paid["status_notes"]


async def test_a_deposit_taken_by_card_stands_with_the_client(shop: Shop) -> None:
    before = (await shop.record("clients", shop.client_id))["unapplied_deposits"]
    paid = await shop.pay(amount())
    after = (await shop.record("clients", shop.client_id))["unapplied_deposits"]
    assert after - before == paid["amount"]


async def test_the_number_of_a_card_is_refused_and_never_repeated(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    for number in (VISA.replace(" ", ""), "5555555555554444"):
        refused = await shop.charge(reserved["id"], number)
        assert (refused.status_code, refused.json()["code"]) == (422, "card_number_refused")
        assert number not in refused.text
    assert (await shop.state(reserved["id"]))["state"] == "reserved"
    assert await shop.sales(reserved["id"]) == []
