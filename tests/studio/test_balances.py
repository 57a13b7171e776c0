"""Whatever is done with money, and however often, balances are those of all payments, to the cent."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import pytest

from app.studio.finances import upkeep as finances
from app.studio.money import upkeep as money
from app.studio.money.paying import rest_id
from app.sync import upkeep as feed
from tests.facts import Property
from tests.studio.conftest import Company, Fields, call, create, delete, patch
from tests.studio.tills import Till, line
from tests.sync.conftest import Phone

_LONG = [pytest.param(seed, marks=pytest.mark.proof) for seed in range(3, 150)]
RECEIVED = ("approved", "refunded")
_REST, _METHOD = "rest_as_deposit", "payment_method_id"
TOLD = ("verdict", "code", "fields", "inbox_id")
"""What a repeat is told as at first, whatever has become of the record since."""


@dataclass
class Chance:
    """Somebody who does whatever comes to mind with the money of a client, the wrong things too.

    `cash` is what is in the drawer: what was taken, less what was given back. `forgiven` is what was written
    off and not taken back by credit memos,
    `taken` what was done under the id of each payment; those that are `loose` have stood on no invoice.
    Invoices that were `edited` may have other lines than were taken back.
    """

    dice: random.Random
    till: Till
    records: dict[tuple[str, str], Fields] = field(default_factory=dict)
    taken: dict[str, Fields] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)
    cash: int = 0
    forgiven: int = 0
    many: int = 0

    def new_id(self) -> str:
        """Return an id that is the same whenever the same things come to mind."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    def cash_of(self, amount: int, **more: Any) -> Fields:
        """Return what is sent along with a payment in cash."""
        return self.till.cash_of(amount, payment_id=self.new_id(), **more)

    def any(self, collection: str, **like: Any) -> str:
        """Return the id of a record, mostly of one that is as wanted, and seldom of one there is not."""
        known = sorted(record_id for name, record_id in self.records if name == collection)
        fit = [
            each
            for each in known
            if all(self.records[collection, each][name] == value for name, value in like.items())
        ]
        found = fit if fit and self.dice.random() < 0.8 else known
        return self.dice.choice(found) if found and self.dice.random() < 0.97 else self.new_id()

    def amount(self, *of: tuple[str, str]) -> int:
        """Return an amount: mostly some of what records come to, else one that means something elsewhere."""
        known = [each for each in map(self._known, of) if each]
        most = [abs(each["balance_due" if "balance_due" in each else "amount"]) for each in known]
        if most and min(most) and self.dice.random() < 0.75:
            return self.dice.choice((min(most), self.dice.randrange(1, min(most) + 1)))
        figures = [
            abs(each[name])
            for each in self.records.values()
            for name in ("balance_due", "paid", "total", "amount")
            if name in each
        ]
        return int(self.dice.choice([self.dice.randrange(-2, 9000), *figures]))

    def _known(self, key: tuple[str, str]) -> Fields:
        return self.records.get(key, {})

    def change(self) -> Fields:
        """Return something to be done."""
        made: list[Callable[[], Fields]] = [
            *[self._sale] * 2,
            *[self._paying] * 4,
            *[self._of_payment] * 4,
            *[self._giving_back] * 2,
            *[self._of_invoice] * 2,
            *[self._edit] * 2,
            self._again,
        ]
        return self.dice.choice(made)()

    def _again(self) -> Fields:
        """Do something under the id of a payment there is: just that once more, or something else."""
        cards = {
            each for (_, each), one in self.records.items() if one.get("payment_method_id") == self.till.card
        }
        payment, bill = self.dice.choice(sorted({*self.taken, *cards, self.new_id()})), self.any("invoices")
        known = self.taken.get(payment)
        if known and self.dice.random() < 0.6:
            return known
        amount = self.dice.choice((abs(self._known(("payments", payment)).get("amount", 1)), 500))
        method = self.dice.choice((self.till.cash, self.till.card))
        sent = {**self.till.cash_of(amount), "payment_id": payment, "payment_method_id": method}
        if self.dice.random() < 0.3:
            return call("take_deposit", "clients", self.till.client, **sent)
        return call("pay", "invoices", bill, **sent)

    def _sale(self) -> Fields:
        kind = self.dice.choice(("initial_order", "generic", "estimate"))
        lines = [line(self.dice.randrange(9000), self.dice.randrange(1, 4), tax=7) for _ in range(2)]
        fields = {"invoice_type": kind, "client_id": self.till.client, "invoice_date": "2026-05-01"}
        return create("invoices", self.new_id(), **fields, lines=lines, discount=self.dice.randrange(3))

    def _paying(self) -> Fields:
        bill, kind = self.any("invoices"), self.dice.randrange(4)
        amount = self.amount(("invoices", bill))
        if kind == 0:
            return call("take_deposit", "clients", self.till.client, **self.cash_of(self.amount()))
        if kind == 1:
            sent = {"payment_id": self.new_id(), "amount": amount, "due_date": "2026-06-01"}
            return call("plan_payment", "invoices", bill, **sent)
        rest = self.dice.random() < 0.3
        return call("pay", "invoices", bill, **self.cash_of(amount, rest_as_deposit=rest))

    def _of_payment(self) -> Fields:
        command = self.dice.choice(
            ("apply_deposit", "apply_deposit", "unapply", "void", "collect", "refund_deposit")
        )
        like: dict[str, Fields] = {
            "apply_deposit": {"invoice_id": None, "state": "approved"},
            "refund_deposit": {"invoice_id": None, "state": "approved"},
            "collect": {"state": "pending"},
        }
        payment, bill = self.any("payments", **like.get(command, {})), self.any("invoices")
        part = None if self.dice.random() < 0.3 else self.amount(("payments", payment), ("invoices", bill))
        sent: dict[str, Fields] = {
            "apply_deposit": {"invoice_id": bill, "amount": part, "part_id": self.new_id()},
            "collect": {"payment_method_id": self.till.cash},
            "refund_deposit": {
                "credit_memo_id": self.new_id(),
                "amount": part,
                "payment_method_id": self.till.cash,
            },
        }
        return call(command, "payments", payment, **sent.get(command, {}))

    def _giving_back(self) -> Fields:
        bill = self.any("invoices")
        if self.dice.random() < 0.6:
            memo = self.any("invoices", invoice_type="credit_memo")
            return call("refund", "invoices", memo, **self.cash_of(self.amount(("invoices", memo))))
        lines = self._known(("invoices", bill)).get("lines") or [line(1)]
        if self.dice.random() < 0.2:
            taken = [
                line(self.dice.randrange(9000), -1),
                *([line(70, -1)] if self.dice.random() < 0.5 else []),
            ]
            fields = {"invoice_type": "credit_memo", "invoice_date": "2026-05-01", "lines": taken}
            return create("invoices", self.new_id(), **fields, original_invoice_id=bill)
        some = [
            {"line_id": each["id"], "quantity": self.dice.randrange(1, 3)}
            for each in self.dice.sample(lines, self.dice.randrange(1, len(lines) + 1))
        ]
        sent = {"credit_memo_id": self.new_id(), "lines": self.dice.choice([None, some, some])}
        return call("create_credit_memo", "invoices", bill, **sent)

    def _of_invoice(self) -> Fields:
        command = self.dice.choice(
            ("write_off", "apply_credit", "apply_credit", "copy", "convert_estimate", "post")
        )
        part = None if self.dice.random() < 0.5 else self.amount()
        sent: dict[str, Fields] = {
            "write_off": {"amount": part},
            "apply_credit": {"amount": part},
            "copy": {"invoice_id": self.new_id()},
            "convert_estimate": {"invoice_type": "generic"},
        }
        like: dict[str, Fields] = {
            "apply_credit": {"invoice_type": "credit_memo"},
            "convert_estimate": {"invoice_type": "estimate"},
        }
        return call(
            command, "invoices", self.any("invoices", **like.get(command, {})), **sent.get(command, {})
        )

    def _edit(self) -> Fields:
        """Change or delete an invoice; a total is mostly lowered."""
        like = {"invoice_type": "credit_memo"} if self.dice.random() < 0.4 else {}
        bill = self.any("invoices", **like)
        if self.dice.random() < 0.3:
            return delete("invoices", bill)
        known = self._known(("invoices", bill))
        most = 12_000 if self.dice.random() < 0.3 else max(1, abs(known.get("total", 1)))
        sold = line(self.dice.randrange(most), -1 if known.get("invoice_type") == "credit_memo" else 1)
        return patch("invoices", bill, lines=[sold], bill_to_client_id=None)

    async def charge(self) -> None:
        """Have a card charged for some of what is owed, or tell what has become of that."""
        put, charged = self.till.company.desk.put, self.any("payments", state="processing")
        if self._known(("payments", charged)).get("state") == "processing":
            state = self.dice.choice(("approved", "approved", "declined"))
            await put("payments", UUID(charged), state=state, processor_reference="ref-90211")
            paid = self.records["payments", charged]
            if state == "approved":
                self.cash += paid["amount"]
                told = {"payment_id": charged, "payment_method_id": self.till.card}
                sent = {**self.till.cash_of(paid["amount"]), **told}
                self.taken[charged] = call("pay", "invoices", paid["invoice_id"], **sent)
            return await self.look()
        open_bills = sorted(
            bill for (name, bill), each in self.records.items() if name == "invoices" and self._left(bill) > 0
        )
        if open_bills:
            bill, charged = self.dice.choice(open_bills), self.new_id()
            fields = {"client_id": self.till.client, "invoice_id": bill, "payment_type": "payment"}
            amount = self.dice.choice((self._left(bill), self.dice.randrange(1, self._left(bill) + 1)))
            card = {"date": "2026-05-01", "payment_method_id": self.till.card, "state": "processing"}
            await put("payments", UUID(charged), **fields, **card, amount=amount)
        return await self.look()

    def _left(self, bill: str, records: dict[tuple[str, str], Fields] | None = None) -> int:
        """Return what is owed on an invoice, less what a card is being charged for."""
        known = records or self.records
        on_its_way = (
            each["amount"]
            for (name, _), each in known.items()
            if name == "payments" and each["invoice_id"] == bill and each["state"] == "processing"
        )
        return int(known["invoices", bill]["balance_due"] - sum(on_its_way))

    async def do(self, by: Phone) -> None:
        """Do something, and send it twice under its number; the second time nothing happens."""
        before = dict(self.records)
        change = {**self.change(), "base_revision": 2**53 - 1}
        [result] = await by.push(change)
        await self.look()
        self.cash += self._moved(change, result, before)
        self._taken_back(change, before)
        self.many += result["verdict"] == "applied"
        if result["verdict"] != "applied":
            assert self.records == before, (change, result)
        self._compare(change, result)
        self.edited |= {change["id"]} if change["op"] == "patch" else set()
        now = dict(self.records)
        by.next -= 1
        [repeated] = await by.push(change)
        assert [repeated[name] for name in TOLD] == [result[name] for name in TOLD], change
        if change["op"] == "command" and result["verdict"] == "applied":
            known = dict(self.records)
            [again] = await by.push(change)
            # Only what gives up a named amount has an effect under another number, and moves no cash.
            assert again["verdict"] == "noop" or change["command"] in ("write_off", "apply_credit"), change
            await self.look()
            self._taken_back(change, known)
        await self.look()
        if change.get("command") not in ("write_off", "apply_credit"):
            assert self.records == now, change
        if change.get("command") == "write_off" and result["verdict"] == "applied":
            key = "invoices", change["id"]
            self.forgiven += self.records[key]["written_off"] - before[key]["written_off"]

    def _taken_back(self, change: Fields, before: dict[tuple[str, str], Fields]) -> None:
        """Note what of that which was written off a credit memo has taken back: as much as it still gives."""
        memo = change["fields"].get("credit_memo_id") or change["id"] if change["op"] != "delete" else ""
        now, was = self._known(("invoices", memo)), before.get(("invoices", memo), {})
        is_raised = now.get("total", 0) < was.get("total", 0)
        if now.get("invoice_type") != "credit_memo" or not now["original_invoice_id"]:
            return
        sale = before["invoices", now["original_invoice_id"]]
        memos = [each for each in before.values() if each.get("original_invoice_id") == sale["id"]]
        written_off = sale["written_off"] + sum(each["written_off"] for each in memos)
        if is_raised:
            credit = was.get("balance_due", 0) - was.get("total", 0) + now["total"]
            self.forgiven -= min(written_off, -credit)
        elif change.get("command") == "apply_credit":
            given = was["written_off"] - now["written_off"]
            self.forgiven -= given - min(given, self._left(sale["id"], before))

    def _compare(self, change: Fields, result: Fields) -> None:
        """Look whether what is told to be done, or to be another payment's, is what was done under the id."""
        if change.get("command") not in ("pay", "take_deposit", "plan_payment", "refund"):
            moves = change.get("command") in ("apply_deposit", "unapply", "refund_deposit")
            self.loose |= {change["id"]} if moves and result["verdict"] == "applied" else set()
            return
        bare = {name: value for name, value in change.items() if name != "base_revision"}
        payment = change["fields"]["payment_id"]
        if result["verdict"] == "applied":
            assert payment not in self.taken, change
            self.taken[payment] = bare
            self.loose |= set() if self._known(("payments", payment))["invoice_id"] else {payment}
        elif result["verdict"] in ("noop", "conflict") and result["code"] != "record_deleted":
            known = self.taken.get(payment, {"command": None, "id": None, "fields": {"amount": 0}})
            amount, sent = known["fields"]["amount"], bare["fields"]["amount"]
            is_there = all(known[name] == bare[name] for name in ("command", "id")) and (
                known["fields"].get(_METHOD) == bare["fields"].get(_METHOD)
            )
            is_asked_alike = is_there and known["fields"].get(_REST) == bare["fields"].get(_REST)
            # Of what was applied in parts it is only known that it was more.
            is_as_much = sent == amount or sent > self._left_of(payment) < amount
            if is_asked_alike or payment not in self.loose:
                assert (is_there and is_as_much) is (result["verdict"] == "noop"), (change, result, known)

    def _left_of(self, payment: str) -> int:
        """Return what a payment comes to now, with the rest of it."""
        both = payment, str(rest_id(UUID(payment)))
        return sum(abs(self._known(("payments", each)).get("amount", 0)) for each in both)

    def _moved(self, change: Fields, result: Fields, before: dict[tuple[str, str], Fields]) -> int:
        """Return what goes into the drawer by something that was done, as whoever stands there knows it."""
        if result["verdict"] != "applied" or change["op"] != "command":
            return 0
        sent = change["fields"]
        payment = before.get(("payments", change["id"]), {})
        amounts: dict[str, Callable[[], Any]] = {
            "pay": lambda: sent["amount"],
            "take_deposit": lambda: sent["amount"],
            "collect": lambda: payment["amount"],
            "refund": lambda: -sent["amount"],
            "refund_deposit": lambda: -(sent["amount"] or payment["amount"]),
            "void": lambda: -payment["amount"] if payment["state"] == "approved" else 0,
        }
        return int(amounts[change["command"]]()) if change["command"] in amounts else 0

    async def look(self) -> None:
        """Pull what there is."""
        await self.till.company.phone.pull()
        names = ("invoices", "payments", "clients")
        self.records = {key: each for key, each in self.till.company.phone.records.items() if key[0] in names}

    def check(self) -> None:
        """Work every figure out anew, from payments and lines alone."""
        payments = [each for (name, _), each in self.records.items() if name == "payments"]
        bills = {record_id: each for (name, record_id), each in self.records.items() if name == "invoices"}
        assert sum(each["amount"] for each in payments if each["state"] in RECEIVED) == self.cash
        for record_id, bill in bills.items():
            on_it = [each for each in payments if each["invoice_id"] == record_id]
            applied = sum(
                each["amount"] for each in on_it if each["state"] in RECEIVED and each["amount"] > 0
            )
            refunds = -sum(
                each["amount"] for each in on_it if each["state"] in RECEIVED and each["amount"] < 0
            )
            sold = sum(
                each["quantity"] * each["unit_price"] - each["discount"] + each["tax"]
                for each in bill["lines"]
            )
            total = sold - bill["discount"] + bill["shipping"] + bill["surcharge"]
            owed = 0 if bill["invoice_type"] == "estimate" else total
            assert bill["total"] == total
            assert bill["balance_due"] == owed - applied + refunds - bill["written_off"], bill
            agreed = sum(each["amount"] for each in on_it if each["state"] == "pending")
            assert bill["pending_payments"] == max(0, min(agreed, bill["balance_due"])), bill
            is_memo = bill["invoice_type"] == "credit_memo"
            assert bill["balance_due"] <= 0 if is_memo else self._left(record_id) >= 0, bill
            assert bill["bill_to_client_id"] == self.till.client
            assert not refunds or is_memo
            memos = {key: each for key, each in bills.items() if each["original_invoice_id"] == record_id}
            assert is_memo or bill["paid"] + sum(each["paid"] for each in memos.values()) >= 0
            both = [bill, *memos.values()]
            # Nobody is given credit for what was never paid.
            assert is_memo or sum(each["total"] - each["written_off"] for each in both) >= 0, (bill, memos)
            assert is_memo or sum(each["written_off"] for each in both) >= 0, (bill, memos)
            assert is_memo or bill["total"] + sum(each["total"] for each in memos.values()) >= 0, (
                bill,
                memos,
            )
            if not is_memo and not self.edited & {record_id, *memos}:
                _look_at_lines(bill, memos)
        assert sum(bill["written_off"] for bill in bills.values()) == self.forgiven
        client = self.records["clients", self.till.client]
        deposits = [each for each in payments if each["state"] == "approved" and not each["invoice_id"]]
        assert client["balance"] == sum(each["balance_due"] for each in bills.values())
        assert client["unapplied_deposits"] == sum(each["amount"] for each in deposits)


