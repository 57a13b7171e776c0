"""Paying by card: reserved, charged once whatever is repeated, and heard of on every device."""

import asyncio
import logging
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.cards import guards
from app.http.limits import Limit
from tests.cards.paying import HARBOR, LOST, POOR, Shop, amount, credentials


async def test_a_phone_pays_an_invoice_and_every_device_hears_of_it(shop: Shop) -> None:
    minor = amount()
    invoice = await shop.invoice(minor)
    copy = await shop.phone.copy("payments", "invoices", "clients")
    reserved = await shop.reserved(minor, shop.phone.headers, invoice_id=str(invoice))
    await copy.pull()
    assert copy.records[reserved["id"]]["state"] == "processing"
    token = await shop.token(reserved)
    paid = (await shop.charge(reserved["id"], token, shop.phone.headers)).json()
    assert (paid["state"], paid["is_final"], paid["is_simulated"]) == ("approved", True, True)
    await copy.pull()
    heard = copy.records[reserved["id"]]
    assert (heard["state"], heard["amount"], heard["invoice_id"]) == ("approved", minor, str(invoice))
    assert (heard["card_brand"], heard["card_last_four"], heard["card_expiry"]) == ("visa", "1111", "08/31")
    assert heard["authorization_code"] == paid["authorization_code"] is not None
    bill = copy.records[str(invoice)]
    assert (bill["paid"], bill["balance_due"]) == (minor, 0)
    assert await shop.booked(reserved["id"]) == minor


