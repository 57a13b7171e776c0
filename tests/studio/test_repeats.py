"""What is sent again is done once, whatever has become of it since; and what only looks like it is not."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.core.principal import Level
from app.studio.money.paying import rest_id
from tests.samples import sample
from tests.studio.conftest import Company, Fields, call, patch
from tests.studio.tills import Till, line, refused
from tests.sync.conftest import Phone


@pytest.fixture
async def till(company: Company) -> Till:
    return await Till.of(company)


async def test_what_bears_the_id_of_another_payment_is_not_taken_for_done(
    till: Till, company: Company
) -> None:
    bill, other, sent = await till.sells(5000), await till.sells(5000), till.cash_of(5000)
    await till.does("pay", "invoices", bill, **sent)
    for of, record, more in (
        ("invoices", other, {}),
        ("invoices", bill, {"amount": 4999}),
        ("invoices", bill, {"payment_method_id": till.card}),
        ("clients", till.client, {}),
    ):
        command = "pay" if of == "invoices" else "take_deposit"
        told = await till.does(command, of, record, **{**sent, **more})
        assert (told["verdict"], told["code"]) == ("conflict", "already_exists"), (of, more)
        assert told["fields"]["id"] == f"payments/{sent['payment_id']}"
        assert told["fields"].keys() >= ({"invoice_id"} if record != bill else more.keys())
    fields = {"client_id": till.client, "payment_type": "payment", "date": "2026-05-01", "amount": 5000}
    for state in ("processing", "declined", "error", "voided"):
        charged = uuid4()
        await company.desk.put(
            "payments", charged, **fields, invoice_id=other, state=state, payment_method_id=till.card
        )
        for method in (till.cash, till.card):
            again: Fields = {**till.cash_of(5000), "payment_id": str(charged), "payment_method_id": method}
            told = await till.does("pay", "invoices", other, **again)
            assert told["code"] == "already_exists", (state, method)
    assert [(await till.bill(each))["paid"] for each in (bill, other)] == [5000, 0]


async def test_money_that_was_taken_is_taken_once_wherever_it_has_gone_since(
    till: Till, company: Company
) -> None:
    bill, other, small = await till.sells(5000), await till.sells(9000), await till.sells(500)
    paid, deposit, more = till.cash_of(5000), till.cash_of(6000), till.cash_of(700, rest_as_deposit=True)
    first, second = str(paid["payment_id"]), str(deposit["payment_id"])
    rest = str(rest_id(UUID(more["payment_id"])))
    parts: list[Fields] = [{"invoice_id": other, "part_id": str(uuid4())} for _ in range(2)]
    sent: list[tuple[Fields, list[Fields]]] = [
        (
            call("pay", "invoices", bill, **paid),
            [
                call("unapply", "payments", first),
                call("apply_deposit", "payments", first, amount=1000, **parts[0]),
                call("correct", "payments", first, payment_method_id=till.card),
            ],
        ),
        (
            call("take_deposit", "clients", till.client, **deposit),
            [call("apply_deposit", "payments", second, amount=2000, **parts[1])],
        ),
        (
            call("pay", "invoices", small, **more),
            [call("apply_deposit", "payments", rest, invoice_id=bill)],
        ),
    ]
    for change, later in sent:
        taken = await company.phone.push(change)
        results = [*taken, *await till.desk.push(*later)]
        [again] = await company.phone.push(change)
        assert {each["verdict"] for each in results} == {"applied"}, results
        assert again["verdict"] == "noop", again
    await till.does("void", "payments", deposit["payment_id"])
    [again] = await company.phone.push(sent[1][0])
    assert again["verdict"] == "noop", "it was taken, and taken back"
    received = [each for each in await company.held("payments") if each["state"] == "approved"]
    assert sum(each["amount"] for each in received) == 5000 + 2000 + 700


async def test_a_copy_and_a_credit_memo_are_made_once_whatever_they_were_made_of_is_now(till: Till) -> None:
    sold = [line(1000, 2), line(500)]
    bill, copy, memo = await till.sells(lines=sold), str(uuid4()), str(uuid4())
    some: Fields = {"credit_memo_id": memo, "lines": [{"line_id": sold[0]["id"], "quantity": 1}]}
    await till.does("copy", "invoices", bill, invoice_id=copy)
    await till.does("create_credit_memo", "invoices", bill, **some)
    [changed] = await till.desk.push(
        {**patch("invoices", bill, lines=[*sold, line(70)]), "base_revision": 2**53 - 1}
    )
    assert changed["verdict"] == "applied"
    assert (await till.does("copy", "invoices", bill, invoice_id=copy))["verdict"] == "noop"
    assert (await till.does("create_credit_memo", "invoices", bill, **some))["verdict"] == "noop"
    other: Fields = {**some, "lines": [{"line_id": sold[1]["id"], "quantity": 1}]}
    for told in (
        await till.does("create_credit_memo", "invoices", bill, **other),
        await till.does("copy", "invoices", await till.sells(lines=[line(9)]), invoice_id=copy),
    ):
        assert told["code"] == "already_exists"


async def test_two_deposits_are_not_given_back_by_one_credit_memo(till: Till) -> None:
    one, other, memo = await till.deposits(500), await till.deposits(500), str(uuid4())
    sent: Fields = {"credit_memo_id": memo, "payment_method_id": till.cash}
    for deposit, verdict in ((one, "applied"), (one, "noop"), (other, "conflict")):
        assert (await till.does("refund_deposit", "payments", deposit, **sent))["verdict"] == verdict
    assert await till.standing() == (0, 500)


async def test_what_another_has_collected_another_way_is_not_taken_for_done(till: Till) -> None:
    bill, agreed = await till.sells(500), str(uuid4())
    await till.does("plan_payment", "invoices", bill, payment_id=agreed, amount=500, due_date="2026-06-01")
    for method, verdict in ((till.cash, "applied"), (till.cash, "noop"), (till.card, "rejected")):
        told = await till.does("collect", "payments", agreed, payment_method_id=method)
        assert told["verdict"] == verdict


async def test_a_deposit_is_applied_by_who_may_see_invoices_and_a_refund_voided_by_who_may_give_refunds(
    till: Till, company: Company
) -> None:
    bill, deposit, memo = await till.sells(500), await till.deposits(500), str(uuid4())
    paid = await till.sells(300)
    await till.pays(paid, 300)
    await till.does("create_credit_memo", "invoices", paid, credit_memo_id=memo)
    given = till.cash_of(300)
    await till.does("refund", "invoices", memo, **given)

    def with_levels(**levels: Level) -> Phone:
        everything = {"payments": Level.FULL_ACCESS, "clients": Level.FULL_ACCESS, **levels}
        who = replace(till.desk.who, is_administrator=False, levels=everything, device_id=uuid4())
        return Phone(company.phone.database, who)

    told = await till.does(
        "apply_deposit", "payments", deposit, with_levels(invoices=Level.NO_ACCESS), invoice_id=bill
    )
    assert refused(told) == ("permission_denied", {"feature": "invoices", "level": "view_only"})
    seller = with_levels(invoices=Level.FULL_ACCESS)
    told = await till.does("void", "payments", given["payment_id"], seller)
    assert refused(told) == ("permission_denied", {"feature": "refunds", "level": "full_access"})
    assert (await till.bill(memo))["balance_due"] == 0
    refunding = with_levels(invoices=Level.FULL_ACCESS, refunds=Level.FULL_ACCESS)
    assert (await till.does("void", "payments", given["payment_id"], refunding))["verdict"] == "applied"


async def test_who_was_merged_is_still_whom_the_money_was_taken_from(till: Till, company: Company) -> None:
    goes, sent = await company.has("clients", **sample("clients", client_number=None)), till.cash_of(300)
    bill, paid = await till.sells(400, client_id=goes), till.cash_of(400)
    await till.does("pay", "invoices", bill, **paid)
    await till.does("take_deposit", "clients", goes, **sent)
    assert (await till.does("merge", "clients", goes, into=till.client))["verdict"] == "applied"
    assert (await till.does("pay", "invoices", bill, **paid))["verdict"] == "noop"
    assert (await till.does("take_deposit", "clients", till.client, **sent))["verdict"] == "noop"
    assert (await till.payment(UUID(sent["payment_id"])))["client_id"] == till.client
