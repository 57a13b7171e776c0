"""What was charged by one merchant is asked of that one alone, whoever stands there by now."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.cards import store
from app.cards.reconciling import compare
from app.core import clock
from tests.cards.paying import HARBOR, NORTH, Shop, amount, credentials, now


@pytest.fixture(autouse=True)
async def _held(shop: Shop) -> AsyncIterator[None]:
    """Hold the clock, which the tests move, and have the merchant of before stand there behind each."""
    clock.hold(now())
    await shop.sign_in()
    yield
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    clock.hold(None)


async def test_a_charge_in_doubt_keeps_its_merchant_and_is_asked_of_no_other(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    for verb, body in (("PUT", credentials(NORTH)), ("DELETE", None)):
        refused = await shop.ask(verb, "card-merchant", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "card_merchant_in_use")
        assert refused.json()["count"] == 1
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    await shop.stands(NORTH)
    for minutes in (1, 1, 3):
        await shop.later(minutes=minutes)
    assert (await shop.state(reserved["id"]))["state"] == "charging"
    await shop.stands(HARBOR)
    await shop.later(minutes=10)
    assert (await shop.state(reserved["id"]))["state"] == "approved"
    assert await shop.booked(reserved["id"]) == reserved["amount"]


async def test_what_another_merchant_has_charged_is_neither_voided_nor_missed(shop: Shop) -> None:
    paid = await shop.pay(amount(), save_card=True)
    await shop.told("PUT", "card-merchant", credentials(NORTH))
    refused = await shop.ask("POST", f"card-payments/{paid['id']}/void")
    assert (refused.status_code, refused.json()["state"]) == (409, "other_merchant")
    unknown = await shop.reserve(amount(), saved_card_id=paid["saved_card_id"])
    assert (unknown.status_code, unknown.json()["target"]) == (404, "saved_card_id")
    in_three_days = clock.now().date() + timedelta(days=3)
    assert await compare(shop.till, shop.account_id, in_three_days) == []
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    again = await shop.reserved(amount(), saved_card_id=paid["saved_card_id"])
    assert (await shop.charge(again["id"], None)).json()["state"] == "approved"
    [missed] = [
        each
        for each in await compare(shop.till, shop.account_id, in_three_days)
        if await _reference(shop, paid["id"]) in each
    ]
    assert "not settled" in missed


async def test_the_key_of_a_merchant_who_has_left_is_not_kept_for_the_next(shop: Shop) -> None:
    async with shop.till.database.reading(shop.account_id) as session:
        before = await store.merchant(session)
    assert before is not None
    await shop.told("PUT", "card-merchant", credentials(NORTH))
    async with shop.till.database.beside(shop.account_id) as session:
        await store.keep_key(session, b"of harbor", clock.now(), before.changed_at)
    async with shop.till.database.reading(shop.account_id) as session:
        after = await store.merchant(session)
    assert after is not None
    assert after.transaction_key not in {None, b"of harbor"}, "it has its own"


async def test_credentials_the_processor_refuses_are_told_and_change_nothing(shop: Shop) -> None:
    before = await shop.told("GET", "card-merchant")
    assert before["is_accepted"]
    refused = await shop.ask("PUT", "card-merchant", credentials(HARBOR, password="nope"))
    assert (refused.status_code, refused.json()["code"]) == (409, "processor_refused_credentials")
    assert "E0003" in refused.json()["reason"]
    assert await shop.told("GET", "card-merchant") == before
    kept = await shop.told("PUT", "card-merchant", credentials(HARBOR, password="nope", is_active=False))
    assert not kept["is_accepted"], "what charges nothing is not tried"


async def test_credentials_that_are_no_longer_good_are_named_and_logged_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.stands(HARBOR)
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    await shop.stands(replace(HARBOR, password="nope"))
    told = (await shop.charge(reserved["id"], token)).json()
    assert (told["state"], told["code"]) == ("reserved", "processor_refused_credentials")
    assert (await shop.reserved(amount()))["code"] == "processor_refused_credentials"
    field = await shop.ask("POST", "saved-card-fields", {"client_id": str(shop.client_id)})
    assert (field.status_code, field.json()["code"]) == (409, "processor_refused_credentials")
    logged = [each.getMessage() for each in caplog.records if each.name == "studio.cards"]
    assert [each for each in logged if "refuses the credentials" in each and "E0003" in each] == logged
    assert len(logged) == 1
    await shop.stands(HARBOR)
    assert (await shop.charge(reserved["id"], token)).json()["state"] == "approved"
    assert await shop.booked(reserved["id"]) == reserved["amount"]


async def _reference(shop: Shop, payment_id: str) -> str:
    sql = "SELECT external_ref FROM card_attempts WHERE account_id = $1 AND intent_id = $2"
    [[found]] = await shop.studio.execute(sql, UUID(payment_id))
    return str(found)