async def test_taps_that_are_repeated_charge_once(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    answers = await asyncio.gather(*(shop.charge(reserved["id"], token) for _ in range(5)))
    assert {each.json()["state"] for each in answers} <= {"charging", "approved"}
    assert (await shop.charge(reserved["id"], token)).json()["state"] == "approved"
    assert len(await shop.sales(reserved["id"])) == 1


async def test_a_reservation_that_is_repeated_is_the_same_and_another_is_refused(shop: Shop) -> None:
    payment_id, minor = str(uuid4()), amount()
    first = await shop.reserved(minor, id=payment_id)
    again = await shop.reserve(minor, id=payment_id)
    assert (again.status_code, again.json()) == (200, first)
    other = await shop.reserve(minor + 1, id=payment_id)
    assert (other.status_code, other.json()["code"]) == (409, "card_payment_differs")


async def test_a_balance_is_not_paid_twice_and_the_rest_may_be_a_deposit(shop: Shop) -> None:
    minor = amount()
    invoice = str(await shop.invoice(minor))
    await shop.reserved(minor - 100, invoice_id=invoice)
    refused = (await shop.reserve(minor, invoice_id=invoice)).json()
    assert (refused["code"], refused["balance_due"]) == ("amount_above_balance", 100)
    paid = await shop.pay(minor, invoice_id=invoice, rest_as_deposit=True)
    assert (paid["state"], paid["applied"]) == ("approved", 100)
    one, rest = [await shop.record("payments", paid[name]) for name in ("id", "deposit_id")]
    assert (one["amount"], one["invoice_id"], one["state"]) == (100, invoice, "approved")
    assert (rest["amount"], rest["invoice_id"], rest["state"]) == (minor - 100, None, "approved")
    assert await shop.booked(paid["id"]) == minor
    by_rest = await shop.state(paid["deposit_id"])
    assert (by_rest["id"], by_rest["deposit_id"]) == (paid["id"], paid["deposit_id"])


async def test_no_more_is_charged_than_is_owed_by_then(shop: Shop) -> None:
    minor = amount()
    invoice = await shop.invoice(minor)
    reserved = await shop.reserved(minor, invoice_id=str(invoice))
    token = await shop.token(reserved)
    [line] = (await shop.record("invoices", invoice))["lines"]
    lower = {**line, "unit_price": 200, "extended_price": 200}
    await shop.put("invoices", invoice, lines=[lower], subtotal=200, total=200, balance_due=200)
    refused = await shop.charge(reserved["id"], token)
    assert (refused.status_code, refused.json()["code"]) == (409, "amount_above_balance")
    assert refused.json()["balance_due"] == 200
    assert await shop.sales(reserved["id"]) == []


async def test_what_is_reserved_stands_though_the_processor_gives_no_field(shop: Shop) -> None:
    await shop.behave("html_error", "GenerateKey", times=2)
    assert not (await shop.told("PUT", "card-merchant", credentials(HARBOR)))["is_accepted"], "nobody knows"
    payment_id = str(uuid4())
    told = await shop.reserved(amount(), id=payment_id)
    assert (told["state"], told["code"], told["hosted_field"]) == ("reserved", "processor_unavailable", None)
    again = await shop.state(payment_id)
    assert again["code"] is None
    paid = await shop.charge(payment_id, await shop.token(again))
    assert paid.json()["state"] == "approved"


async def test_what_the_company_requires_is_asked_before_a_card_is_charged_and_not_after(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    rule = {"id": str(uuid4()), "collection": "payments", "level": "required"}
    await shop.put("companies", shop.account_id, validation_rules=[{**rule, "record_field": "check_number"}])
    refused = (await shop.reserve(amount())).json()
    assert (refused["code"], refused["reason"]) == ("card_payment_refused", "field_required")
    assert "check_number" in refused["reasons"]
    paid = await shop.charge(reserved["id"], await shop.token(reserved))
    await shop.put("companies", shop.account_id, validation_rules=[])
    assert paid.json()["state"] == "approved"


async def test_what_cannot_be_paid_is_refused_with_the_reason(shop: Shop) -> None:
    estimate = str(await shop.invoice(5000, invoice_type="estimate", balance_due=0))
    refusals = [
        await shop.reserve(0),
        await shop.reserve(-5),
        await shop.reserve(100, currency="EUR"),
        await shop.reserve(100, invoice_id=estimate),
        await shop.reserve(100, invoice_id=str(uuid4())),
        await shop.reserve(100, client_id=str(uuid4())),
        await shop.reserve(100, saved_card_id=str(uuid4())),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refusals] == [
        (422, "invalid_request"),
        (422, "invalid_request"),
        (409, "currency_differs"),
        (409, "invoice_not_payable"),
        (404, "card_target_not_found"),
        (404, "card_target_not_found"),
        (404, "card_target_not_found"),
    ]


async def test_a_card_that_is_declined_charges_nothing_and_says_whether_to_try_it_again(shop: Shop) -> None:
    poor, lost = await shop.pay(amount(), POOR), await shop.pay(amount(), LOST)
    assert [(each["state"], each["may_try_again"]) for each in (poor, lost)] == [
        ("declined", True),
        ("declined", False),
    ]
    assert (await shop.record("payments", poor["id"]))["state"] == "declined"
    assert await shop.booked(poor["id"]) == 0


async def test_a_partial_approval_pays_nothing_and_is_voided_at_once(shop: Shop) -> None:
    partial = await shop.pay(9_000_01)
    assert (partial["state"], partial["code"]) == ("declined", "partial")
    assert await shop.booked(partial["id"]) == 0


async def test_a_payment_is_voided_before_it_is_settled_and_not_after(shop: Shop) -> None:
    voided, settled = await shop.pay(amount()), await shop.pay(amount())
    path = f"card-payments/{voided['id']}/void"
    first, again = await shop.told("POST", path), await shop.told("POST", path)
    assert (first["state"], again["state"]) == ("voided", "voided")
    assert (await shop.record("payments", voided["id"]))["state"] == "voided"
    assert await shop.booked(voided["id"]) == 0
    await (await shop.gateway()).close_batch()
    refused = await shop.ask("POST", f"card-payments/{settled['id']}/void")
    assert (refused.status_code, refused.json()["code"]) == (409, "card_payment_settled")
    assert (await shop.record("payments", settled["id"]))["state"] == "approved"
    assert await shop.booked(settled["id"]) == settled["amount"]


async def test_what_is_reserved_may_be_cancelled_and_what_is_charged_not(shop: Shop) -> None:
    reserved, paid = await shop.reserved(amount()), await shop.pay(amount())
    ended = await shop.told("POST", f"card-payments/{reserved['id']}/cancel")
    assert (ended["state"], ended["code"]) == ("cancelled", "cancelled")
    refused = await shop.ask("POST", f"card-payments/{paid['id']}/cancel")
    assert (refused.status_code, refused.json()["state"]) == (409, "approved")
    late = (await shop.charge(reserved["id"], "AToken12")).json()
    assert late["state"] == "cancelled"
    assert await shop.sales(reserved["id"]) == []


async def test_the_database_lets_nothing_be_paid_that_was_not_booked(shop: Shop) -> None:
    reserved, paid = await shop.reserved(amount()), await shop.pay(amount())
    one, other = UUID(reserved["id"]), UUID(paid["id"])
    set_state = "UPDATE card_intents SET state = 'approved'"
    with pytest.raises(asyncpg.CheckViolationError):
        await shop.studio.execute(f"{set_state} WHERE account_id = $1 AND intent_id = $2", one)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await shop.studio.execute(
            f"{set_state}, paid_by = a.external_ref FROM card_attempts a WHERE card_intents.account_id = $1"
            " AND card_intents.intent_id = $2 AND a.account_id = $1 AND a.intent_id = $3",
            one,
            other,
        )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await shop.studio.execute(
            "UPDATE card_attempts SET is_booked = false WHERE account_id = $1 AND intent_id = $2", other
        )


async def test_no_log_has_what_stands_for_a_card(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    caplog.clear()
    await shop.charge(reserved["id"], token)
    await shop.behave("garbage", "Sale")
    await shop.charge((await shop.reserved(amount()))["id"], token)
    assert caplog.records
    assert token not in caplog.text
    assert reserved["hosted_field"]["manifest"] not in caplog.text


async def test_who_tries_many_cards_is_slowed_down(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "CHARGES", Limit("a few card charges", 2, seconds=3_600))
    told = [(await shop.charge(str(uuid4()), "AToken12")).json()["code"] for _ in range(3)]
    assert told == ["card_payment_not_found", "card_payment_not_found", "rate_limited"]


async def test_amounts_that_cannot_be_charged_are_told_with_what_they_must_be(shop: Shop) -> None:
    told = [(await shop.reserve(each)).json()["fields"] for each in (0, -5, 10**13)]
    least = {"path": "body.amount", "code": "greater_than_equal", "reason": "This must be at least 1."}
    most = {"path": "body.amount", "code": "less_than_equal", "reason": "This must be at most 999999999."}
    assert told == [[least], [least], [most]]
