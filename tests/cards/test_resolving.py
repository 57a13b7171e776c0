"""Payments whose end nobody has heard: found out, or told to a person, and never charged again."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.cards.gateway import Amount, Approved, Charge, Token
from app.cards.jobs import look_after_all
from app.cards.processors import Environment
from app.cards.reconciling import compare
from app.core import clock
from tests.accounts.studios import bearer
from tests.cards.paying import NORTH, VISA, Shop, amount, credentials, now


@pytest.fixture(autouse=True)
async def _held(shop: Shop) -> AsyncIterator[None]:
    """Hold the clock, which the tests move, and have the processor behave again behind each."""
    clock.hold(now())
    await shop.sign_in()
    yield
    clock.hold(None)
    await shop.controlled("forget")


async def test_a_charge_whose_answer_is_lost_is_adopted_after_a_minute(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    await shop.behave("book_then_reset", "Sale")
    lost = (await shop.charge(reserved["id"], token)).json()
    assert (lost["state"], lost["is_final"]) == ("charging", False)
    assert (await shop.charge(reserved["id"], token)).json()["state"] == "charging"
    await shop.later(minutes=1)
    found = await shop.state(reserved["id"])
    assert (found["state"], found["card"]["last_four"]) == ("approved", "1111")
    assert await shop.booked(reserved["id"]) == reserved["amount"]
    assert (await shop.record("payments", reserved["id"]))["state"] == "approved"


async def test_a_charge_that_never_arrived_is_not_charged_after_five_minutes(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.behave("reset_before_booking", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    states = []
    for minutes in (1, 1, 3):
        await shop.later(minutes=minutes)
        states.append((await shop.state(reserved["id"]))["state"])
    assert states == ["charging", "charging", "failed"]
    assert (await shop.record("payments", reserved["id"]))["state"] == "error"
    assert await shop.booked(reserved["id"]) == 0


async def test_what_lookups_do_not_find_in_time_is_voided_by_our_reference(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.controlled("knobs", lookup_lag=600)
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    assert await shop.booked(reserved["id"]) == reserved["amount"]
    for minutes in (1, 1, 3):
        await shop.later(minutes=minutes)
    await shop.controlled("knobs", lookup_lag=0)
    assert (await shop.state(reserved["id"]))["state"] == "failed"
    assert await shop.booked(reserved["id"]) == 0


async def test_what_cannot_be_found_out_is_told_to_a_person_who_ends_it(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    await shop.behave("html_error", times=None)
    for minutes in (1, 1, 3, 10, 15):
        await shop.later(minutes=minutes)
    assert (await shop.state(reserved["id"]))["state"] == "unresolved"
    waiting = await shop.told("GET", "card-payments?state=unresolved")
    assert [each["id"] for each in waiting["payments"]] == [reserved["id"]]
    path = f"card-payments/{reserved['id']}/resolve"
    photographer = bearer(await shop.studio.signed_in(initials="PK", device=None))
    refused = await shop.ask("POST", path, {"outcome": "charged"}, photographer)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    ended = await shop.told("POST", path, {"outcome": "charged"})
    assert ended["state"] == "approved"
    record = await shop.record("payments", reserved["id"])
    assert record["state"] == "approved"
    noted = await shop.does(f"payments/{reserved['id']}", "void")
    assert (noted.status_code, noted.json()["code"]) == (422, "wrong_state"), "it is no cash"
    await shop.controlled("forget")


async def test_what_somebody_says_was_not_charged_is_voided_to_be_sure(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    await shop.behave("html_error", times=None)
    await shop.later(minutes=31)
    ended = await shop.told("POST", f"card-payments/{reserved['id']}/resolve", {"outcome": "not_charged"})
    assert (ended["state"], ended["is_final"]) == ("failed", True)
    await shop.later(minutes=1)
    assert await shop.booked(reserved["id"]) == reserved["amount"]
    await shop.controlled("forget")
    await shop.later(minutes=61)
    assert await shop.booked(reserved["id"]) == 0
    assert (await shop.state(reserved["id"]))["state"] == "failed"


async def test_what_a_person_was_told_of_is_found_out_still_when_the_processor_comes_back(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    await shop.behave("html_error", times=None)
    await shop.later(minutes=31)
    assert (await shop.state(reserved["id"]))["state"] == "unresolved"
    await shop.controlled("forget")
    await shop.later(minutes=61)
    assert (await shop.state(reserved["id"]))["state"] == "approved"


async def test_accounts_with_something_due_are_found_and_none_is_looked_at_without(shop: Shop) -> None:
    due = "SELECT cards_due_at FROM account_directory WHERE account_id = $1"
    reserved = await shop.reserved(amount())
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(reserved["id"], await shop.token(reserved))
    [[first]] = await shop.studio.execute(due)
    clock.hold(clock.now() + timedelta(seconds=50))
    await look_after_all(shop.till, shop.till.database)
    assert [[first]] == [list(each) for each in await shop.studio.execute(due)]
    clock.hold(clock.now() + timedelta(seconds=15))
    await look_after_all(shop.till, shop.till.database)
    assert (await shop.state(reserved["id"]))["state"] == "approved"
    await shop.later(hours=2)
    assert [list(each) for each in await shop.studio.execute(due)] == [[None]]


async def test_what_the_processor_takes_for_another_is_declined_at_once_and_may_be_tried_later(
    shop: Shop,
) -> None:
    minor = amount()
    sister, brother = [str(await shop.invoice(minor)) for _ in range(2)]
    first = await shop.pay(minor, invoice_id=sister)
    second = await shop.pay(minor, invoice_id=brother)
    assert (second["state"], second["code"]) == ("declined", "duplicate_within_a_minute")
    assert (second["is_final"], second["may_try_again"]) == (True, True)
    assert (await shop.record("payments", second["id"]))["state"] == "declined"
    await shop.later(minutes=1)
    third = await shop.pay(minor, invoice_id=brother)
    assert third["state"] == "approved"
    await shop.later(minutes=6)
    booked = [await shop.booked(each["id"]) for each in (first, second, third)]
    assert booked == [minor, 0, minor], "the others are not voided by making sure of the second"
    assert (await shop.state(second["id"]))["state"] == "declined"
    due = "SELECT due_at FROM card_attempts WHERE account_id = $1 AND intent_id = $2"
    assert [each[0] for each in await shop.studio.execute(due, UUID(second["id"]))] == [None]


async def test_what_may_be_another_in_doubt_is_not_declined_and_nobody_charges_it_once_more(
    shop: Shop,
) -> None:
    minor = amount()
    lost = await shop.reserved(minor)
    await shop.behave("book_then_reset", "Sale")
    await shop.charge(lost["id"], await shop.token(lost))
    again = await shop.pay(minor)
    assert (again["state"], again["is_final"]) == ("charging", False)
    for minutes in (1, 1, 3):
        await shop.later(minutes=minutes)
    assert [(await shop.state(each["id"]))["state"] for each in (lost, again)] == ["approved", "failed"]
    assert [await shop.booked(each["id"]) for each in (lost, again)] == [minor, 0]


async def test_what_was_declined_as_another_and_is_booked_all_the_same_is_taken_back(shop: Shop) -> None:
    minor = amount()
    await shop.pay(minor)
    declined = await shop.pay(minor)
    assert declined["state"] == "declined"
    await _booked_all_the_same(shop, declined["id"])
    assert await shop.booked(declined["id"]) == minor
    await shop.later(minutes=6)
    assert await shop.booked(declined["id"]) == 0
    assert (await shop.state(declined["id"]))["state"] == "failed"


async def test_a_void_whose_answer_is_lost_is_brought_to_its_end(shop: Shop) -> None:
    paid = await shop.pay(amount())
    await shop.behave("book_then_reset", "Void")
    voiding = await shop.told("POST", f"card-payments/{paid['id']}/void")
    assert (voiding["state"], voiding["is_final"]) == ("voiding", False)
    await shop.later(minutes=1)
    assert (await shop.state(paid["id"]))["state"] == "voided"
    assert await shop.booked(paid["id"]) == 0


async def test_what_nobody_charges_is_let_go_and_frees_its_balance(shop: Shop) -> None:
    minor = amount()
    invoice = str(await shop.invoice(minor))
    left = await shop.reserved(minor, invoice_id=invoice)
    await shop.later(minutes=31)
    assert (await shop.state(left["id"]))["state"] == "cancelled"
    assert (await shop.record("payments", left["id"]))["state"] == "voided"
    assert (await shop.reserve(minor, invoice_id=invoice)).status_code == 201


async def test_what_was_surely_not_sent_may_be_charged_again_at_once(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    wire = shop.till.processors.wire(Environment.SIMULATOR)
    address, wire.base_url = wire.base_url, "http://127.0.0.1:1"
    unsent = (await shop.charge(reserved["id"], token)).json()
    wire.base_url = address
    assert (unsent["state"], unsent["code"]) == ("reserved", "not_sent")
    assert (await shop.charge(reserved["id"], token)).json()["state"] == "approved"
    assert await shop.booked(reserved["id"]) == reserved["amount"]


async def test_a_key_the_processor_refuses_is_renewed_and_the_card_charged_once(shop: Shop) -> None:
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved, VISA)
    await shop.behave("expired_key", "Sale")
    assert (await shop.charge(reserved["id"], token)).json()["state"] == "approved"
    assert await shop.booked(reserved["id"]) == reserved["amount"]


async def test_settlements_are_compared_with_what_stands_here(shop: Shop) -> None:
    await shop.told("PUT", "card-merchant", credentials(NORTH))
    paid, whole, part = [await shop.pay(amount()) for _ in range(3)]
    assert (await shop.refund(whole["id"], str(uuid4()), whole["amount"])).json()["state"] == "approved"
    await (await shop.gateway()).close_batch()
    assert (await shop.refund(part["id"], str(uuid4()), 100)).json()["state"] == "approved"
    await (await shop.gateway()).close_batch()
    at = datetime.fromisoformat((await shop.outside.get(shop.control)).json()["now"])
    assert await compare(shop.till, shop.account_id, at.date()) == []
    sql = "UPDATE card_attempts SET minor = minor + 1 WHERE account_id = $1 AND intent_id = $2"
    sql += " RETURNING external_ref"
    [[reference]] = await shop.studio.execute(sql, UUID(paid["id"]))
    [difference] = await compare(shop.till, shop.account_id, at.date())
    assert reference in difference
    sql = "UPDATE card_intents SET paid_by = NULL, state = 'failed' WHERE account_id = $1 AND gives_back = $2"
    await shop.studio.execute(sql, UUID(part["id"]))
    sql = "DELETE FROM card_attempts WHERE account_id = $1 AND minor = 100 AND gives_back IS NOT NULL"
    await shop.studio.execute(sql)
    told = await compare(shop.till, shop.account_id, at.date())
    assert [each for each in told if "given back, and not known here" in each]


async def _booked_all_the_same(shop: Shop, payment_id: str) -> None:
    """Have the processor book under the reference of a payment, as if it had not refused it."""
    sql = "SELECT external_ref, minor FROM card_attempts WHERE account_id = $1 AND intent_id = $2"
    [[reference, minor]] = await shop.studio.execute(sql, UUID(payment_id))
    token = Token(await shop.token(await shop.reserved(amount())))
    await shop.later(minutes=2)
    charge = Charge(reference, Amount(minor, "USD"), token, "08/2031")
    outcome = await (await shop.gateway()).sale(charge, lambda: True)
    assert isinstance(outcome, Approved)
