"""The invoices of the demo studio; every total and every balance adds up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.demo import words
from app.demo.dice import Dice
from app.demo.histories import happened
from app.demo.people import Person
from app.demo.scene import Scene
from app.demo.sessions import PICTURES
from app.demo.till import Till
from app.demo.visits import Visit
from app.sync.store import Write

TAX_PERCENT = 8
ORDER_STEPS = ((2, "order_received"), (10, "order_processed"), (25, "ready_for_pick-up"))
_FEE = "SF-0001"
_IN_FULL = (1.0,)
_PLANS: tuple[tuple[float, ...], ...] = (
    _IN_FULL,
    _IN_FULL,
    _IN_FULL,
    (0.5, 0.5),
    (0.5, 0.5),
    (0.34, 0.33, 0.33),
)
_DEPOSIT = 5000


@dataclass(frozen=True, slots=True)
class Order:
    """An order from a session, by its invoice."""

    invoice_id: str
    day: date


@dataclass(slots=True)
class Ledger:
    """What one client has bought and owes."""

    scene: Scene
    dice: Dice
    person: Person
    till: Till
    invoices: list[Write] = field(default_factory=list)
    orders: list[tuple[UUID, Order]] = field(default_factory=list)
    balance: int = 0
    deposits: int = 0

    def bill(self, visit: Visit) -> None:
        """Bill a session: its fee or a deposit, what was ordered after it, and the refund if cancelled."""
        if not visit.is_past and self.dice.chance(0.3):
            self._deposit(visit)
            return
        self._fee(visit)
        if not visit.is_cancelled and self.dice.chance(self.person.kind.order):
            self._orders(visit)

    def orders_of(self, visit: Visit) -> list[Order]:
        """Return what was ordered from a session."""
        return [order for session_id, order in self.orders if session_id == visit.session_id]

    def estimate(self, visit: Visit) -> None:
        """Write an estimate, which nobody owes."""
        lines = [self._line(*self.dice.one_of(words.ITEMS)) for _ in range(3)]
        self._invoice(visit, "estimate", visit.booked_on, lines, ())

    def _deposit(self, visit: Visit) -> None:
        self.deposits += _DEPOSIT
        self.till.take(_DEPOSIT, visit.booked_on, None)

    def _fee(self, visit: Visit) -> None:
        """Bill the fee; a credit memo takes a cancelled session's back, and refunds it if it was paid."""
        item = (_FEE, f"{self.person.kind.title}: session fee", self.person.kind.fee)
        owed = self.balance
        fee = self._invoice(visit, "session_fee", visit.booked_on, [self._line(*item)], _IN_FULL)
        if visit.is_cancelled and self.dice.chance(0.6):
            plan = _IN_FULL if self.balance == owed else ()
            day = max(visit.booked_on, min(visit.day, self.scene.today))
            line = self._line(*item, quantity=-1)
            self._invoice(visit, "credit_memo", day, [line], plan, original_invoice_id=str(fee))

    def _orders(self, visit: Visit) -> None:
        day = visit.day + timedelta(days=self.dice.between(15, 24))
        if day > self.scene.today:
            return
        self._order(visit, "initial_order", day)
        again = day + timedelta(days=self.dice.between(20, 120))
        if again <= self.scene.today and self.dice.chance(0.12):
            self._order(visit, "re_order", again)

    def _order(self, visit: Visit, invoice_type: str, day: date) -> None:
        dice = self.dice
        lines = [
            self._line(*dice.one_of(words.ITEMS), quantity=dice.between(1, 3))
            for _ in range(dice.between(1, 5))
        ]
        web: dict[str, Any] = {}
        if dice.chance(0.25):
            web = {"web_order_number": f"W-{next(self.scene.numbers.web_order)}", "shipping": 1200}
        plan = _IN_FULL if web else dice.one_of(_PLANS)
        invoice = self._invoice(visit, invoice_type, day, lines, plan, **web)
        self.orders.append((visit.session_id, Order(str(invoice), day)))

    def _line(self, item: str, description: str, price: int, quantity: int = 1) -> dict[str, Any]:
        discount = price * quantity // 10 if quantity > 1 and self.dice.chance(0.2) else 0
        extended = price * quantity - discount
        return {
            "id": str(self.dice.record_id()),
            "item": item,
            "description": description,
            "images": [] if item == _FEE else [f"{self.dice.between(1, PICTURES):04}"],
            "quantity": quantity,
            "unit_price": price,
            "discount": discount,
            "extended_price": extended,
            "tax": tax_on(extended),
        }

    def _invoice(
        self,
        visit: Visit,
        invoice_type: str,
        day: date,
        lines: list[dict[str, Any]],
        plan: Sequence[float],
        **more: Any,
    ) -> UUID:
        """Write an invoice, and take the payments that a plan of shares asks for."""
        invoice_id = self.dice.record_id()
        subtotal, tax = sum(line["extended_price"] for line in lines), sum(line["tax"] for line in lines)
        total = subtotal + tax + more.get("shipping", 0)
        paid, pending = self.till.settle(invoice_id, day, total, plan)
        balance = 0 if invoice_type == "estimate" else total - paid
        self.balance += balance
        sums = {
            "subtotal": subtotal,
            "tax": tax,
            "total": total,
            "paid": paid,
            "balance_due": balance,
            "pending_payments": pending,
            "lines": lines,
        }
        fields = {**self._heading(visit, invoice_type, day), **sums, **more}
        self.invoices.append(Write("invoices", invoice_id, fields))
        return invoice_id

    def _heading(self, visit: Visit, invoice_type: str, day: date) -> dict[str, Any]:
        kind, client = self.person.kind, str(self.person.client_id)
        return {
            "invoice_number": next(self.scene.numbers.invoice),
            "client_id": client,
            "bill_to_client_id": client,
            "session_id": str(visit.session_id),
            "invoice_type": invoice_type,
            "description": kind.title,
            "classification_id": self.scene.listed("invoice_classifications", kind.classification),
            "sales_rep_id": self.scene.staff[visit.photographer].user_id,
            "terms": "Due on receipt",
            "invoice_date": day.isoformat(),
            "payment_due_date": (day + timedelta(days=14)).isoformat(),
            "status_id": self._status(invoice_type, day),
            "status_notes": happened(
                day, "11:40", self.scene.staff[visit.photographer], "Status: Order received"
            ),
            "is_posted": self.scene.is_posted(day),
        }

    def _status(self, invoice_type: str, day: date) -> str | None:
        if invoice_type not in ("initial_order", "re_order"):
            return None
        age = (self.scene.today - day).days
        step = next((status for days, status in ORDER_STEPS if age <= days), "picked_up")
        return self.scene.listed("invoice_statuses", step)


def tax_on(amount: int) -> int:
    """Return the tax on an amount, rounded half away from zero."""
    tax = (abs(amount) * TAX_PERCENT + 50) // 100
    return tax if amount >= 0 else -tax
