"""What an invoice may be, how it is corrected, and that what was posted stays."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.studio.rules.posted import Posted
from tests.samples import sample
from tests.studio.conftest import Company, Fields, create, delete, patch
from tests.studio.tills import Till, line, refused


@pytest.fixture
async def till(company: Company) -> Till:
    return await Till.of(company)


async def session_of(company: Company, client: str) -> str:
    return await company.has("sessions", **sample("sessions", client_id=client, events=[], participants=[]))


async def test_each_type_is_offered_where_it_fits(till: Till, company: Company) -> None:
    session = await session_of(company, till.client)
    of_sessions, of_clients = {"session_id": session}, {"client_id": till.client}
    offered: dict[str, list[Fields]] = {
        "session_fee": [of_sessions],
        "initial_order": [of_sessions, of_clients],
        "re_order": [of_sessions, of_clients],
        "generic": [of_clients, {}],
        "estimate": [of_sessions, of_clients],
        "credit_memo": [],
    }
    for kind, places in offered.items():
        for place in (of_sessions, of_clients, {}):
            fields: Fields = {
                "invoice_type": kind,
                "invoice_date": "2026-05-01",
                "lines": [line(100)],
                **place,
            }
            if kind == "credit_memo":
                fields["lines"] = [line(100, -1)]
            [result] = await till.desk.push(create("invoices", **fields))
            assert (result["verdict"] == "applied") is (place in places), (kind, place, result)


async def test_an_invoice_of_a_session_is_its_client_s(till: Till, company: Company) -> None:
    session = await session_of(company, till.client)
    told = await till.bill(await till.sells(100, client_id=None, session_id=session))
    assert (told["client_id"], told["bill_to_client_id"]) == (till.client, till.client)
    friend = await company.has("clients", **sample("clients"))
    fields = {
        "invoice_type": "re_order",
        "invoice_date": "2026-05-01",
        "client_id": friend,
        "session_id": session,
    }
    [result] = await till.desk.push(create("invoices", **fields))
    assert "session_id" in refused(result)[1]


async def test_an_invoice_changes_until_it_would_come_to_less_than_is_paid(till: Till) -> None:
    bill = await till.sells(5000, 4000)
    await till.pays(bill, 6000)
    told = await till.bill(bill)
    keep = told["lines"][:1]
    [result] = await till.desk.push(
        {**patch("invoices", bill, lines=keep), "base_revision": told["revision"]}
    )
    assert refused(result) == ("below_paid", {"lines": "More than this is paid already.", "paid": "6000"})
    changed = {"lines": [*keep, line(1500)], "description": "Two prints"}
    [result] = await till.desk.push({**patch("invoices", bill, **changed), "base_revision": told["revision"]})
    assert result["verdict"] == "applied", result
    assert await till.owed(bill) == (6000, 0, 500)
    assert "Total: 90.00 → 65.00" in (await till.bill(bill))["status_notes"]
    [kind] = await till.desk.push(patch("invoices", bill, invoice_type="estimate"))
    assert "invoice_type" in refused(kind)[1]


async def test_an_invoice_with_a_payment_of_any_state_is_not_deleted(till: Till) -> None:
    bill, other = await till.sells(5000), await till.sells(5000)
    sent = till.cash_of(5000)
    await till.does("pay", "invoices", bill, **sent)
    await till.does("void", "payments", sent["payment_id"])
    results = [
        (await till.desk.push({**delete("invoices", each), "base_revision": 2**53 - 1}))[0]
        for each in (bill, other)
    ]
    assert [each["code"] for each in results] == ["still_referenced", None]
    assert await till.standing() == (5000, 0)


async def test_lines_have_ids_of_their_own_and_neither_negative_taxes_nor_discounts(till: Till) -> None:
    one = line(5000)
    wrong: dict[str, list[Fields]] = {
        "lines.2.id": [one, line(1), {**line(300), "id": one["id"]}],
        "lines.0.discount": [line(5000, discount=-1)],
        "lines.1.tax": [one, line(5000, tax=-1)],
    }
    bill = await till.sells(700)
    for place, lines in wrong.items():
        fields: Fields = {"invoice_type": "generic", "invoice_date": "2026-05-01", "lines": lines}
        changed = {**patch("invoices", bill, lines=lines), "base_revision": 2**53 - 1}
        for change in (create("invoices", **fields), changed):
            [result] = await till.desk.push(change)
            code, reasons = refused(result)
            assert (code, list(reasons)) == ("invalid_fields", [place])
    voucher = line(-1000, tax=-80)
    assert (await till.bill(await till.sells(lines=[one, voucher])))["total"] == 3920


async def test_an_estimate_becomes_a_sale_once(till: Till) -> None:
    bill = await till.sells(5000, invoice_type="estimate")
    assert await till.owed(bill) == (0, 0, 0)
    for verdict in ("applied", "noop"):
        result = await till.does(
            "convert_estimate", "invoices", bill, invoice_type="initial_order", date="2026-04-30"
        )
        assert result["verdict"] == verdict
    told = await till.bill(bill)
    assert (told["invoice_type"], told["invoice_date"], told["balance_due"]) == (
        "initial_order",
        "2026-04-30",
        5000,
    )
    assert "Converted from an estimate" in told["status_notes"]
    other = await till.does("convert_estimate", "invoices", bill, invoice_type="re_order")
    assert refused(other) == ("wrong_state", {"invoice_type": "initial_order"})


async def test_a_copy_has_a_number_of_its_own_and_nothing_paid(till: Till) -> None:
    bill, copy = await till.sells(5000, shipping=300, notes="Gift"), str(uuid4())
    await till.pays(bill, 5300)
    for verdict in ("applied", "noop"):
        assert (await till.does("copy", "invoices", bill, invoice_id=copy))["verdict"] == verdict
    told, original = await till.bill(copy), await till.bill(bill)
    assert (told["total"], told["paid"], told["notes"], told["invoice_number"]) == (5300, 0, "Gift", 2)
    assert {each["id"] for each in told["lines"]}.isdisjoint(each["id"] for each in original["lines"])


async def test_what_is_written_off_is_not_owed_and_never_more(till: Till) -> None:
    bill = await till.sells(5000)
    await till.pays(bill, 1000)
    assert refused(await till.does("write_off", "invoices", bill, amount=4001))[1]["balance_due"] == "4000"
    assert (await till.does("write_off", "invoices", bill, amount=1500))["verdict"] == "applied"
    assert (await till.bill(bill))["balance_due"] == 2500
    for verdict in ("applied", "noop"):
        assert (await till.does("write_off", "invoices", bill))["verdict"] == verdict
    told = await till.bill(bill)
    lowered = {**patch("invoices", bill, lines=[line(4999)]), "base_revision": 2**53 - 1}
    [below] = await till.desk.push(lowered)
    assert refused(below)[1] == {
        "lines": "More than this is paid already.",
        "paid": "1000",
        "written_off": "4000",
    }
    assert (told["written_off"], told["balance_due"], told["total"]) == (4000, 0, 5000)
    assert "Written off: 25.00" in told["status_notes"]


async def test_a_sale_is_refunded_from_its_credit_memo_and_from_nothing_else(till: Till) -> None:
    bill, memo = await till.sells(5000, 4000, shipping=500), str(uuid4())
    await till.pays(bill, 6000)
    assert refused(await till.does("refund", "invoices", bill, **till.cash_of(1)))[0] == "credit_memo_needed"
    for verdict in ("applied", "noop"):
        result = await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo)
        assert result["verdict"] == verdict
    told = await till.bill(memo)
    assert (told["total"], told["balance_due"], told["original_invoice_id"]) == (-9500, -9500, bill)
    assert await till.standing() == (3500 - 9500, 0)
    too_much = await till.does("refund", "invoices", memo, **till.cash_of(6001))
    assert refused(too_much) == (
        "above_captured",
        {"amount": "This is more than the client has paid.", "captured": "6000"},
    )
    sent = till.cash_of(6000)
    for verdict in ("applied", "noop"):
        assert (await till.does("refund", "invoices", memo, **sent))["verdict"] == verdict
    given = await till.payment(sent["payment_id"])
    assert (given["amount"], given["payment_type"], given["invoice_id"]) == (-6000, "refund", memo)
    assert refused(await till.does("refund", "invoices", memo, **till.cash_of(1)))[1]["captured"] == "0"
    for verdict in ("applied", "noop"):
        assert (await till.does("apply_credit", "invoices", memo))["verdict"] == verdict
    assert [(await till.bill(each))["balance_due"] for each in (bill, memo)] == [0, 0]
    assert await till.standing() == (0, 0)
    assert "Refund: 60.00" in (await till.bill(memo))["status_notes"]


async def test_lines_are_taken_back_in_part_and_never_more_than_were_sold(till: Till) -> None:
    sold = line(1000, 3, discount=100, tax=232)
    bill, memo = await till.sells(lines=[sold, line(500)]), str(uuid4())
    await till.pays(bill, 3632)
    some: Fields = {"lines": [{"line_id": sold["id"], "quantity": 2}]}
    await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo, **some)
    told = await till.bill(memo)
    assert (told["subtotal"], told["tax"], told["total"]) == (-2000 + 67, -155, -2088)
    more = await till.does("create_credit_memo", "invoices", bill, credit_memo_id=str(uuid4()), **some)
    assert refused(more) == ("above_balance", {"lines": "This is more than there is left.", "quantity": "1"})
    above = await till.does("refund", "invoices", memo, **till.cash_of(2089))
    assert refused(above)[1]["credit"] == "2088"
    assert (await till.does("refund", "invoices", memo, **till.cash_of(2088)))["verdict"] == "applied"
    assert (await till.bill(memo))["balance_due"] == 0


async def test_several_credit_memos_take_back_a_sale_to_the_cent(till: Till) -> None:
    first, second = line(1000, 3, discount=100, tax=50), line(5000, tax=7)
    bill = await till.sells(lines=[first, second], discount=1000, shipping=300)
    taken: list[list[Fields] | None] = [
        [{"line_id": first["id"], "quantity": 1}],
        [{"line_id": first["id"], "quantity": 1}],
        [{"line_id": first["id"], "quantity": 1}, {"line_id": second["id"], "quantity": 1}],
        None,
    ]
    totals = []
    for lines in taken:
        memo = str(uuid4())
        told = await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo, lines=lines)
        assert told["verdict"] == "applied", told
        totals.append((await till.bill(memo))["total"])
    assert totals == [-862, -859, -5236, -300]
    assert sum(totals) == -(await till.bill(bill))["total"]
    again = await till.does("create_credit_memo", "invoices", bill, credit_memo_id=str(uuid4()))
    assert refused(again)[0] == "above_balance"
    part = await till.sells(lines=[line(5000), line(5000)], discount=2000)
    for sold in (await till.bill(part))["lines"]:
        memo = str(uuid4())
        some = [{"line_id": sold["id"], "quantity": 1}]
        await till.does("create_credit_memo", "invoices", part, credit_memo_id=memo, lines=some)
        assert (await till.bill(memo))["total"] == -4000


async def test_no_credit_memo_takes_back_more_than_its_sale_however_it_is_made(till: Till) -> None:
    bill, memo = await till.sells(5000), str(uuid4())
    fields: Fields = {
        "invoice_type": "credit_memo",
        "invoice_date": "2026-05-01",
        "original_invoice_id": bill,
    }
    newest = {"base_revision": 2**53 - 1}
    above, made, second = await till.desk.push(
        create("invoices", **fields, lines=[line(5001, -1)]),
        create("invoices", memo, **fields, lines=[line(3000, -1)]),
        create("invoices", **fields, lines=[line(2001, -1)]),
    )
    assert refused(above) == ("above_balance", {"lines": "This is more than there is left.", "total": "5000"})
    assert made["verdict"] == "applied"
    assert refused(second)[1]["total"] == "2000"
    raised, lowered, kept = [
        (await till.desk.push({**patch("invoices", each, lines=[sold]), **newest}))[0]
        for each, sold in ((memo, line(5001, -1)), (bill, line(2999)), (bill, line(3000)))
    ]
    assert refused(raised)[0] == "above_balance"
    assert refused(lowered) == (
        "below_paid",
        {"lines": "More than this is paid already.", "credited": "3000"},
    )
    assert kept["verdict"] == "applied"
    empty = str(uuid4())
    nothing = {**fields, "original_invoice_id": None, "client_id": till.client}
    [of_nothing] = await till.desk.push(create("invoices", empty, **nothing, lines=[]))
    assert of_nothing["verdict"] == "applied"
    [filled] = await till.desk.push({**patch("invoices", empty, lines=[line(100, -1)]), **newest})
    assert "original_invoice_id" in refused(filled)[1]
    assert await till.standing() == (0, 0)


async def test_what_was_set_off_or_written_off_is_not_deleted(till: Till) -> None:
    bill, memo, other = await till.sells(5000), str(uuid4()), await till.sells(700)
    await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo)
    await till.does("apply_credit", "invoices", memo)
    await till.does("write_off", "invoices", other, amount=200)
    for each, figure in ((memo, "-5000"), (other, "200")):
        [told] = await till.desk.push({**delete("invoices", each), "base_revision": 2**53 - 1})
        assert refused(told) == ("wrong_state", {"written_off": figure})
    assert await till.standing() == (500, 0)


async def test_what_was_written_off_is_not_the_client_s_when_the_sale_is_taken_back(till: Till) -> None:
    unpaid, partly = await till.sells(5000), await till.sells(5000)
    await till.pays(partly, 4000)
    for bill in (unpaid, partly):
        await till.does("write_off", "invoices", bill)
    first, rest, memo = (str(uuid4()) for _ in range(3))
    newest = {"base_revision": 2**53 - 1}
    fields: Fields = {"invoice_type": "credit_memo", "invoice_date": "2026-05-01", "lines": [line(2000, -1)]}
    [made] = await till.desk.push(create("invoices", first, **fields, original_invoice_id=unpaid))
    assert made["verdict"] == "applied"
    assert await till.standing() == (0, 0)
    [raised] = await till.desk.push({**patch("invoices", first, lines=[line(3000, -1)]), **newest})
    assert raised["verdict"] == "applied"
    await till.does("create_credit_memo", "invoices", partly, credit_memo_id=memo)
    [second] = await till.desk.push(create("invoices", rest, **{**fields, "original_invoice_id": unpaid}))
    assert second["verdict"] == "applied"
    assert [(await till.bill(each))["balance_due"] for each in (unpaid, first, rest, partly, memo)] == [
        *[0] * 4,
        -4000,
    ]
    above = await till.does("refund", "invoices", memo, **till.cash_of(4001))
    assert refused(above)[0] == "above_balance"
    assert (await till.does("refund", "invoices", memo, **till.cash_of(4000)))["verdict"] == "applied"
    assert await till.standing() == (0, 0)
    told, sold = await till.bill(memo), await till.bill(partly)
    assert f"Takes back of invoice {sold['invoice_number']}: 50.00" in told["status_notes"]
    assert "Set off against what was written off: 10.00" in told["status_notes"]
    assert "Taken back by a credit memo: 50.00" in sold["status_notes"]


async def test_what_a_credit_memo_gives_is_set_off_and_not_written_off(till: Till) -> None:
    bill, memo = await till.sells(5000, 3000), str(uuid4())
    fields: Fields = {"invoice_type": "credit_memo", "invoice_date": "2026-05-01", "lines": [line(3000, -1)]}
    await till.desk.push(create("invoices", memo, **fields, original_invoice_id=bill))
    above = await till.does("write_off", "invoices", bill, amount=5001)
    assert refused(above)[1] == {
        "amount": "This is more than there is left.",
        "balance_due": "5000",
        "credit": "3000",
    }
    for verdict in ("applied", "noop"):
        assert (await till.does("write_off", "invoices", bill))["verdict"] == verdict
    lowered = {**patch("invoices", bill, lines=[line(7999)]), "base_revision": 2**53 - 1}
    [below] = await till.desk.push(lowered)
    assert refused(below)[1]["credited"] == "3000"
    assert below["fields"]["written_off"] == "5000"
    assert (await till.does("apply_credit", "invoices", memo))["verdict"] == "applied"
    assert [(await till.bill(each))["balance_due"] for each in (bill, memo)] == [0, 0]


async def test_an_invoice_is_always_billed_to_somebody(till: Till, company: Company) -> None:
    friend = await company.has("clients", **sample("clients"))
    bill = await till.sells(5000, bill_to_client_id=friend)
    assert await till.standing() == (0, 0)
    await till.desk.push({**patch("invoices", bill, bill_to_client_id=None), "base_revision": 2**53 - 1})
    assert (await till.bill(bill))["bill_to_client_id"] == till.client
    assert await till.standing() == (5000, 0)


async def test_a_total_is_not_lowered_under_what_a_card_is_being_charged_for(
    till: Till, company: Company
) -> None:
    bill, charged = await till.sells(5000), uuid4()
    fields = {"client_id": till.client, "invoice_id": bill, "payment_type": "payment", "date": "2026-05-01"}
    await company.desk.put("payments", charged, **fields, amount=4000, state="processing")
    lowered, kept = [
        (await till.desk.push({**patch("invoices", bill, lines=[line(price)]), "base_revision": 2**53 - 1}))[
            0
        ]
        for price in (3999, 4000)
    ]
    assert refused(lowered)[0] == "below_paid"
    assert lowered["fields"]["processing"] == "4000"
    assert kept["verdict"] == "applied"
    await company.desk.put("payments", charged, state="approved")
    assert await till.owed(bill) == (4000, 0, 0)


async def test_a_credit_memo_is_not_lowered_under_what_is_on_its_way_back_to_a_card(
    till: Till, company: Company
) -> None:
    bill, memo, given = await till.sells(8700), str(uuid4()), uuid4()
    await till.pays(bill, 8700)
    await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo)
    fields = {"client_id": till.client, "invoice_id": memo, "payment_type": "refund", "date": "2026-05-01"}
    await company.desk.put("payments", given, **fields, amount=-8000, state="processing")
    lowered, kept = [
        (await till.desk.push({**patch("invoices", memo, shipping=off), "base_revision": 2**53 - 1}))[0]
        for off in (701, 700)
    ]
    reason = {"lines": "More than this is paid already.", "paid": "0", "processing": "-8000"}
    assert refused(lowered) == ("below_paid", reason)
    assert kept["verdict"] == "applied"
    await company.desk.put("payments", given, state="approved")
    assert await till.owed(memo) == (-8000, 0, 0)


async def test_what_was_given_back_is_not_taken_off_the_sale_as_well(till: Till) -> None:
    bill, memo, sent = await till.sells(5000), str(uuid4()), till.cash_of(5000)
    await till.does("pay", "invoices", bill, **sent)
    await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo)
    await till.does("refund", "invoices", memo, **till.cash_of(2000))
    for command in ("unapply", "void"):
        result = await till.does(command, "payments", sent["payment_id"])
        assert refused(result)[1]["captured"] == "3000"
    assert await till.owed(bill) == (5000, 0, 0)


async def test_a_deposit_is_given_back_by_a_credit_memo_that_comes_to_nothing(till: Till) -> None:
    deposit, whole, part = await till.deposits(5000), str(uuid4()), str(uuid4())
    more: Fields = {"payment_method_id": till.cash}
    for verdict in ("applied", "noop"):
        result = await till.does(
            "refund_deposit", "payments", deposit, credit_memo_id=part, amount=2000, **more
        )
        assert result["verdict"] == verdict
    assert await till.standing() == (0, 3000)
    above = await till.does("refund_deposit", "payments", deposit, credit_memo_id=whole, amount=3001, **more)
    assert refused(above)[1]["deposit"] == "3000"
    assert (await till.does("refund_deposit", "payments", deposit, credit_memo_id=whole, **more))[
        "verdict"
    ] == "applied"
    assert await till.standing() == (0, 0)
    for memo in (whole, part):
        told = await till.bill(memo)
        assert (told["invoice_type"], told["total"], told["paid"], told["balance_due"]) == (
            "credit_memo",
            0,
            0,
            0,
        )
    back = await till.does("unapply", "payments", deposit)
    assert refused(back)[1]["captured"] == "0"
    again = await till.does("apply_deposit", "payments", deposit, invoice_id=await till.sells(9000))
    assert refused(again)[0] == "wrong_state"


async def test_what_is_posted_is_paid_and_otherwise_left_alone(till: Till) -> None:
    bill, sent = await till.sells(5000), till.cash_of(2000)
    assert (await till.does("post", "invoices", bill))["verdict"] == "applied"
    assert (await till.does("post", "invoices", bill))["verdict"] == "noop"
    assert (await till.does("pay", "invoices", bill, **sent))["verdict"] == "applied"
    assert (await till.does("post", "payments", sent["payment_id"]))["verdict"] == "applied"
    results: list[Any] = [
        await till.does("write_off", "invoices", bill),
        await till.does("unapply", "payments", sent["payment_id"]),
        await till.does("void", "payments", sent["payment_id"]),
        *await till.desk.push(
            patch("invoices", bill, notes="New"),
            patch("invoices", bill, lines=[]),
            {**delete("invoices", bill), "base_revision": 2**53 - 1},
        ),
    ]
    assert {refused(each)[0] for each in results[:-1]} == {"posted"}
    assert refused(results[-1])[0] in ("posted", "still_referenced")
    told = await till.bill(bill)
    assert (told["is_posted"], told["paid"], told["balance_due"]) == (True, 2000, 3000)
    memo = str(uuid4())
    assert (await till.does("create_credit_memo", "invoices", bill, credit_memo_id=memo))[
        "verdict"
    ] == "applied"
    assert (await till.does("apply_credit", "invoices", memo))["verdict"] == "applied"
    assert [(await till.bill(each))["balance_due"] for each in (bill, memo)] == [0, -2000]


async def test_a_posted_deposit_is_applied_whole_or_in_part(till: Till, company: Company) -> None:
    deposit, bill, part = await till.deposits(5000), await till.sells(9000), str(uuid4())
    assert (await till.does("post", "payments", deposit))["verdict"] == "applied"
    sent: Fields = {"invoice_id": bill, "amount": 1000, "part_id": part}
    assert (await till.does("apply_deposit", "payments", deposit, **sent))["verdict"] == "applied"
    assert (await till.does("apply_deposit", "payments", deposit, invoice_id=bill))["verdict"] == "applied"
    assert await till.owed(bill) == (5000, 0, 4000)
    assert [(await till.payment(each))["is_posted"] for each in (deposit, part)] == [True, True]
    with pytest.raises(Posted):
        await company.changes("payments", part, amount=7)


async def test_what_a_processor_has_done_with_a_card_is_so_whatever_is_in_the_books(
    till: Till, company: Company
) -> None:
    bill, charged = await till.sells(5000), str(uuid4())
    fields = {"client_id": till.client, "invoice_id": bill, "payment_type": "payment", "date": "2026-05-01"}
    answered = {"state": "approved", "processor_reference": "ref-90211"}
    await company.desk.put("payments", UUID(charged), **fields, **answered, amount=5000)
    assert (await till.does("post", "payments", charged))["verdict"] == "applied"
    assert refused(await till.does("void", "payments", charged))[0] == "wrong_state"
    await company.changes("payments", charged, state="voided")
    assert await till.owed(bill) == (0, 0, 5000)
    with pytest.raises(Posted):
        await company.changes("payments", charged, amount=1)


async def test_only_what_is_in_the_books_is_posted(till: Till) -> None:
    estimate, bill, agreed = await till.sells(50, invoice_type="estimate"), await till.sells(50), str(uuid4())
    await till.does("plan_payment", "invoices", bill, payment_id=agreed, amount=50, due_date="2026-06-01")
    assert refused(await till.does("post", "invoices", estimate))[0] == "wrong_state"
    assert refused(await till.does("post", "payments", agreed))[0] == "wrong_state"
