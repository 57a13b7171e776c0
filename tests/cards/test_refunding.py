"""Money goes back to the card it came from: once, from a credit memo, and no more than that card has paid."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.core import clock
from tests.cards.paying import Shop, amount, now


@pytest.fixture(autouse=True)
async def _held(shop: Shop) -> AsyncIterator[None]:
    """Hold the clock, which the tests move, and have the processor behave again behind each."""
    clock.hold(now())
    await shop.sign_in()
    yield
    clock.hold(None)
    await shop.controlled("forget")


async def _sold(shop: Shop, minor: int, *, is_settled: bool = True) -> tuple[str, str]:
    """Return a card payment on an invoice, and the credit memo that takes the invoice back."""
    invoice = str(await shop.invoice(minor))
    paid = await shop.pay(minor, invoice_id=invoice)
    if is_settled:
        await (await shop.gateway()).close_batch()
    return paid["id"], await shop.credited(invoice)


async def test_a_settled_payment_is_refunded_once_and_every_device_hears_of_it(shop: Shop) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor)
    refund_id = str(uuid4())
    answers = [await shop.refund(paid, memo, minor, id=refund_id) for _ in range(2)]
    told = answers[0].json()
    assert (told["state"], told["amount"], told["refund_of"]) == ("approved", minor, paid), told
    assert answers[1].json() == told
    assert await shop.booked(paid) == 0
    record = await shop.record("payments", refund_id)
    assert (record["payment_type"], record["state"], record["amount"]) == ("refund", "approved", -minor)
    assert (record["invoice_id"], record["card_last_four"]) == (memo, "1111")
    assert (await shop.record("invoices", memo))["balance_due"] == 0
    assert (await shop.state(paid))["refunded"] == minor
    other = await shop.refund(paid, memo, minor - 1, id=refund_id)
    assert (other.status_code, other.json()["code"]) == (409, "card_payment_differs")


async def test_no_more_is_refunded_than_the_card_has_paid_by_whatever_means_it_was_given_back(
    shop: Shop,
) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor)
    cash = {"payment_method_id": await shop.method("cash"), "payment_id": str(uuid4())}
    await shop.done(f"invoices/{memo}", "refund", amount=400, **cash)
    refused = (await shop.refund(paid, memo, minor)).json()
    assert (refused["code"], refused["refundable"]) == ("amount_above_refundable", minor - 400)
    assert (await shop.refund(paid, memo, 300)).json()["state"] == "approved"
    refused = (await shop.refund(paid, memo, minor - 400)).json()
    assert (refused["code"], refused["refundable"]) == ("amount_above_refundable", minor - 700)
    others, other_memo = await _sold(shop, amount())
    refused = (await shop.refund(paid, other_memo, 100)).json()
    assert (refused["code"], refused["refundable"]) == ("amount_above_refundable", 0)
    assert await shop.booked(paid) == minor - 300
    assert (await shop.state(others))["refunded"] == 0


async def test_a_refund_whose_answer_is_lost_holds_its_sale_until_it_is_found(shop: Shop) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor)
    await shop.behave("book_then_reset", "Return")
    lost = (await shop.refund(paid, memo, minor)).json()
    assert (lost["state"], lost["is_final"]) == ("charging", False)
    assert (await shop.record("payments", lost["id"]))["state"] == "processing"
    assert (await shop.refund(paid, memo, minor)).json()["refundable"] == 0
    cash = {"payment_method_id": await shop.method("cash"), "payment_id": str(uuid4())}
    refused = await shop.does(f"invoices/{memo}", "refund", amount=1, **cash)
    assert refused.status_code == 422, refused.text
    refused = await shop.does(f"payments/{paid}", "unapply")
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_state"), refused.text
    refused = await shop.ask("POST", f"card-payments/{paid}/void")
    assert refused.status_code == 409
    await shop.later(minutes=1)
    assert (await shop.state(lost["id"]))["state"] == "approved"
    assert await shop.booked(paid) == 0
    assert (await shop.record("invoices", memo))["balance_due"] == 0


async def test_a_refund_that_never_arrived_frees_what_it_held(shop: Shop) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor)
    await shop.behave("reset_before_booking", "Return")
    lost = (await shop.refund(paid, memo, minor)).json()
    for minutes in (1, 1, 3):
        await shop.later(minutes=minutes)
    assert (await shop.state(lost["id"]))["state"] == "failed"
    assert (await shop.refund(paid, memo, minor)).json()["state"] == "approved"
    assert await shop.booked(paid) == 0


async def test_a_deposit_is_refunded_in_part_from_a_memo_of_its_own(shop: Shop) -> None:
    minor, memo = amount(), str(uuid4())
    paid = await shop.pay(minor)
    early = (await shop.refund(paid["id"], str(uuid4()), 100)).json()
    assert (early["state"], early["code"]) == ("declined", "D0005"), "a part of what is not settled"
    [held] = [
        each
        for each in (await shop.told("GET", f"payments?client_id={shop.client_id}"))["records"]
        if each["amount"] == 100
    ]
    await shop.done(f"payments/{held['id']}", "unapply")
    await (await shop.gateway()).close_batch()
    before = (await shop.record("clients", shop.client_id))["unapplied_deposits"]
    told = (await shop.refund(paid["id"], memo, 300)).json()
    assert (told["state"], told["invoice_id"]) == ("approved", memo), told
    after = (await shop.record("clients", shop.client_id))["unapplied_deposits"]
    assert before - after == 300
    assert (await shop.record("invoices", memo))["balance_due"] == 0
    assert await shop.booked(paid["id"]) == minor - 300
    refused = (await shop.refund(paid["id"], str(uuid4()), minor - 300)).json()
    assert (refused["code"], refused["refundable"]) == ("amount_above_refundable", minor - 400)


async def test_a_refund_is_made_at_a_desk_from_a_credit_memo_and_not_merely_noted(shop: Shop) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor)
    invoice = (await shop.record("payments", paid))["invoice_id"]
    wanted = {"id": str(uuid4()), "credit_memo_id": memo, "amount": 1, "currency": "USD"}
    path = f"card-payments/{paid}/refund"
    phone = await shop.ask("POST", path, wanted, shop.phone.headers)
    sale = await shop.refund(paid, invoice, 1)
    missing = await shop.refund(paid, str(uuid4()), 1)
    euros = await shop.refund(paid, str(uuid4()), 1, currency="EUR")
    charged = await shop.ask("POST", f"card-payments/{uuid4()}/refund", wanted)
    told = [(each.status_code, each.json()["code"]) for each in (phone, sale, missing, euros, charged)]
    assert told == [
        (403, "refund_at_desk"),
        (409, "credit_memo_required"),
        (409, "credit_memo_required"),
        (409, "currency_differs"),
        (404, "card_payment_not_found"),
    ]
    card = {"payment_method_id": await shop.method("credit_card")}
    noted = await shop.does(f"invoices/{memo}", "refund", amount=1, payment_id=str(uuid4()), **card)
    assert (noted.status_code, noted.json()["code"]) == (422, "refund_at_processor")
    deposit = await shop.pay(amount())
    noted = await shop.does(
        f"payments/{deposit['id']}", "refund_deposit", credit_memo_id=str(uuid4()), **card
    )
    assert (noted.status_code, noted.json()["code"]) == (422, "refund_at_processor")


async def test_what_the_studios_own_terminal_was_paid_is_noted_as_refunded_and_no_more(shop: Shop) -> None:
    minor, visa = amount(), await shop.method("credit_card")
    invoice = str(await shop.invoice(minor + 2000))
    means = {"payment_method_id": visa}
    await shop.done(f"invoices/{invoice}", "pay", payment_id=str(uuid4()), amount=2000, **means)
    paid = (await shop.pay(minor, invoice_id=invoice))["id"]
    memo = await shop.credited(invoice)
    more = await shop.does(f"invoices/{memo}", "refund", amount=2001, payment_id=str(uuid4()), **means)
    assert (more.status_code, more.json()["code"]) == (422, "refund_at_processor")
    assert more.json()["reasons"]["paid_otherwise"] == "2000"
    await shop.done(f"invoices/{memo}", "refund", amount=1500, payment_id=str(uuid4()), **means)
    more = await shop.does(f"invoices/{memo}", "refund", amount=501, payment_id=str(uuid4()), **means)
    assert (more.status_code, more.json()["code"]) == (422, "refund_at_processor"), "it was noted before"
    await shop.done(f"invoices/{memo}", "refund", amount=500, payment_id=str(uuid4()), **means)
    assert (await shop.refund(paid, memo, minor)).json()["state"] == "approved"
    assert (await shop.record("invoices", memo))["balance_due"] == 0


async def test_what_was_given_back_in_cash_is_not_voided_on_the_card_too(shop: Shop) -> None:
    minor = amount()
    paid, memo = await _sold(shop, minor, is_settled=False)
    cash = {"payment_method_id": await shop.method("cash")}
    await shop.done(f"invoices/{memo}", "refund", amount=minor, payment_id=str(uuid4()), **cash)
    deposit = (await shop.pay(amount()))["id"]
    await shop.done(f"payments/{deposit}", "refund_deposit", credit_memo_id=str(uuid4()), **cash)
    for each in (paid, deposit):
        refused = await shop.ask("POST", f"card-payments/{each}/void")
        assert (refused.status_code, refused.json()["state"]) == (409, "given_back"), refused.text
        assert await shop.booked(each) > 0


async def test_what_is_being_voided_is_not_counted_as_paid_and_touched_by_nobody(shop: Shop) -> None:
    minor = amount()
    invoice = str(await shop.invoice(minor))
    paid = await shop.pay(minor)
    await shop.done(f"payments/{paid['id']}", "apply_deposit", invoice_id=invoice)
    await shop.behave("html_error", "Void", "TransactionInquiry", times=None)
    voiding = await shop.told("POST", f"card-payments/{paid['id']}/void")
    assert voiding["state"] == "voiding"
    assert (await shop.record("payments", paid["id"]))["state"] == "processing"
    assert (await shop.record("invoices", invoice))["paid"] == 0
    held = (await shop.reserve(100, invoice_id=invoice)).json()
    assert (held["code"], held["balance_due"]) == ("amount_above_balance", 0)
    assert (await shop.does(f"payments/{paid['id']}", "unapply")).status_code == 422
    await shop.later(minutes=31)
    assert (await shop.state(paid["id"]))["state"] == "unresolved"
    assert (await shop.reserve(100, invoice_id=invoice)).json()["balance_due"] == 0
    await shop.controlled("forget")
    await shop.later(minutes=61)
    assert (await shop.record("payments", paid["id"]))["state"] == "voided"
    assert (await shop.reserve(100, invoice_id=invoice)).status_code == 201