def _look_at_lines(sale: Fields, memos: dict[str, Fields]) -> None:
    """Look whether credit memos took back no line twice, and of all there was the whole, to the cent."""
    is_whole = sale["subtotal"] > 0
    for sold in sale["lines"]:
        ids = {str(uuid5(UUID(memo), sold["id"])) for memo in memos}
        back = [each for memo in memos.values() for each in memo["lines"] if each["id"] in ids]
        left = sold["quantity"] + sum(each["quantity"] for each in back)
        assert left >= 0, (sold, back)
        assert left or sold["tax"] == -sum(each["tax"] for each in back), (sold, back)
        is_whole = is_whole and left == 0
    assert not is_whole or sale["discount"] == -sum(each["discount"] for each in memos.values()), memos


@pytest.mark.parametrize("seed", [*range(3), *_LONG])
async def test_balances_are_total_less_payments_and_refunds_whatever_is_done(
    company: Company, seed: int, record_property: Property
) -> None:
    till = await Till.of(company)
    chance = Chance(random.Random(seed), till)  # noqa: S311 - no secret
    await finances.turn(company.desk.database, company.desk.who)
    for price in (4000, 9000):
        await till.sells(price, bill_id=chance.new_id())
    await chance.look()
    for _ in range(60):
        await chance.do(chance.dice.choice((*[till.desk] * 4, company.phone)))
        if chance.dice.random() < 0.15:
            await chance.charge()
        chance.check()
    assert chance.many > 9, "all the same, some of it is right"
    record_property("counted: changes of money", chance.many)
    assert not await finances.verify(company.desk.database, company.desk.who)
    assert not await money.verify(company.desk.database, company.desk.who)
    assert not await feed.verify(company.desk.database, company.desk.who)
