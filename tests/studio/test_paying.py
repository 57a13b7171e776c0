"""Money taken on invoices and as deposits, by phones without a connection and at the desk."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from app.studio.money.paying import rest_id
from app.studio.money.planning import planned_id
from app.sync.upkeep import verify
from tests.samples import sample
from tests.studio.conftest import Company, Fields, call, create, patch
from tests.studio.tills import Till, line, refused
from tests.sync.conftest import Phone


@pytest.fixture
async def till(company: Company) -> Till:
    return await Till.of(company)


async def test_what_an_invoice_comes_to_is_worked_out_by_the_server(till: Till) -> None:
    bill = await till.sells(
        lines=[line(4500, 2, discount=500, tax=680), line(1000, tax=80)],
        discount=250,
        shipping=1200,
        surcharge=99,
    )
    told = await till.bill(bill)
    assert [each["extended_price"] for each in told["lines"]] == [8500, 1000]
    assert (told["subtotal"], told["tax"], told["total"]) == (9500, 760, 11309)
    assert (told["paid"], told["balance_due"], told["invoice_number"]) == (0, 11309, 1)
    assert told["bill_to_client_id"] == till.client
    assert await till.standing() == (11309, 0)


async def test_nobody_sends_sums(till: Till) -> None:
    for sums in ({"total": 1}, {"paid": 5}, {"balance_due": 1}, {"subtotal": 7}, {"written_off": 3}):
        fields: Fields = {
            "invoice_type": "generic",
            "invoice_date": "2026-05-01",
            "lines": [line(5000)],
            **sums,
        }
        [result] = await till.desk.push(create("invoices", **fields))
        assert refused(result)[0] == "read_only_field"
    wrong: Fields = {"invoice_type": "generic", "invoice_date": "2026-05-01"}
    [result] = await till.desk.push(create("invoices", **wrong, lines=[line(5000, extended_price=1)]))
    assert refused(result) == ("invalid_fields", {"lines.0": "A line does not add up."})


async def test_a_phone_pays_cash_and_hears_of_the_balance(till: Till, company: Company) -> None:
    bill = await till.sells(9180)
    sent = till.cash_of(5000, check_number="1187")
    result = await till.does("pay", "invoices", bill, company.phone, **sent)
    assert result["verdict"] == "applied"
    assert await till.owed(bill) == (5000, 0, 4180)
    made = await till.payment(sent["payment_id"])
    told = {name: made[name] for name in ("state", "amount", "date", "check_number", "client_id", "user_id")}
    assert told == {
        "state": "approved",
        "amount": 5000,
        "date": "2026-05-01",
        "check_number": "1187",
        "client_id": till.client,
        "user_id": company.user_id,
    }
    assert (await till.bill(bill))["status_notes"].splitlines()[0] == "2026-05-01 10:15 JD Payment: 50.00"
    assert made["status_notes"] == "2026-05-01 10:15 JD Approved: 50.00"
    assert await till.standing() == (4180, 0)


async def test_a_payment_sent_again_is_the_same_payment(till: Till, company: Company) -> None:
    bill, sent = await till.sells(9180), till.cash_of(5000)
    change = {"n": company.phone.next, **call("pay", "invoices", bill, **sent)}
    first = await company.phone.push(call("pay", "invoices", bill, **sent))
    company.phone.next = change["n"]
    assert await company.phone.push(call("pay", "invoices", bill, **sent)) == first
    again = await till.does("pay", "invoices", bill, company.phone, **sent)
    assert again["verdict"] == "noop"
    assert await till.owed(bill) == (5000, 0, 4180)
    other = await till.does("pay", "invoices", bill, company.phone, **{**sent, "amount": 1})
    assert (other["verdict"], other["code"]) == ("conflict", "already_exists")


async def test_two_phones_that_paid_one_invoice_do_not_overpay_it(till: Till, company: Company) -> None:
    bill = await till.sells(9180)
    other = Phone(company.phone.database, replace(company.phone.who, device_id=uuid4()))
    assert (await till.pays(bill, 6000, company.phone))["verdict"] == "applied"
    late = await till.pays(bill, 6000, other)
    assert refused(late) == (
        "above_balance",
        {"amount": "This is more than there is left.", "balance_due": "3180"},
    )
    assert await till.owed(bill) == (6000, 0, 3180)
    taken = {"resolution": "take_mine", "fields": {"rest_as_deposit": True}}
    found = await till.does("resolve", "inbox", late["inbox_id"], company.phone, **taken)
    assert found["verdict"] == "applied", "what was taken is not forgotten"
    assert await till.owed(bill) == (9180, 0, 0)
    assert await till.standing() == (0, 2820)


async def test_what_is_too_much_becomes_a_deposit_if_that_is_wanted(till: Till, company: Company) -> None:
    bill = await till.sells(5000)
    sent = till.cash_of(8000, rest_as_deposit=True)
    for verdict in ("applied", "noop"):
        assert (await till.does("pay", "invoices", bill, company.phone, **sent))["verdict"] == verdict
    assert await till.owed(bill) == (5000, 0, 0)
    rest = await till.payment(rest_id(UUID(sent["payment_id"])))
    assert str(uuid5(UUID(sent["payment_id"]), "rest")) == rest["id"]
    assert (rest["amount"], rest["invoice_id"], rest["client_id"]) == (3000, None, till.client)
    late = till.cash_of(700, rest_as_deposit=True)
    assert (await till.does("pay", "invoices", bill, company.phone, **late))["verdict"] == "applied"
    assert (await till.payment(late["payment_id"]))["invoice_id"] is None
    assert await till.standing() == (0, 3700)


async def test_what_is_agreed_counts_no_more_than_is_owed(till: Till) -> None:
    bill, agreed = await till.sells(5000), str(uuid4())
    sent: Fields = {"payment_id": agreed, "amount": 5000, "due_date": "2026-06-01"}
    await till.does("plan_payment", "invoices", bill, **sent)
    paid = till.cash_of(3000)
    await till.does("pay", "invoices", bill, **paid)
    assert await till.owed(bill) == (3000, 2000, 2000)
    await till.does("write_off", "invoices", bill, amount=500)
    assert await till.owed(bill) == (3000, 1500, 1500)
    lowered = {**patch("invoices", bill, discount=1000), "base_revision": 2**53 - 1}
    await till.desk.push(lowered)
    assert await till.owed(bill) == (3000, 500, 500)
    memo = str(uuid4())
    fields: Fields = {"invoice_type": "credit_memo", "invoice_date": "2026-05-01", "lines": [line(800, -1)]}
    await till.desk.push(create("invoices", memo, **fields, original_invoice_id=bill))
    await till.does("apply_credit", "invoices", memo)
    assert await till.owed(bill) == (3000, 200, 200)
    await till.does("pay", "invoices", bill, **till.cash_of(200))
    assert await till.owed(bill) == (3200, 0, 0)
    await till.does("void", "payments", paid["payment_id"])
    assert await till.owed(bill) == (200, 3000, 3000), "what bounced is to come as it was agreed"


async def test_several_payments_of_one_push_are_taken_one_after_the_other(
    till: Till, company: Company
) -> None:
    bill = await till.sells(9000)
    results = await company.phone.push(
        *(call("pay", "invoices", bill, **till.cash_of(amount)) for amount in (4000, 4000, 4000, 1000))
    )
    assert [each["verdict"] for each in results] == ["applied", "applied", "rejected", "applied"]
    assert await till.owed(bill) == (9000, 0, 0)


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({"amount": 0}, "invalid_fields", "amount"),
    "less than nothing": ({"amount": -5}, "invalid_fields", "amount"),
    "half a cent": ({"amount": 12.5}, "invalid_fields", "amount"),
    "more than is owed": ({"amount": 9181}, "above_balance", "balance_due"),
    "another currency": ({"amount": 1, "currency": "EUR"}, "wrong_currency", "currency"),
    "no such method": (
        {"amount": 1, "payment_method_id": str(uuid4())},
        "unknown_reference",
        "payment_method_id",
    ),
    "a day to come": ({"amount": 1, "date": "2026-05-04"}, "invalid_fields", "date"),
    "no id": ({"amount": 1, "payment_id": "00000000-0000-0000-0000-000000000000"}, "nil_id", ""),
}


@pytest.mark.parametrize(("sent", "code", "name"), BAD.values(), ids=BAD.keys())
async def test_a_bad_payment_is_refused_and_changes_nothing(
    till: Till, company: Company, sent: dict[str, Any], code: str, name: str
) -> None:
    bill = await till.sells(9180)
    result = await till.does("pay", "invoices", bill, company.phone, **{**till.cash_of(1), **sent})
    assert refused(result)[0] == code
    assert not name or name in result["fields"]
    assert await till.owed(bill) == (0, 0, 9180)
    assert await company.held("payments") == []


async def test_a_phone_records_no_cards_and_gives_nothing_back(till: Till, company: Company) -> None:
    bill, deposit = await till.sells(9180), await till.deposits(100)
    by_card: Fields = {**till.cash_of(100), "payment_method_id": till.card}
    for command, collection, record in (("pay", "invoices", bill), ("take_deposit", "clients", till.client)):
        result = await till.does(command, collection, record, company.phone, **by_card)
        assert refused(result)[0] == "card_needs_connection"
    assert (await till.does("pay", "invoices", bill, **by_card))["verdict"] == "applied"
    for command, collection, record, sent in (
        ("void", "payments", deposit, {}),
        ("unapply", "payments", by_card["payment_id"], {}),
        ("refund", "invoices", bill, till.cash_of(1)),
        ("write_off", "invoices", bill, {}),
        ("post", "invoices", bill, {}),
        ("create_credit_memo", "invoices", bill, {"credit_memo_id": str(uuid4())}),
    ):
        result = await till.does(command, collection, record, company.phone, **sent)
        assert refused(result)[0] == "not_on_a_phone"


async def test_an_estimate_and_a_settled_invoice_take_no_money(till: Till) -> None:
    estimate, paid = await till.sells(5000, invoice_type="estimate"), await till.sells(5000)
    await till.pays(paid, 5000)
    assert refused(await till.pays(paid, 1))[1]["balance_due"] == "0"
    memo = str(uuid4())
    await till.does("create_credit_memo", "invoices", paid, credit_memo_id=memo)
    agreed = {"payment_id": str(uuid4()), "amount": 1, "due_date": "2026-06-01"}
    commands: dict[str, Fields] = {"pay": till.cash_of(1), "plan_payment": agreed, "write_off": {}}
    for bill, kind in ((estimate, "estimate"), (memo, "credit_memo")):
        for command, sent in commands.items():
            code, reasons = refused(await till.does(command, "invoices", bill, **sent))
            assert (code, reasons["invoice_type"]) == ("wrong_state", kind)


async def test_an_agreed_payment_counts_when_it_is_collected(till: Till, company: Company) -> None:
    bill = await till.sells(9000)
    agreed: Fields = {"payment_id": str(uuid4()), "amount": 6000, "due_date": "2026-06-01"}
    made, again, more = [
        await till.does("plan_payment", "invoices", bill, company.phone, **each)
        for each in (agreed, agreed, {**agreed, "payment_id": str(uuid4()), "amount": 3001})
    ]
    assert (made["verdict"], again["verdict"]) == ("applied", "noop")
    assert refused(more) == (
        "above_balance",
        {"amount": "This is more than there is left.", "balance_due": "9000", "not_agreed": "3000"},
    )
    assert await till.owed(bill) == (0, 6000, 9000)
    assert (await till.payment(agreed["payment_id"]))["state"] == "pending"
    without = await till.does("collect", "payments", agreed["payment_id"], company.phone)
    assert refused(without) == ("invalid_fields", {"payment_method_id": "This is needed."})
    for verdict in ("applied", "noop"):
        result = await till.does(
            "collect", "payments", agreed["payment_id"], company.phone, payment_method_id=till.cash
        )
        assert result["verdict"] == verdict
    assert await till.owed(bill) == (6000, 0, 3000)
    assert (await till.payment(agreed["payment_id"]))["date"] == "2026-05-01"


async def test_what_is_owed_is_agreed_in_several_payments_and_the_last_has_the_rest(
    till: Till, company: Company
) -> None:
    bill, plan = await till.sells(10_000), uuid4()
    sent: Fields = {"plan_id": str(plan), "count": 3, "interval": "monthly", "first_due_date": "2026-01-31"}
    small = {**sent, "plan_id": str(uuid4()), "amount": 2}
    assert "count" in refused(await till.does("plan_payments", "invoices", bill, **small))[1]
    for verdict in ("applied", "noop"):
        told = await till.does("plan_payments", "invoices", bill, company.phone, **sent)
        assert told["verdict"] == verdict
    made = [await till.payment(planned_id(plan, number)) for number in (1, 2, 3)]
    assert [(each["amount"], each["due_date"]) for each in made] == [
        (3333, "2026-01-31"),
        (3333, "2026-02-28"),
        (3334, "2026-03-31"),
    ]
    assert await till.owed(bill) == (0, 10_000, 10_000)
    more = {**sent, "plan_id": str(uuid4()), "amount": 300}
    assert refused(await till.does("plan_payments", "invoices", bill, **more))[1]["not_agreed"] == "0"
    await till.does("collect", "payments", made[0]["id"], payment_method_id=till.cash)
    assert (await till.does("plan_payments", "invoices", bill, **sent))["verdict"] == "noop"
    await company.settles(edition="essential")
    other = {**more, "interval": "weekly"}
    told = await till.does("plan_payments", "invoices", await till.sells(900), **other)
    assert refused(told) == ("wrong_state", {"edition": "essential"})


async def test_an_agreed_payment_is_collected_in_the_same_push_and_not_above_what_is_owed(
    till: Till, company: Company
) -> None:
    bill, one, other = await till.sells(9000), str(uuid4()), str(uuid4())
    planned: Fields = {"amount": 4500, "due_date": "2026-06-01", "payment_method_id": till.cash}
    results = await company.phone.push(
        call("plan_payment", "invoices", bill, payment_id=one, **planned),
        call("plan_payment", "invoices", bill, payment_id=other, **planned),
        call("pay", "invoices", bill, **till.cash_of(3000)),
        call("collect", "payments", one),
        call("collect", "payments", other),
    )
    assert [each["code"] for each in results] == [None] * 4 + ["above_balance"]
    assert results[-1]["fields"]["balance_due"] == "1500"
    assert await till.owed(bill) == (7500, 1500, 1500)
    assert (await till.does("void", "payments", other))["verdict"] == "applied"
    assert await till.owed(bill) == (7500, 0, 1500)


async def test_a_deposit_is_applied_whole_or_in_parts_and_taken_off_again(
    till: Till, company: Company
) -> None:
    deposit, bill, other = (
        await till.deposits(10_000, company.phone),
        await till.sells(4000),
        await till.sells(9000),
    )
    assert await till.standing() == (13_000, 10_000)
    part = str(uuid4())
    sent: Fields = {"invoice_id": bill, "amount": 3500}
    assert "part_id" in refused(await till.does("apply_deposit", "payments", deposit, **sent))[1]
    for verdict in ("applied", "noop"):
        result = await till.does("apply_deposit", "payments", deposit, company.phone, **sent, part_id=part)
        assert result["verdict"] == verdict
    assert await till.owed(bill) == (3500, 0, 500)
    assert [(await till.payment(each))["amount"] for each in (deposit, part)] == [6500, 3500]
    number = (await till.bill(bill))["invoice_number"]
    parted = f"Applied to invoice {number}: 35.00, left: 65.00"
    assert parted in (await till.payment(deposit))["status_notes"].splitlines()[0]
    assert await till.standing() == (9500, 6500)
    too_much = await till.does("apply_deposit", "payments", deposit, invoice_id=bill)
    assert refused(too_much)[1]["balance_due"] == "500"
    for verdict in ("applied", "noop"):
        result = await till.does("apply_deposit", "payments", deposit, invoice_id=other)
        assert result["verdict"] == verdict
    assert await till.owed(other) == (6500, 0, 2500)
    for verdict in ("applied", "noop"):
        assert (await till.does("unapply", "payments", part))["verdict"] == verdict
    assert await till.owed(bill) == (0, 0, 4000)
    assert await till.standing() == (6500, 3500)
    assert "Taken off invoice 1" in (await till.payment(part))["status_notes"]


async def test_a_deposit_taken_offline_is_applied_in_the_same_push(till: Till, company: Company) -> None:
    bill, sent, part = await till.sells(4000), till.cash_of(5000), str(uuid4())
    results = await company.phone.push(
        call("take_deposit", "clients", till.client, **sent),
        call("apply_deposit", "payments", sent["payment_id"], invoice_id=bill, amount=4000, part_id=part),
    )
    assert [each["verdict"] for each in results] == ["applied", "applied"]
    assert await till.owed(bill) == (4000, 0, 0)
    assert await till.standing() == (0, 1000)


async def test_a_deposit_stays_with_its_client(till: Till, company: Company) -> None:
    deposit = await till.deposits(500)
    friend = await company.has("clients", **sample("clients"))
    theirs = await till.sells(500, client_id=friend)
    assert (
        "invoice_id" in refused(await till.does("apply_deposit", "payments", deposit, invoice_id=theirs))[1]
    )
    nowhere = await till.does("apply_deposit", "payments", deposit, invoice_id=str(uuid4()))
    assert refused(nowhere)[0] == "unknown_reference"


async def test_a_payment_entered_by_mistake_is_taken_back(till: Till) -> None:
    bill, sent = await till.sells(4000), till.cash_of(4000)
    await till.does("pay", "invoices", bill, **sent)
    for verdict in ("applied", "noop"):
        assert (await till.does("void", "payments", sent["payment_id"]))["verdict"] == verdict
    assert await till.owed(bill) == (0, 0, 4000)
    assert "Payment taken off: 40.00" in (await till.bill(bill))["status_notes"]
    assert refused(await till.does("collect", "payments", sent["payment_id"])) == (
        "wrong_state",
        {"state": "voided"},
    )


async def test_what_was_written_down_wrong_is_put_right_and_moves_no_money(
    till: Till, company: Company
) -> None:
    bill, sent, agreed = await till.sells(9000), till.cash_of(4000), str(uuid4())
    await till.does("pay", "invoices", bill, **sent)
    await till.does("plan_payment", "invoices", bill, payment_id=agreed, amount=5000, due_date="2026-06-01")
    right: Fields = {"date": "2026-04-30", "check_number": "1178", "note": "It was a check."}
    assert (await till.does("correct", "payments", sent["payment_id"], **right))["verdict"] == "applied"
    told = await till.payment(sent["payment_id"])
    assert (told["date"], told["check_number"], told["amount"]) == ("2026-04-30", "1178", 4000)
    assert told["status_notes"].splitlines()[0] == "2026-05-01 10:15 JD It was a check."
    later: Fields = {"due_date": "2026-07-01", "payment_method_id": till.card}
    assert (await till.does("correct", "payments", agreed, **later))["verdict"] == "applied"
    assert refused(await till.does("correct", "payments", agreed, date="2026-05-01"))[1].keys() == {"date"}
    assert refused(await till.does("correct", "payments", agreed, company.phone))[0] == "not_on_a_phone"
    await till.does("correct", "payments", agreed, custom={"text_2": "Gala", "checkbox_1": True})
    await till.does("correct", "payments", agreed, custom={"text_1": "Raffle"})
    custom = (await till.payment(agreed))["custom"]
    assert (custom["text_1"], custom["text_2"], custom["checkbox_1"]) == ("Raffle", None, False)
    assert await till.owed(bill) == (4000, 5000, 5000)
    await till.does("post", "payments", sent["payment_id"])
    assert refused(await till.does("correct", "payments", sent["payment_id"], note="x"))[0] == "posted"


async def test_what_a_card_is_being_charged_for_is_not_paid_again(till: Till, company: Company) -> None:
    bill, charged = await till.sells(5000), uuid4()
    fields = {"client_id": till.client, "invoice_id": bill, "payment_type": "payment", "date": "2026-05-01"}
    await company.desk.put("payments", charged, **fields, amount=4000, state="processing")
    assert await till.owed(bill) == (0, 0, 5000)
    assert refused(await till.pays(bill, 1001, company.phone))[1]["balance_due"] == "1000"
    assert refused(await till.does("write_off", "invoices", bill, amount=1001))[1]["balance_due"] == "1000"
    await company.desk.put("payments", charged, state="approved")
    assert await till.owed(bill) == (4000, 0, 1000)


@pytest.mark.parametrize("is_at_once", [False, True])
async def test_who_is_merged_brings_what_is_owed_and_what_is_left(
    till: Till, company: Company, is_at_once: bool
) -> None:
    goes = await company.has("clients", **sample("clients", client_number=None))
    theirs, ours = await till.sells(4000, client_id=goes), await till.sells(500)
    await till.does("take_deposit", "clients", goes, **till.cash_of(300))
    changes = [
        call("pay", "invoices", theirs, **till.cash_of(1000)),
        call("pay", "invoices", ours, **till.cash_of(100)),
        call("take_deposit", "clients", till.client, **till.cash_of(20)),
        call("merge", "clients", goes, into=till.client),
    ]
    pushes = [changes] if is_at_once else [[each] for each in changes]
    results = [result for push in pushes for result in await till.desk.push(*push)]
    assert [each["verdict"] for each in results] == ["applied"] * 4
    assert await till.standing() == (3400, 320)
    assert (await till.pays(theirs, 3000))["verdict"] == "applied"
    assert await till.standing() == (400, 320)
    assert not await verify(company.desk.database, company.desk.who)


async def test_a_quick_sale_has_nobody_to_keep_a_deposit_for(till: Till) -> None:
    bill = await till.sells(500, invoice_type="generic", client_id=None)
    sent = till.cash_of(600, rest_as_deposit=True)
    assert refused(await till.does("pay", "invoices", bill, **sent))[0] == "above_balance"
    assert (await till.pays(bill, 500))["verdict"] == "applied"
