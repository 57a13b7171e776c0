"""Invoices and payments over HTTP: what an integrator asks for, sends again, and may not do."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.desks import Desk, as_documented, told
from tests.contract.phones import Record
from tests.desk.conftest import Has
from tests.samples import named

INVOICES, PAYMENTS = named("invoices"), named("payments")


@pytest.fixture
async def cash(desk: Desk) -> str:
    """Return the way of paying a new studio has."""
    found = await desk.all(named("payment_methods"))
    return str(next(each["id"] for each in found if each["payment_kind"] == "cash"))


async def sold(desk: Desk, client: Record, **more: Any) -> Record:
    """Make an invoice as an integrator does, and return it."""
    line = {"id": str(uuid4()), "item": "PR-0810", "description": "Print", "quantity": 2, "unit_price": 4590}
    sent = {
        "invoice_type": "initial_order",
        "client_id": client["id"],
        "invoice_date": "2026-05-04",
        "lines": [line],
    }
    made = await desk.create(INVOICES, {**sent, **more})
    assert made.status_code == 201, made.text
    assert as_documented(INVOICES, "create", made)
    return told(made)


async def test_a_payment_sent_again_is_taken_once_with_and_without_its_key(
    has: Has, desk: Desk, cash: str
) -> None:
    bill = await sold(desk, await has("clients"))
    assert (bill["total"], bill["balance_due"]) == (9180, 9180)
    assert bill["invoice_number"] > 0
    sent = {"payment_id": str(uuid4()), "amount": 5000, "payment_method_id": cash}
    path, key = f"invoices/{bill['id']}/pay", uuid4().hex
    first = await desk.ask("POST", path, sent, idempotency_key=key)
    again = await desk.ask("POST", path, sent, idempotency_key=key)
    later = await desk.ask("POST", path, sent, idempotency_key=uuid4().hex)
    unkeyed = await desk.ask("POST", path, sent)
    assert as_documented(INVOICES, "pay", first)
    for answer in (first, again, later, unkeyed):
        assert answer.status_code == 200, answer.text
        assert (answer.json()["paid"], answer.json()["balance_due"]) == (5000, 4180)
    assert again.headers["idempotent-replayed"] == "true"
    [payment] = await desk.all(PAYMENTS, naming={"invoice_id": bill["id"]})
    assert (payment["id"], payment["amount"], payment["state"]) == (sent["payment_id"], 5000, "approved")


async def test_a_refusal_has_the_figure_and_is_repeated(has: Has, desk: Desk, cash: str) -> None:
    bill = await sold(desk, await has("clients"))
    sent = {"payment_id": str(uuid4()), "amount": 9181, "payment_method_id": cash}
    key = uuid4().hex
    for _ in range(2):
        refused = await desk.ask("POST", f"invoices/{bill['id']}/pay", sent, idempotency_key=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "above_balance")
        assert refused.json()["reasons"]["balance_due"] == "9180"
    assert (await desk.read(INVOICES, bill["id"])).json() == bill
    other = await desk.ask("POST", f"invoices/{bill['id']}/refund", sent)
    assert (other.status_code, other.json()["code"]) == (422, "credit_memo_needed")


async def test_of_many_desks_that_take_the_same_money_one_does(has: Has, desk: Desk, cash: str) -> None:
    bill = await sold(desk, await has("clients"))
    path = f"invoices/{bill['id']}/pay"
    each = {"amount": 5000, "payment_method_id": cash}
    answers = await asyncio.gather(
        *(desk.ask("POST", path, {**each, "payment_id": str(uuid4())}) for _ in range(6))
    )
    refused = [answer for answer in answers if answer.status_code == 422]
    assert len(refused) == 5
    assert {answer.json()["reasons"]["balance_due"] for answer in refused} == {"4180"}
    assert (await desk.read(INVOICES, bill["id"])).json()["balance_due"] == 4180


async def test_an_invoice_is_changed_and_deleted_by_its_copy(has: Has, desk: Desk) -> None:
    bill = await sold(desk, await has("clients"))
    etag = f'"{bill["revision"]}"'
    changed = await desk.change(INVOICES, bill["id"], {"shipping": 820, "notes": "Gift"}, etag)
    assert changed.status_code == 200, changed.text
    assert (told(changed)["total"], told(changed)["balance_due"]) == (10_000, 10_000)
    stale = await desk.change(INVOICES, bill["id"], {"shipping": 0}, etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    sums = await desk.change(INVOICES, bill["id"], {"total": 1}, changed.headers["etag"])
    assert (sums.status_code, sums.json()["code"]) == (422, "read_only_field")
    assert (await desk.delete(INVOICES, bill["id"], changed.headers["etag"])).status_code == 204


async def test_who_is_no_administrator_posts_nothing(has: Has, desk: Desk, photographer: Desk) -> None:
    bill = await sold(desk, await has("clients"))
    refused = await photographer.ask("POST", f"invoices/{bill['id']}/post", {})
    assert (refused.status_code, refused.json()["feature"]) == (403, "posting")
    posted = await desk.ask("POST", f"invoices/{bill['id']}/post", {})
    assert posted.json()["is_posted"] is True
    for again in (
        await desk.change(INVOICES, bill["id"], {"notes": "x"}),
        await desk.delete(INVOICES, bill["id"]),
        await desk.ask("POST", f"invoices/{bill['id']}/write_off", {}, idempotency_key=uuid4().hex),
    ):
        assert (again.status_code, again.json()["code"]) == (422, "posted")


async def test_what_would_do_more_when_it_is_repeated_needs_a_key(has: Has, desk: Desk, cash: str) -> None:
    client = await has("clients")
    bill = await sold(desk, client)
    path, key = f"invoices/{bill['id']}/write_off", uuid4().hex
    refused = await desk.ask("POST", path, {"amount": 1000})
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")
    for _ in range(2):
        done = await desk.ask("POST", path, {"amount": 1000}, idempotency_key=key)
        assert (done.json()["written_off"], done.json()["balance_due"]) == (1000, 8180)
    deposit: Record = {"payment_id": str(uuid4()), "amount": 500, "payment_method_id": cash}
    taken = await desk.ask("POST", f"clients/{client['id']}/take_deposit", deposit)
    assert taken.status_code == 200, "what makes a record under an id that is sent is done once without"
    place = f"payments/{deposit['payment_id']}"
    for command, sent in (("apply_deposit", {"invoice_id": bill["id"]}), ("unapply", {})):
        assert (await desk.ask("POST", f"{place}/{command}", sent)).status_code == 400
        applied = await desk.ask("POST", f"{place}/{command}", sent, idempotency_key=uuid4().hex)
        assert applied.status_code == 200, applied.text
