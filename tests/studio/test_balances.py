"""Whatever is done with money, and however often, balances are those of all payments, to the cent."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from app.studio.finances import upkeep as finances
from app.sync import upkeep as feed
from tests.facts import Property
from tests.studio.conftest import Company, Fields, call, create, delete, patch
from tests.studio.tills import Till, line
from tests.sync.conftest import Phone

_LONG = [pytest.param(seed, marks=pytest.mark.proof) for seed in range(3, 150)]
RECEIVED = ("approved", "refunded")
TOLD = ("verdict", "code", "fields", "inbox_id")
"""What a repeat is told as at first, whatever has become of the record since."""


@dataclass
class Chance:
    """Somebody who does whatever comes to mind with the money of a client, the wrong things too.

    `cash` is what is in the drawer: what was taken, less what was given back.
    """

    dice: random.Random
    till: Till
    records: dict[tuple[str, str], Fields] = field(default_factory=dict)
    cash: int = 0
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
            self._giving_back,
            self._of_invoice,
            self._edit,
        ]
        return self.dice.choice(made)()

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
        lines = self.records.get(("invoices", bill), {}).get("lines") or [line(1)]
        some = [{"line_id": lines[0]["id"], "quantity": self.dice.randrange(1, 3)}]
        sent = {"credit_memo_id": self.new_id(), "lines": self.dice.choice([None, some])}
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
        bill = self.any("invoices")
        if self.dice.random() < 0.2:
            return delete("invoices", bill)
        return patch("invoices", bill, lines=[line(self.dice.randrange(12_000))])

    async def do(self, by: Phone) -> None:
        """Do something, and send it twice under its number; the second time nothing happens."""
        before = dict(self.records)
        change = {**self.change(), "base_revision": 2**53 - 1}
        [result] = await by.push(change)
        await self.look()
        self.cash += self._moved(change, result, before)
        self.many += result["verdict"] == "applied"
        if result["verdict"] != "applied":
            assert self.records == before, (change, result)
        now = dict(self.records)
        by.next -= 1
        [repeated] = await by.push(change)
        assert [repeated[name] for name in TOLD] == [result[name] for name in TOLD], change
        if change["op"] == "command" and result["verdict"] == "applied":
            [again] = await by.push(change)
            self.cash += 0 if again["verdict"] != "applied" else self._again(change)
        await self.look()
        if change.get("command") not in ("write_off", "apply_credit"):
            assert self.records == now, change

    def _again(self, change: Fields) -> int:
        """Only what gives up a named amount has an effect under another number, and moves no cash."""
        assert change["command"] in ("write_off", "apply_credit"), change
        return 0

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
            assert bill["pending_payments"] == sum(
                each["amount"] for each in on_it if each["state"] == "pending"
            )
            is_memo = bill["invoice_type"] == "credit_memo"
            assert bill["balance_due"] <= 0 if is_memo else bill["balance_due"] >= 0, bill
            assert not refunds or is_memo
            memos = [each for each in bills.values() if each["original_invoice_id"] == record_id]
            assert is_memo or bill["paid"] + sum(each["paid"] for each in memos) >= 0
        client = self.records["clients", self.till.client]
        deposits = [each for each in payments if each["state"] == "approved" and not each["invoice_id"]]
        assert client["balance"] == sum(each["balance_due"] for each in bills.values())
        assert client["unapplied_deposits"] == sum(each["amount"] for each in deposits)


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
        chance.check()
    assert chance.many > 12, "all the same, some of it is right"
    record_property("counted: changes of money", chance.many)
    assert not await finances.verify(company.desk.database, company.desk.who)
    assert not await feed.verify(company.desk.database, company.desk.who)
